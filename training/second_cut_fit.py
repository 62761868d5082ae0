"""What to expect of edge.second_cut, written into a segmenter's model.json.

The network knows the photos it learned from too well for its doubts there to be those of a new photo, and the few tune photos hold
hardly any doubt. So the mistakes of earlier, weaker networks on photos of the train senders stand for the mistakes of the one in use on
photos it has never seen. They can be had from the repository's history (`git show COMMIT:assets/models/segmenter/model.onnx >
FOLDER/model.onnx`, and model.json likewise). Views of known photos, augmented as in training, do not serve: crops and drawn backgrounds are
not what colours have to tell apart in a warehouse, and the second cut, which helps on photos, harms there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from edge.doubt import expected_iou, log_odds
from edge.errors import RequestError
from edge.second_cut import expected_after, second_cut
from edge.segment import Segmenter, keep_large_pieces
from edge.session import Session, read_model_folder
from training.data import read_pair
from training.export_segmenter import checked_rows, fit_logistic, iou
from training.onnx_file import read_spec, write_spec

BELOW = 0.947
"""Expected IoU from which on the second cut neither helped nor harmed, on tune photos."""


def fit_second_cut(*, data: Path, elders: Sequence[Path], out: Path, below: float = BELOW) -> None:
    """Fit on the train senders' checked photos that the networks in `elders`, model folders, doubt; write `second_cut` into
    out/model.json, to be used below that expected IoU, and print what it gained. Raises ModelError; RequestError where hardly any photo is
    doubted."""
    spec = read_spec(out)
    found = np.array([row for folder in elders for row in _doubted(data, folder, below)])
    if len(found) < 30:
        raise RequestError(f"Only {len(found)} photos are doubted by {len(elders)} networks, too few to learn from: name weaker ones.")
    weights, offset = fit_logistic(np.vectorize(log_odds)(found[:, :2]), found[:, 3])
    spec["second_cut"] = {
        "below": below,
        "weights": dict(zip(("first", "agreement"), weights, strict=True)),
        "offset": offset,
        "fitted_on": len(found),
    }
    write_spec(out, spec)
    expected = [expected_after(first, agreement, spec["second_cut"]) for first, agreement, *_ in found]
    print(
        json.dumps(
            {
                **spec["second_cut"],
                "iou_before": round(float(found[:, 2].mean()), 4),
                "iou_after": round(float(found[:, 3].mean()), 4),
                "expected_iou_error": round(float(np.abs(expected - found[:, 3]).mean()), 4),
            }
        )
    )


def _doubted(data: Path, folder: Path, below: float) -> Iterator[tuple[float, float, float, float]]:
    """Per photo that a network doubts: expected IoU, agreement of both outlines, the mask's IoU before and after; all 0..1."""
    session = Session(read_model_folder(folder), gpu=False)
    stage, confidence = Segmenter(session, session.folder.spec), session.folder.spec.get("confidence", {})
    for row in (row for part in ("fit", "tune") for row in checked_rows(data, part)):
        rgb, mask = read_pair(data, row.image)
        first = expected_iou(stage.statistics(rgb), confidence)
        if first >= below:
            continue
        alpha = keep_large_pieces(stage.probability(rgb))
        if (alpha > 0.5).any():
            again, agreement = second_cut(rgb, alpha)
            yield first, agreement, iou(alpha > 0.5, mask > 127), iou(keep_large_pieces(again) > 0.5, mask > 127)
