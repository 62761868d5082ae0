"""How search scales: build time, memory, recall@10 against exact search and queries per second, for several engines in one run.

python -m benchmarks.index_scale --sizes 10000,100000,1000000 [--plot scale.png] [--m 16,32] [--efs 10,20,40,80,160,320]
    [--engines hnswlib,hnswlib-whole,faiss,faiss-fp16,usearch,usearch-f16,exact] [--rounds 3] [--build-s 3600] [--seconds 5] [--filters]

Vectors: a mixture fitted to real embeddings (benchmarks/index_scale_data.py); queries as far from their garments as photos are. Each engine
builds in one process and searches in others, on one core and on two, in turns; medians are reported. Memory is what loading and searching
added to the resident size, pages of mapped files among it.
`alone` asks one query at a time, as a look-up does; `batch` 256 at once. `per CPU s` is that of `alone` by CPU seconds, which other work on
the machine changes little; the engines are ranked by it. A build that takes longer than --build-s is given up and named; so is an engine
that is not installed (requirements-bench.txt). --filters also measures filtered search, as the gallery does it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index_scale_child import ENGINES, K
from benchmarks.index_scale_data import Mixture, embeddings, fitted
from benchmarks.index_scale_filters import measure_filters
from benchmarks.real_data import DEFAULT_DATA
from edge.index import search_exactly

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = {"faiss": "faiss", "faiss-fp16": "faiss", "usearch": "usearch", "usearch-f16": "usearch"}
THREADS = (1, 2)
OURS = "hnswlib"
AIM = 0.98


def child(task: str, engine: str, folder: Path, *, threads: int, timeout_s: float, **options: object) -> dict[str, Any]:
    """Run one task in a process of its own; {"failed": in words} where it gives nothing."""
    given = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "benchmarks.index_scale_child", task, engine, str(folder), "--threads", str(threads), *given]
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    try:
        ended = subprocess.run(command, cwd=ROOT, env=os.environ | limits, capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done in {timeout_s:.0f} s"}
    if ended.returncode:
        return {"failed": (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]}
    return json.loads(ended.stdout.splitlines()[-1])


def missing(engine: str) -> str:
    """A sentence where the engine's library is not installed, else ""."""
    library = LIBRARY.get(engine, "")
    if not library or importlib.util.find_spec(library):
        return ""
    return f"{engine} is left out: {library} is not installed (pip install -r requirements-bench.txt)."


def measure(mixture: Mixture, size: int, args: argparse.Namespace, engines: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All engines at one size: a line per engine, M and number of threads; and filtered search on the first of our graphs."""
    lines, filtered = [], []
    with tempfile.TemporaryDirectory(dir=args.scratch) as name:
        data = Path(name)
        vectors = mixture.catalogue(size)
        queries = mixture.queries(vectors, args.queries)
        truth, _ = search_exactly(vectors, queries, K)
        for what, array in (("vectors", vectors), ("queries", queries), ("truth", truth)):
            np.save(data / f"{what}.npy", array)
        del vectors
        made: list[tuple[Path, dict[str, Any]]] = []
        for engine in engines:
            for m in args.m if ENGINES[engine].graph else args.m[:1]:
                folder = data / f"{engine}-{m}"
                folder.mkdir()
                line: dict[str, Any] = {"engine": engine, "size": size}
                if ENGINES[engine].graph:
                    graph = {"m": m, "ef_construction": args.ef_construction}
                    line |= graph | child("build", engine, folder, threads=args.build_threads, timeout_s=args.build_s, **graph)
                    took = line.get("failed") or f"{line['build_s']:.0f} s"
                    print(f"built {engine} of {size:,} vectors, M {m}: {took}", file=sys.stderr, flush=True)
                made.append((folder, line))
        asked = [(folder, line, threads) for threads in THREADS for folder, line in made]
        found: list[list[dict[str, Any]]] = [[] for _ in asked]
        for _ in range(args.rounds):  # in turns, so that what else the machine does meets all of them
            for (folder, line, threads), answers in zip(asked, found, strict=True):
                if "failed" not in line:
                    options = {"efs": ",".join(map(str, args.efs)), "seconds": args.seconds}
                    answers.append(child("search", line["engine"], folder, threads=threads, timeout_s=args.build_s, **options))
        for (_, line, threads), answers in zip(asked, found, strict=True):
            lines.append({**line, "threads": threads, **middle(answers)})
            show(lines[-1])
        ours = [folder for folder, line in made if line["engine"] == OURS and "failed" not in line]
        if args.filters and ours and size % 2 == 0:
            print("filtered search: way, vectors, passing, recall@10, queries per second")
            filtered = measure_filters(mixture, size, queries=min(args.queries, 200), seconds=args.seconds, scratch=data, built=ours[0])
    return lines, filtered


def middle(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer of several of the same search: the median of each figure, and the shortest load as well; a failure where there is one."""
    failed = [answer for answer in answers if "failed" in answer]
    if failed or not answers:
        return failed[0] if failed else {}

    def of(key: str, lines: list[dict[str, Any]]) -> float:
        return float(np.median([line[key] for line in lines]))

    points = [
        {"ef": same[0]["ef"], **{key: of(key, list(same)) for key in ("recall", "qps", "qps_alone", "per_cpu_s")}}
        for same in zip(*(answer["points"] for answer in answers), strict=True)
    ]
    shortest = min(answer["load_s"] for answer in answers)
    return {"load_s": of("load_s", answers), "shortest_load_s": shortest, "memory_mib": of("memory_mib", answers), "points": points}


def show(line: dict[str, Any]) -> None:
    name = f"{line['engine']:12s} {line['size']:9,d} {line.get('m', '-'):>3} {line['threads']:7d}"
    if "failed" in line:
        print(f"{name}   {line['failed']}", flush=True)
        return
    for point in line["points"]:
        built = f"{line['build_s']:8.1f}" if "build_s" in line else f"{'-':>8s}"
        print(
            f"{name} {built} {line['load_s']:7.2f} {line['memory_mib']:9.0f} {point['ef'] or '-':>5} {point['recall']:9.4f} "
            f"{point['qps_alone']:10.0f} {point['qps']:10.0f} {point['per_cpu_s']:10.0f}",
            flush=True,
        )


def best_at(lines: list[dict[str, Any]], size: int, threads: int, aim: float = AIM) -> list[tuple[float, str]]:
    """Queries per CPU second of each engine at recall `aim`, asked alone: (rate, "engine M ef"), fastest first.

    Between two points along the straight line from one to the other; at the first point where that lies above the aim already.
    """
    found: dict[str, tuple[float, str]] = {}
    for line in lines:
        if line["size"] == size and line["threads"] == threads:
            points = sorted(line.get("points", ()), key=lambda p: (p["recall"], -p["per_cpu_s"]))
            above = next((i for i, p in enumerate(points) if p["recall"] >= aim), None)
            if above is None:
                continue
            p, before = points[above], points[max(above - 1, 0)]
            share = (aim - before["recall"]) / (p["recall"] - before["recall"]) if before is not p else 1.0
            rate = before["per_cpu_s"] + share * (p["per_cpu_s"] - before["per_cpu_s"])
            efs = " to ".join(str(point["ef"] or "-") for point in ([before, p] if before is not p else [p]))
            it = (rate, f"{line['engine']} M {line.get('m', '-')} ef {efs}")
            found[line["engine"]] = max(it, found.get(line["engine"], it))
    return sorted(found.values(), reverse=True)


def plot(lines: list[dict[str, Any]], path: Path) -> None:
    """Recall against queries per second alone on one core: a panel per size, a line per engine and M. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sizes = sorted({line["size"] for line in lines})
    figure, panels = pyplot.subplots(1, len(sizes), figsize=(6 * len(sizes), 4.5), squeeze=False)
    for panel, size in zip(panels[0], sizes, strict=True):
        for line in lines:
            if line["size"] == size and line["threads"] == 1 and "points" in line:
                xy = [(p["recall"], p["qps_alone"]) for p in line["points"]]
                panel.plot(*zip(*xy, strict=True), marker="o", label=f"{line['engine']} {line.get('m', '')}")
        panel.set(title=f"{size:,} vectors, one core", xlabel="recall@10", ylabel="queries per second, one at a time", yscale="log")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_numbers, default=[10_000], help="vectors, as in 10000,100000 (default 10000)")
    parser.add_argument("--engines", default=",".join(ENGINES), help=f"of {', '.join(ENGINES)} (default all)")
    parser.add_argument("--m", type=_numbers, default=[16, 32], help="links per vector, as in 16,32 (the default)")
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--efs", type=_numbers, default=[10, 20, 40, 80, 160, 320], help="ef_search, each at least 10")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5.0, help="at most, per point (default 5)")
    parser.add_argument("--rounds", type=int, default=3, help="searches per engine, in turns; medians are reported (default 3)")
    parser.add_argument("--build-s", type=float, default=3600.0, help="at most, per build and per search process (default 3600)")
    parser.add_argument("--build-threads", type=int, default=2)
    parser.add_argument("--filters", action="store_true", help="also filtered search at 1, 10 and 50 %% selectivity")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of real photos to fit to; drawn ones where it is not there")
    parser.add_argument("--cache", type=Path, default=Path("data/benchmark-cache"), help="keeps the embeddings that were fitted to")
    parser.add_argument("--scratch", type=Path, help="folder for the built indexes, some GB at a million vectors (default: the system's)")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    args = parser.parse_args(argv)
    if args.rounds < 1:
        parser.error("--rounds is at least 1")
    known = [engine for engine in args.engines.split(",") if engine in ENGINES]
    if len(known) < len(args.engines.split(",")) or min(args.efs) < K:
        parser.error(f"engines are {', '.join(ENGINES)}; ef_search is at least {K}")
    sentences = [missing(engine) for engine in known]
    engines = [engine for engine, sentence in zip(known, sentences, strict=True) if not sentence]
    vectors, parts, cosine, what = embeddings(args.data, args.cache)
    mixture = fitted(vectors, parts, query_cosine=cosine)
    print(
        f"{mixture.dim} dimensions, {len(mixture.shares)} clusters fitted to {what}; photos at a mean cosine of {cosine:.3f}; "
        f"{args.queries} queries, built on {args.build_threads} threads, load {os.getloadavg()[0]:.1f}"
    )
    print("\n".join(filter(None, sentences)))
    print("\nengine            size   M threads  build s  load s  mem. MiB    ef recall@10  qps alone  qps batch  per CPU s", flush=True)
    lines, filtered = [], []
    for size in args.sizes:
        for measured, more in zip((lines, filtered), measure(mixture, size, args, engines), strict=True):
            measured += more
    print()
    for size in args.sizes:
        for threads in THREADS:
            best = "; ".join(f"{rate:,.0f} {name}" for rate, name in best_at(lines, size, threads)) or "none"
            print(f"{size:,} vectors, {threads} core(s), queries alone per CPU second at recall {AIM}: {best}")
    if args.plot:
        if importlib.util.find_spec("matplotlib"):
            plot(lines, args.plot)
        else:
            print("No plot: matplotlib is not installed (pip install -r requirements-bench.txt).", file=sys.stderr)
    print(json.dumps({"dim": mixture.dim, "fitted_to": what, "query_cosine": round(cosine, 4), "lines": lines, "filters": filtered}))


if __name__ == "__main__":
    main()
