"""Answer <-> what the journal stores of it: a JSON text and the query's vectors; the pixels lie in the photo folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

import cv2
import numpy as np

from edge.cutout import cutout
from edge.types import Answer, CatalogueItem, Mask, Match, Photo, Verdict

_MATCH = [f.name for f in fields(Match) if f.name != "item"]


def to_content(answer: Answer, *, wishes: Mapping[str, object]) -> tuple[str, bytes | None]:
    """An answer -> JSON text without its pixels, and its vectors as little-endian float32, None where it has none.

    wishes: what was asked beside the photo (weights, liked, disliked ...), anything JSON can hold.
    """
    rows = answer.photo_vectors if answer.photo_vectors is not None else None if answer.query is None else answer.query[None]
    content = {
        "verdict": answer.verdict.value,
        "probability": answer.probability,
        "confidence": answer.confidence,
        "mask_confidence": answer.mask.confidence,
        "matches": [{"item": asdict(m.item)} | {name: getattr(m, name) for name in _MATCH} for m in answer.matches],
        "concepts": answer.concepts,
        "timings_ms": answer.timings_ms,
        "index_build": answer.index_build,
        "photos": answer.photos,
        "left_out": answer.left_out,
        "source_size": answer.photo.source_size,
        "format": answer.photo.format,
        "origin": answer.photo.origin,
        "cutout_side": answer.cutout.rgb.shape[0],
        "wishes": wishes,
        "vectors": None if rows is None else {"shape": rows.shape, "single": answer.photo_vectors is None},
    }
    return json.dumps(content, default=_plain, ensure_ascii=False), None if rows is None else rows.astype("<f4").tobytes()


def from_content(content: str, vectors: bytes | None, *, photo: Photo, mask: Mask) -> Answer:
    """The reverse of `to_content`, with the photo brought to the mask's size and the cutout made again from both.

    Raises ValueError, KeyError or TypeError for a text that `to_content` did not write.
    """
    raw = json.loads(content)
    height, width = mask.alpha.shape
    if photo.rgb.shape[:2] != (height, width):
        photo = replace(photo, rgb=cv2.resize(photo.rgb, (width, height), interpolation=cv2.INTER_AREA))
    photo = replace(photo, source_size=tuple(raw["source_size"]), format=raw["format"], origin=tuple(raw["origin"]))
    rows = query = None
    if raw["vectors"] is not None and vectors is not None:
        rows = np.frombuffer(vectors, "<f4").reshape(raw["vectors"]["shape"]).astype(np.float32)
        query, rows = (rows[0], None) if raw["vectors"]["single"] else (rows.sum(0), rows)
    return Answer(
        verdict=Verdict(raw["verdict"]),
        probability=raw["probability"],
        matches=matches_in(raw),
        cutout=cutout(photo, mask, size=raw["cutout_side"]),
        mask=mask,
        photo=photo,
        index_build=raw["index_build"],
        timings_ms=raw["timings_ms"],
        concepts=raw["concepts"],
        query=query,
        photo_vectors=rows,
        confidence=raw["confidence"],
        photos=raw["photos"],
        left_out=left_out_in(raw),
    )


def matches_in(raw: Mapping[str, Any]) -> tuple[Match, ...]:
    """The matches of a parsed content, as they were shown: the items with their shelf and stock of that moment."""
    return tuple(_match(m) for m in raw["matches"])


def _match(raw: Mapping[str, Any]) -> Match:
    """One match; what matches did not have yet when it was recorded keeps its default, and JSON's lists are tuples again."""
    item = CatalogueItem(**raw["item"] | {"extra_images": tuple(raw["item"]["extra_images"])})
    said = {name: tuple(raw[name]) if isinstance(raw[name], list) else raw[name] for name in _MATCH if name in raw}
    return Match(item=item, **said)


def left_out_in(raw: Mapping[str, Any]) -> dict[int, str]:
    """The photos left out of a parsed content: place -> why; JSON knows only text as keys."""
    return {int(place): reason for place, reason in raw["left_out"].items()}


def _plain(value: object) -> object:
    """What json does not know: numpy's numbers and arrays, mappings, and sets of anything."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"the journal cannot keep a {type(value).__name__}")
