"""The ways of removing a background that are compared, each run in a process of its own: mask, time and memory."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.errors import PhotoError
from edge.types import Mask, Photo

Way = Callable[[Photo, "Task"], Callable[[], np.ndarray]]
"""Photo and task -> what is timed, which gives float32 (H, W) in 0..1: the chance or share of garment."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a method is given: rgb uint8 (H, W, 3). before (float32 (H, W)) and truth (bool (H, W)): for the corrective stroke alone."""

    rgb: np.ndarray
    before: np.ndarray | None = None
    truth: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """What methods are opened with: folder of our models (None: the project's), folder of the Tiramisu's ONNX file, CPU threads."""

    models: Path | None
    tiramisu: Path
    threads: int


# The stages are imported where a method is opened, not above: what onnxruntime takes is part of that method's memory.


def _grabcut(setup: Setup) -> Way:
    from edge.correct import grabcut_rectangle

    return lambda photo, task: lambda: _soft(grabcut_rectangle(photo.rgb, inset=5, side=max(photo.rgb.shape[:2])))


def _saliency(setup: Setup) -> Way:
    from benchmarks.superpixels import saliency_grabcut

    return lambda photo, task: lambda: _soft(saliency_grabcut(photo.rgb))


def _tiramisu(setup: Setup) -> Way:
    from edge.segment import Segmenter
    from edge.session import Session, read_model_folder

    session = Session(read_model_folder(setup.tiramisu), threads=setup.threads, gpu=False)
    stage = Segmenter(session, session.folder.spec)
    return lambda photo, task: lambda: _soft(stage.mask(photo))


def _ours(setup: Setup) -> Way:
    from edge.stages import Stages

    stages = Stages.open(setup.models, threads=setup.threads, gpu=False)
    return lambda photo, task: lambda: _soft(stages.mask(photo))


def _stroke(setup: Setup) -> Way:
    from benchmarks.strokes import error_stroke
    from edge.correct import correct

    def paint(photo: Photo, task: Task) -> Callable[[], np.ndarray]:
        try:  # outside what is timed: a person paints it
            strokes = [error_stroke(task.before > 0.5, task.truth)]
        except ValueError:  # nothing is wrong
            return lambda: task.before
        return lambda: _soft(correct(photo, Mask(task.before, 1.0), strokes))

    return paint


METHODS: dict[str, tuple[str, Callable[[Setup], Way]]] = {
    "grabcut": ("automatic GrabCut", _grabcut),
    "saliency": ("superpixel saliency + GrabCut", _saliency),
    "tiramisu": ("Tiramisu (FC-DenseNet)", _tiramisu),
    "ours": ("ours", _ours),
    "stroke": ("ours + one corrective stroke", _stroke),
}
"""Name on the command line -> name in the table, how to open it."""
SLOW = ("grabcut", "saliency", "tiramisu", "stroke")


def _soft(mask: Mask | np.ndarray) -> np.ndarray:
    return mask.alpha if isinstance(mask, Mask) else mask.astype(np.float32)


def time_network(folder: Path, side: int, *, threads: int, repeats: int = 7) -> tuple[float, float, bool]:
    """Wall and CPU milliseconds (medians) of a network's forward pass on one side x side picture, and whether it was really run there.

    A file made for one size is timed at that size and scaled by the number of pixels, which a convolution's work is proportional to.
    """
    from edge.session import Session, read_model_folder

    session = Session(read_model_folder(folder), threads=threads, gpu=False)
    own = int(session.folder.spec["input_size"])
    used = side
    try:
        session.run(np.zeros((1, 3, side, side), np.float32))
    except Exception:  # onnxruntime's own types: the file is made for one size
        used = own
        session.run(np.zeros((1, 3, own, own), np.float32))
    x = np.random.default_rng(0).standard_normal((1, 3, used, used)).astype(np.float32)
    wall, cpu = [], []
    for _ in range(repeats):
        a, b = time.perf_counter(), time.process_time()
        session.run(x)
        wall.append((time.perf_counter() - a) * 1000)
        cpu.append((time.process_time() - b) * 1000)
    grown = (side / used) ** 2
    return float(np.median(wall)) * grown, float(np.median(cpu)) * grown, used == side


class Isolated:
    """A method in a process of its own, so that its memory is its own. Use as a context manager.

    Raises RuntimeError where the method fails, with what it said.
    """

    def __init__(self, name: str, setup: Setup) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would start with the parent's memory
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name, setup), daemon=True)
        self._process.start()
        theirs.close()
        self._name = name
        self._receive()

    def __enter__(self) -> Isolated:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.terminate()

    def run(self, task: Task) -> tuple[np.ndarray, float, float]:
        """float32 (H, W) in 0..1, rounded to 255ths; wall milliseconds; milliseconds of all its CPU threads together."""
        self._pipe.send(task)
        alpha, wall, cpu = self._receive()
        return alpha.astype(np.float32) / 255, wall, cpu

    def peak_mib(self) -> float:
        """The most that the process held so far (resident set) above what Python, numpy and OpenCV took before the method was
        opened. Linux only."""
        self._pipe.send(None)
        return self._receive()

    def _receive(self):
        try:
            ok, value = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"{METHODS[self._name][0]}: its process ended") from None
        if not ok:
            raise RuntimeError(f"{METHODS[self._name][0]}: {value}")
        return value


def _resident_mib(what: str) -> float:
    """VmRSS (now) or VmHWM (the most so far) of this process, in MiB. Unlike getrusage's figure neither starts with the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024


def _serve(pipe, name: str, setup: Setup) -> None:
    """The process: opens the method, then answers tasks until the pipe closes."""
    try:
        cv2.setNumThreads(setup.threads)
        before = _resident_mib("VmRSS")
        way = METHODS[name][1](setup)
        pipe.send((True, None))
        while True:
            task = pipe.recv()
            if task is None:
                pipe.send((True, _resident_mib("VmHWM") - before))
                continue
            pipe.send((True, _answer(way, task)))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
    except Exception as error:  # whatever it is, the parent says it
        pipe.send((False, f"{error!r}\n{traceback.format_exc(limit=-3)}"))


def _answer(way: Way, task: Task) -> tuple[np.ndarray, float, float]:
    """uint8 (H, W) alpha in 255ths, wall and CPU milliseconds."""
    ready = way(Photo(task.rgb, task.rgb.shape[1::-1], "JPEG"), task)
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        alpha = ready()
    except PhotoError:  # a correction that cannot be made leaves the mask as it was; nothing found is an empty one, as the garment is there
        alpha = np.zeros(task.rgb.shape[:2], np.float32) if task.before is None else task.before
    took = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
    return np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8), *took
