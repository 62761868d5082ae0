"""A look-up from the journal as the page shows it: after a reload, a lost connection, or from the history."""

from __future__ import annotations

import cv2
import numpy as np

from app_pages import session, shared_box
from app_pages.look_up_list import local_time
from app_pages.pictures import PHOTO_SIDE, jpeg, mask_png
from app_pages.results import Card, Result, Wishes, card_picture
from app_pages.shared_box import Box
from edge.errors import JournalError, PhotosGone
from edge.journal_photos import mask_from_png
from edge.journal_types import EventKind, LookupEntry, effective, stamp
from edge.types import Mask

_SAME_OUTLINE = 0.985
"""IoU from which on two outlines are one: 512 pixels of a mask give one row or column more or less."""


def bring_back(box: Box, lookup_id: str) -> Result:
    """The look-up as it stood last: photos, outline, matches, wishes, decision. Without its photos where their time is up.

    Raises RequestError for an id that names none, JournalError where the journal cannot be read.
    """
    journal = shared_box.journal()
    entry = journal.get(lookup_id)
    result = Result(digest=lookup_id, name=local_time(entry.line.time), lookup_id=lookup_id, recorded=True)
    result.state, result.wishes, result.left_out = entry.line.state, _wishes(entry), len(entry.left_out)
    try:
        answer = journal.reopen(lookup_id)
    except PhotosGone:
        _without_photos(box, result, entry)
        return result
    result.jpegs = (jpeg(answer.photo.rgb, PHOTO_SIDE), *(jpeg(path, PHOTO_SIDE) for path in entry.photo_paths[1:]))
    corrected = False
    if any(event.kind is EventKind.OUTLINE_CORRECTED for event in effective(entry.events)):
        first = _first_outline(entry)
        # Gone back to: the same but for the sizes it was kept in, and nothing to learn from.
        corrected = _overlap(first.alpha, answer.mask.alpha) < _SAME_OUTLINE
        if corrected:
            result.first_mask, result.first_confidence = mask_png(first.alpha), first.confidence
    result.check_outline = not (corrected or result.decided) and answer.mask.confidence < box.lookup.stages.check_below
    result.take(answer, box.lookup, compare=False)
    if not result.wishes:  # what is held knows no wishes
        session.hold(result, answer)
    return result


def _first_outline(entry: LookupEntry) -> Mask:
    """The network's outline, to which the worker can go back. Raises JournalError."""
    journal = shared_box.journal()
    path = journal.photos.mask_path(entry.line.id, stamp(entry.line.time)[:10], 0)
    try:
        return mask_from_png(path.read_bytes(), confidence=journal.first_confidence(entry.line.id))
    except (OSError, ValueError) as error:
        raise JournalError(f"{path} cannot be read ({error}).", path=str(path), remedy="Take a new photo to search again.") from error


def _overlap(first: np.ndarray, now: np.ndarray) -> float:
    """IoU of two masks (H, W) of one photo, 0..1, the first brought to the other's size."""
    height, width = now.shape
    a, b = cv2.resize(first, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5, now > 0.5
    return float((a & b).sum()) / max(1, int((a | b).sum()))


def _without_photos(box: Box, result: Result, entry: LookupEntry) -> None:
    line = entry.line
    result.gone, result.build = True, line.index_build
    result.verdict, result.probability, result.timings_ms = line.verdict, line.probability, dict(entry.timings_ms)
    result.trials = int((box.lookup.report().calibration or {}).get("trials") or 0)
    result.cards = tuple(Card(match, card_picture(box.lookup, match, line.index_build)) for match in entry.matches)


def _wishes(entry: LookupEntry) -> Wishes:
    kept = entry.wishes
    return Wishes(dict(kept.get("weights") or {}), list(kept.get("liked") or ()), list(kept.get("disliked") or ()))
