"""Recall under casts: a look-up takes a photo without its light only where that was tried and the catalogue knows it better."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks import enhancement_recall
from benchmarks.enhancement_recall import LOOK_UP, Looked, recall_under_cast


def test_a_look_up_chooses_per_photo_between_both_ways(monkeypatch):
    gallery = np.eye(4, dtype=np.float32)
    looked = Looked()
    # Per photo: its light as read; as it is; without its light. The last one is right without, but its cast is too weak to be tried.
    photos = [(9.0, [1, 0, 0, 0], [0, 1, 0, 0]), (9.0, [0.7, 0.6, 0, 0], [0, 1, 0, 0]), (2.0, [0.7, 0, 0.6, 0], [0, 0, 1, 0])]
    for cast, as_it_is, without in photos:
        looked.readings.append(SimpleNamespace(cast=cast))
        looked.vectors["as it is"].append(np.array(as_it_is, np.float32))
        looked.vectors["light always"].append(np.array(without, np.float32))
        looked.vectors["best estimate"].append(np.array(without, np.float32))
    monkeypatch.setattr(enhancement_recall, "looked_up", lambda *_, **__: ({8.0: looked}, gallery, np.arange(3)))
    line = recall_under_cast(None, "val", SimpleNamespace(cast_from=6.0), queries=3, models=None)["8 degrees"]
    assert (line["as it is"], line["light always"]) == (0.3333, 0.6667)
    assert (line[LOOK_UP], line["tried"], line["corrected"]) == (0.6667, 0.6667, 0.3333)
