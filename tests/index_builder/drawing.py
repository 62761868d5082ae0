"""Small feeds of random patches, and what a folder holds: for all tests that build."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def draw_garment(path: Path, seed: int) -> None:
    """A studio picture of random patches on white."""
    patches = Image.fromarray(np.random.default_rng(seed).integers(0, 200, (6, 5, 3), np.uint8)).resize((200, 240), Image.NEAREST)
    studio = Image.new("RGB", (400, 500), "white")
    studio.paste(patches, (100, 120))
    path.parent.mkdir(parents=True, exist_ok=True)
    studio.save(path, quality=92)


def draw_feed(folder: Path, count: int = 12, *, extra: str = "") -> Path:
    """Garments of random patches on white, a feed that names them, and `extra` lines."""
    lines = ["id,title,image_link,additional_image_link,product_type"]
    for i in range(count):
        draw_garment(folder / f"img/{i}.jpg", i)
        lines.append(f"item{i},Title {i},img/{i}.jpg,,Dresses > Kind {i % 3}")
    feed = folder / "feed.csv"
    feed.write_text("\n".join(lines) + "\n" + extra)
    return feed


def snapshot(folder: Path) -> dict[str, bytes]:
    """Name -> content of every file below a folder but the lock."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != ".lock"}


SAME = ("vectors.npy", "vectors.hnsw", "catalogue.sqlite", "sources.json")


def same_index(a: Path, b: Path) -> bool:
    """Whether two builds hold the same: vectors bit for bit, graph, catalogue, thumbnails, calibration, and nothing else."""
    from edge.manifest import read_manifest

    manifests = [read_manifest(folder) for folder in (a, b)]
    thumbs = [sorted(name for name in m.files if name.startswith("thumbs/")) for m in manifests]
    facts = [(m.model_ids, m.parts, m.dim, m.count, m.calibration) for m in manifests]
    names = (*SAME, *thumbs[0])
    return thumbs[0] == thumbs[1] and facts[0] == facts[1] and all((a / name).read_bytes() == (b / name).read_bytes() for name in names)
