"""The thumbnails of an index as looks ready to be compared: read, cut out, and kept while they are needed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from edge.errors import PhotoError
from edge.segment import Segmenter
from edge.session import DEFAULT_MODELS, Session, read_model_folder
from edge.types import Mask, Photo
from index_builder.local_evidence import Look, look_at, outline_of
from index_builder.plain_background import garment_on_plain

_KEPT = 400  # looks in memory, about 1 MB each


class Looks:
    """Looks of pictures by number, thread-safe. A plain background is taken off by colour, any other by the segmenter.

    mask: the segmenter's stage where one is open already; otherwise the default model is opened when it is first needed.
    """

    def __init__(self, folder: Path, thumbs: Sequence[str], *, mask: Callable[[Photo], Mask] | None = None) -> None:
        self._paths = [folder / thumb for thumb in thumbs]
        self._kept: OrderedDict[int, Look] = OrderedDict()
        self._lock = threading.Lock()
        self._mask = mask
        self._opening = threading.Lock()

    def outlines(self, *, workers: int) -> tuple[np.ndarray, dict[int, str]]:
        """float32 (N, 2, E) of all pictures, zeros where one cannot be looked at, and number -> reason of those."""
        with ThreadPoolExecutor(workers, thread_name_prefix="outlines") as pool:
            found = list(pool.map(self._outline, range(len(self._paths)), chunksize=16))
        size = next((outline.shape for outline in found if not isinstance(outline, str)), (2, 1))
        rows = [np.zeros(size, np.float32) if isinstance(outline, str) else outline for outline in found]
        return np.stack(rows), {i: reason for i, reason in enumerate(found) if isinstance(reason, str)}

    def of(self, number: int) -> Look:
        """The look of a picture. Raises OSError and PhotoError where `outlines` names it as failed."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        look = look_at(*self._cut(number))
        with self._lock:
            self._kept[number] = look
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return look

    def _outline(self, number: int) -> np.ndarray | str:
        try:
            return outline_of(*self._cut(number))
        except (OSError, PhotoError) as error:
            return error.what if isinstance(error, PhotoError) else str(error)

    def _cut(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        bgr = cv2.imdecode(np.fromfile(self._paths[number], np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise OSError(f"{self._paths[number]} is not a picture")
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        garment = garment_on_plain(rgb)
        return rgb, self._segment(rgb) if garment is None else garment

    def _segment(self, rgb: np.ndarray) -> np.ndarray:
        with self._opening:
            if self._mask is None:
                model = read_model_folder(DEFAULT_MODELS / "segmenter")
                self._mask = Segmenter(Session(model), model.spec).mask
        mask = self._mask(Photo(rgb, rgb.shape[1::-1], "JPEG"))
        return (mask.alpha > 0.5).astype(np.float32)
