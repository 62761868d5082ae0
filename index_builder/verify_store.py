"""Does a store hold the folder's build: the same counts, models, vectors and items, and does everything find itself through it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.catalogue import Catalogue
from edge.index import VECTORS_NAME
from edge.manifest import Manifest
from edge.store import Store
from index_builder.self_recall import LOWEST_SELF_RECALL, TWIN

_ASKED_AT_ONCE = 50
_ITEMS_COMPARED = 100
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class StoreVerified:
    """vectors: held, as the store says; asked: how many of them were looked for; found: the share that came back first for themselves
    (an equal twin counts), 0..1; problems: what is wrong."""

    build_id: str
    vectors: int
    asked: int
    found: float
    problems: tuple[str, ...]


def verify_store(
    store: Store, folder: Path, manifest: Manifest, *, model_ids: Mapping[str, str] | None = None, sample: int | None = None
) -> StoreVerified:
    """Compare an open store with the folder of the build in use, whose files were verified.

    model_ids: those of this program, role -> id. sample: so many vectors, spread evenly, look for themselves and are compared with the
    folder's; None for all. Raises SetupError where the store does not answer.
    """
    problems = []
    if store.build_id != manifest.build_id:
        return StoreVerified(
            store.build_id, store.count, 0, 0.0, (f"the store uses the build {store.build_id}, the folder {manifest.build_id}",)
        )
    if (store.count, store.dim) != (manifest.count, manifest.dim):
        what = f"{store.count} vectors of {store.dim} numbers, the folder {manifest.count} of {manifest.dim}"
        return StoreVerified(store.build_id, store.count, 0, 0.0, (f"{store.build_id}: the store holds {what}",))
    problems += [
        f"{store.build_id}: the store's vectors are of another {role}"
        for role in sorted({*store.manifest.model_ids, *manifest.model_ids, *(model_ids or {})})
        if len({ids.get(role) for ids in (store.manifest.model_ids, manifest.model_ids, model_ids or manifest.model_ids)}) > 1
    ]
    vectors = np.load(folder / VECTORS_NAME, mmap_mode="r", allow_pickle=False)
    rows = np.unique(np.linspace(0, store.count - 1, min(sample or store.count, store.count)).round().astype(np.int64))
    lost, missing, others = [], [], []
    for start in range(0, len(rows), _ASKED_AT_ONCE):
        labels = rows[start : start + _ASKED_AT_ONCE]
        asked = np.asarray(vectors[labels])
        for label, (near, scores) in zip(labels.tolist(), store.search(asked, 1), strict=True):
            if not len(near) or (near[0] != label and scores[0] <= TWIN):
                lost.append(label)
        try:
            held = store.vectors_of(labels)
        except KeyError as error:
            missing.append(error.args[0])
        else:
            others += labels[np.abs(held - asked).max(1) > _SAME].tolist()
    found = 1 - len(lost) / len(rows)
    catalogue = Catalogue.open(folder / "catalogue.sqlite")
    try:
        owners, ids = catalogue.owners()
        if found < LOWEST_SELF_RECALL:
            named = ", ".join(ids[owners[label]] for label in lost[:5])
            problems.append(f"{store.build_id}: only {found:.2%} of the vectors find themselves in the store ({len(lost)} lost: {named})")
        if missing:
            problems.append(f"{store.build_id}: vectors are missing in the store, such as {missing[0]}")
        if others:
            problems.append(f"{store.build_id}: {len(others)} vectors in the store are not the folder's ({ids[owners[others[0]]]} first)")
        some = rows[:: -(-len(rows) // _ITEMS_COMPARED)].tolist()
        problems += [
            f"{store.build_id}: the item {ids[owners[label]]} is another in the store"
            for label in some
            if label not in missing and store.item_of(label) != catalogue.item_of(label)
        ][:1]
    finally:
        catalogue.close()
    return StoreVerified(store.build_id, store.count, len(rows), found, tuple(problems))
