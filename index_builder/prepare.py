"""The parallel part of a build: image links -> vectors and thumbnails, in the feed's order, few pictures in memory at a time.

    jobs -> fetch (threads that mostly wait) -> read, unframe, mask, cutout, thumb, concepts (one thread per CPU) -> embed in batches
         -> Prepared

Threads serve as well as processes here: decoding, resizing and the networks all let go of Python's lock.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Protocol, TypeVar

import cv2
import numpy as np

from edge.errors import PhotoError, RacklensError, SetupError
from edge.stages import Stages
from edge.types import CatalogueItem, Cutout, Photo
from index_builder.fetch import Fetcher
from index_builder.predicted import said_of
from index_builder.reuse import NO_FRAME, Kept

THUMB_SIDE = 256
THUMB_QUALITY = 85
BATCH = 16
_FETCHERS = 8
_MOST_TOGETHER = 256
"""Images that are passed on together when nearly all of them need no embedding."""

_In, _Out = TypeVar("_In"), TypeVar("_Out")


class Known(Protocol):
    """Where embeddings of earlier runs can be found."""

    def get(self, content: str) -> Kept | None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """One image of one item; order counts from 0 through the whole feed. frames: a decorative frame is cut away. line: the feed's, or 0."""

    order: int
    item: CatalogueItem
    image: str
    frames: bool = True
    line: int = 0


@dataclass(slots=True)
class Prepared:
    """A job done: kept and the content's sha256 (hex), or the reason why not. cutout only where it was embedded anew (fresh)."""

    job: Job
    content: str = ""
    kept: Kept | None = None
    cutout: Cutout | None = None
    fresh: bool = False
    reason: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    thumb: bytes = b""
    frame: tuple[int, int, int, int] = NO_FRAME
    said: str = ""


def jobs_of(items: Sequence[CatalogueItem], *, frames: bool = True, lines: Mapping[str, int] | None = None) -> list[Job]:
    """One job per image, an item's further images after its first. lines: item id -> the feed's line it is in."""
    line_of = lines or {}
    return [
        Job(order, item, image, frames, line_of.get(item.item_id, 0))
        for order, (item, image) in enumerate((i, link) for i in items for link in (i.image, *i.extra_images))
    ]


def prepared(jobs: Iterable[Job], *, stages: Stages, workers: int, fetcher: Fetcher, known: Sequence[Known] = ()) -> Iterator[Prepared]:
    """Do all jobs; results in the jobs' order. Images found in `known` by their content are not embedded. Raises SetupError."""
    fetchers = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch")
    cpus = ThreadPoolExecutor(workers, thread_name_prefix="build")
    try:
        fetched = _in_order(fetchers, lambda job: _fetch(job, fetcher), jobs, ahead=2 * _FETCHERS)
        ready = _in_order(cpus, lambda pair: _prepare(*pair, stages=stages, known=known), fetched, ahead=3 * workers)
        for batch in _in_order(cpus, lambda some: _embed(some, stages=stages), _batches(ready), ahead=2):
            yield from batch
    finally:
        fetchers.shutdown(cancel_futures=True)
        cpus.shutdown(cancel_futures=True)


def cutout_again(job: Job, content: str, *, stages: Stages, fetcher: Fetcher) -> Cutout | None:
    """The cutout of an image whose embedding was reused; None if the image is no longer the same or cannot be had any more."""
    done, data = _fetch(job, fetcher)
    if data is None or sha256(data).hexdigest() != content:
        return None
    try:
        photo = _unframed(stages.read(data), job, stages=stages)
        return stages.cutout(photo, stages.mask(photo))
    except PhotoError:
        return None


def _unframed(photo: Photo, job: Job, *, stages: Stages) -> Photo:
    return stages.unframe(photo) if job.frames else photo


def thumbnail(rgb: np.ndarray) -> bytes:
    """uint8 (H, W, 3) -> JPEG, long side at most 256 px: the studio image itself, as staff know it."""
    whole = max(rgb.shape[:2]) // THUMB_SIDE
    if whole > 1:  # by a whole factor first, which is five times faster than the last bit
        rgb = cv2.resize(rgb, (max(1, rgb.shape[1] // whole), max(1, rgb.shape[0] // whole)), interpolation=cv2.INTER_AREA)
    height, width = rgb.shape[:2]
    scale = min(1.0, THUMB_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)  # by less than two: no pixel is left out
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, THUMB_QUALITY])[1].tobytes()


def _in_order(pool: ThreadPoolExecutor, work: Callable[[_In], _Out], inputs: Iterable[_In], *, ahead: int) -> Iterator[_Out]:
    """pool.map that takes from `inputs` only as far ahead as said, so that memory stays flat however many there are."""
    waiting = iter(inputs)
    window: deque[Future[_Out]] = deque(pool.submit(work, one) for one in islice(waiting, ahead))
    while window:
        result = window.popleft().result()
        for one in islice(waiting, 1):
            window.append(pool.submit(work, one))
        yield result


def _batches(ready: Iterable[Prepared]) -> Iterator[list[Prepared]]:
    """Lists with at most BATCH images to embed in each."""
    batch: list[Prepared] = []
    for one in ready:
        batch.append(one)
        if sum(p.cutout is not None for p in batch) == BATCH or len(batch) == _MOST_TOGETHER:
            yield batch
            batch = []
    if batch:
        yield batch


def _fetch(job: Job, fetcher: Fetcher) -> tuple[Prepared, bytes | None]:
    start = time.perf_counter()
    done, data = Prepared(job), None
    try:
        data = fetcher.fetch(job.image)
    except SetupError:
        raise
    except RacklensError as error:
        done.reason = error.what
    except Exception as error:  # as in _prepare
        done.reason = f"{type(error).__name__}: {error}"
    done.seconds["fetch"] = time.perf_counter() - start
    return done, data


def _prepare(done: Prepared, data: bytes | None, *, stages: Stages, known: Sequence[Known]) -> Prepared:
    if data is None:
        return done
    last = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        done.seconds[name], last = now - last, now

    try:
        done.content = sha256(data).hexdigest()
        done.kept = next((kept for kept in (place.get(done.content) for place in known) if kept is not None), None)
        lap("known?")
        if done.kept is not None:
            return done
        photo = stages.read(data)
        lap("read")
        whole, photo = photo, _unframed(photo, done.job, stages=stages)
        (x, y), (height, width) = photo.origin, photo.rgb.shape[:2]
        done.frame = (x, y, whole.rgb.shape[1] - x - width, whole.rgb.shape[0] - y - height)
        lap("frame")
        mask = stages.mask(photo)
        lap("mask")
        cutout = stages.cutout(photo, mask)
        lap("cutout")
        done.thumb = thumbnail(whole.rgb)
        lap("thumb")
        done.said = said_of(stages.concepts(photo, mask, cutout))
        lap("concepts")
        done.cutout = cutout
    except SetupError:
        raise
    except RacklensError as error:
        done.reason = error.what
    except Exception as error:  # one odd picture among thousands must not cost the others; if all are odd, the build is refused
        done.reason = f"{type(error).__name__}: {error}"
    return done


def _embed(batch: list[Prepared], *, stages: Stages) -> list[Prepared]:
    """Fill in `kept`. Always a whole batch for the network, so that a vector cannot depend on how many came along."""
    new = [p for p in batch if p.cutout is not None]
    if new:
        start = time.perf_counter()
        cutouts = [p.cutout for p in new if p.cutout is not None]
        embeddings = stages.embed(cutouts + cutouts[-1:] * (BATCH - len(cutouts)))
        for done, embedding in zip(new, embeddings, strict=False):
            done.kept, done.fresh, done.thumb = Kept(embedding.vector, done.thumb, done.frame, done.said), True, b""
        new[0].seconds["embed"] = time.perf_counter() - start
    return batch
