"""Images per second from files to index, where the time goes, and the share of the machine's limit that is reached.

python -m benchmarks.build_throughput [--images 192] [--rounds 5] [--workers N] [--memory 500,1000,2000]

The limits are what no builder can beat with these networks: decoding the same JPEGs and nothing else, and running the networks on
ready-made arrays and nothing else, each with as many threads as the build. Rounds of all of them are interleaved, so that other work
on the machine slows each alike; shares are taken within a round. CPU seconds are given besides, as they do not depend on other work.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from edge.session import usable_cpus
from edge.stages import Stages
from edge.transforms import letterbox_mirror, network_input, to_nchw
from edge.types import CatalogueItem
from index_builder.build import build
from index_builder.demo import draw_item, studio_view
from index_builder.fetch import Fetcher
from index_builder.prepare import BATCH, jobs_of, prepared

_DRAWN = 24


def write_pictures(folder: Path, count: int) -> list[Path]:
    """Studio JPEGs of drawn garments, each a little different in colour and place, so that no two files are the same."""
    drawn = [studio_view(draw_item(i, 0)) for i in range(min(_DRAWN, count))]
    rng = np.random.default_rng(0)
    paths = []
    for i in range(count):
        tint = rng.uniform(0.85, 1.0, 3)
        rgb = np.roll(drawn[i % len(drawn)] * tint, rng.integers(-8, 9, 2), (0, 1)).astype(np.uint8)
        paths.append(folder / f"{i:05d}.jpg")
        paths[-1].write_bytes(cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    return paths


def decoding_alone(paths: list[Path], stages: Stages, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda path: stages.read(path.read_bytes()).source_size, paths))


def networks_alone(arrays: list[tuple[np.ndarray, np.ndarray]], images: int, stages: Stages, workers: int) -> None:
    """Per batch: one run of the segmenter and of each small network per image, one of the embedder; nothing before, between and after."""
    segmenter, embedder = (stages.sessions[role] for role in ("segmenter", "embedder"))
    small = [session for role, session in stages.sessions.items() if role in ("frame", "concepts")]
    inputs = [np.zeros((1, 3, *[int(session.folder.spec["input_size"])] * 2), np.float32) for session in small]

    def one(i: int) -> None:
        square, batch = arrays[i % len(arrays)]
        for _ in range(BATCH):
            segmenter.run(square)
            for session, zeros in zip(small, inputs, strict=True):
                session.run(zeros)
        embedder.run(batch)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(images // BATCH)))


def arrays_of(paths: list[Path], stages: Stages) -> list[tuple[np.ndarray, np.ndarray]]:
    """What the networks get for some of the pictures."""
    found = []
    sizes = {role: int(s.folder.spec["input_size"]) for role, s in stages.sessions.items()}
    for path in paths[:4]:
        photo = stages.read(path.read_bytes())
        cutout = stages.cutout(photo, stages.mask(photo))
        square = to_nchw(letterbox_mirror(photo.rgb, sizes["segmenter"])[0], (0.5,) * 3, (0.25,) * 3)
        batch = to_nchw(np.stack([network_input(cutout.rgb, sizes["embedder"])] * BATCH), (0.5,) * 3, (0.25,) * 3)
        found.append((square, batch))
    return found


def pipeline(paths: list[Path], stages: Stages, workers: int) -> dict[str, float]:
    """The build's parallel part, file to vector and thumbnail; gives seconds per stage, all workers together."""
    jobs = jobs_of([CatalogueItem(path.stem, path.stem, str(path)) for path in paths])
    seconds: dict[str, float] = {}
    for done in prepared(jobs, stages=stages, workers=workers, fetcher=Fetcher()):
        assert done.kept is not None, done.reason
        for name, spent in done.seconds.items():
            seconds[name] = seconds.get(name, 0.0) + spent
    return seconds


def _start_process() -> None:
    global _stages
    cv2.setNumThreads(1)
    _stages = Stages.open(threads=1)


def _in_process(paths: list[Path]) -> float:
    """CPU seconds that it took."""
    cpu = time.process_time()
    pipeline(paths, _stages, 1)
    return time.process_time() - cpu


def measured(work: Callable[[], object], images: int) -> tuple[float, float]:
    """Images per second by the clock, and CPU milliseconds per image, of this process and of others that give theirs in a list."""
    clock, cpu = time.perf_counter(), time.process_time()
    others = work()
    cpu = time.process_time() - cpu + (sum(others) if isinstance(others, list) else 0.0)
    return images / (time.perf_counter() - clock), cpu / images * 1000


def memory_of(count: int, workers: int) -> float:
    """Highest resident memory in MiB of a fresh process that builds an index of so many pictures."""
    code = f"from benchmarks.build_throughput import build_once; build_once({count}, {workers})"
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(ended.stdout.split()[-1])


def build_once(count: int, workers: int) -> None:
    """Build of drawn pictures with the samples for a calibration, but none; prints the highest resident memory in MiB. Run by memory_of."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "images").mkdir()
        # Drawn by a child, so that its memory does not count.
        drawer = multiprocessing.get_context("spawn").Process(target=write_pictures, args=(folder / "images", count))
        drawer.start()
        drawer.join()
        cv2.setNumThreads(1)
        result = build(folder / "images", folder / "index", stages=Stages.open(threads=1), workers=workers, calibrator=lambda *_: None)
        assert result.vectors == count, result.skipped[:3]
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=192, help="pictures per round, a multiple of 16 (default 192)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=usable_cpus(), help="threads (default: the CPUs)")
    parser.add_argument("--memory", default="", help="also the highest memory at these counts of images, as in 500,1000,2000")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    stages = Stages.open(threads=1)
    n, workers = args.images // BATCH * BATCH, args.workers
    processes = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_process)
    stage_seconds: dict[str, float] = {}

    def one_build() -> None:
        for name, spent in pipeline(paths, stages, workers).items():
            stage_seconds[name] = stage_seconds.get(name, 0.0) + spent

    with tempfile.TemporaryDirectory() as name, processes:
        paths = write_pictures(Path(name), n)
        arrays = arrays_of(paths, stages)
        parts = [paths[i : i + BATCH] for i in range(0, n, BATCH)]
        ways: dict[str, Callable[[], object]] = {
            "decoding alone": lambda: decoding_alone(paths, stages, workers),
            "networks alone": lambda: networks_alone(arrays, n, stages, workers),
            "build, threads": one_build,
            "build, processes": lambda: list(processes.map(_in_process, parts)),
        }
        for way in ways.values():  # warm up
            way()
        stage_seconds.clear()
        rounds = [{what: measured(way, n) for what, way in ways.items()} for _ in range(args.rounds)]
    print(
        f"{n} drawn studio JPEGs per round, {args.rounds} rounds, {workers} workers, load {Path('/proc/loadavg').read_text().split()[0]}\n"
    )
    result: dict[str, object] = {"images": n, "rounds": args.rounds, "workers": workers}
    print("way                 images/s   CPU ms/image")
    for what in ways:
        rate, cpu = (float(np.median([r[what][i] for r in rounds])) for i in (0, 1))
        result[what] = {"images_per_s": round(rate, 1), "cpu_ms": round(cpu, 2)}
        print(f"{what:18s} {rate:9.1f}   {cpu:12.2f}")
    slower = min(("decoding alone", "networks alone"), key=lambda what: np.median([r[what][0] for r in rounds]))
    for way in ("build, threads", "build, processes"):
        shares = [r[way][0] / r[slower][0] for r in rounds]
        result[f"share, {way}"] = round(float(np.median(shares)), 3)
        print(f"{way} reaches {np.median(shares):.0%} of {slower} ({min(shares):.0%} to {max(shares):.0%})")
        by_cpu = [r[slower][1] / r[way][1] for r in rounds]
        result[f"share by CPU seconds, {way}"] = round(float(np.median(by_cpu)), 3)
        print(f"    by CPU seconds {np.median(by_cpu):.0%} ({min(by_cpu):.0%} to {max(by_cpu):.0%})")
    print("\nstage      share of the workers' time")
    total = sum(stage_seconds.values())
    result["stages"] = {name: round(spent / total, 3) for name, spent in stage_seconds.items()}
    for name, spent in stage_seconds.items():
        print(f"{name:9s} {spent / total:6.1%}")
    if args.memory:
        counts = [int(count) for count in args.memory.split(",")]
        result["memory_mib"] = {count: round(memory_of(count, workers), 1) for count in counts}
        print(f"\nhighest resident memory, MiB: {result['memory_mib']}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
