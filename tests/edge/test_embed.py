import numpy as np

from edge.embed import Embedder, join_parts, part_scores
from edge.types import Box, Cutout

SPEC = {
    "input_size": 8, "mean": [0.0] * 3, "std": [1.0] * 3, "batches": [1, 4],
    "parts": {"shape": {"dim": 4, "weight": 0.8}, "colour": {"dim": 3, "weight": 0.6}},
}  # fmt: skip


class MeansOfThePicture:
    """An engine: three quadrant means and a constant, then the mean colour. Remembers the batch sizes it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        self.asked.append(len(x))
        quadrants = [x[:, :, :4, :4].mean((1, 2, 3)), x[:, :, 4:, :4].mean((1, 2, 3)), x[:, :, :4, 4:].mean((1, 2, 3)), np.ones(len(x))]
        return [np.concatenate([np.stack(quadrants, 1), x.mean((2, 3)) + 1e-3], 1).astype(np.float32)]


def pictures(count: int) -> list[Cutout]:
    rng = np.random.default_rng(0)
    return [Cutout(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8), Box(0, 0, 16, 16), 1.0) for _ in range(count)]


def test_only_the_fixed_batch_sizes_reach_the_engine_and_the_order_is_kept():
    engine = MeansOfThePicture()
    embedder = Embedder(engine, SPEC, "m")
    cuts = pictures(6)
    together = embedder.embed(cuts)
    assert engine.asked == [4, 4]
    for one, cut in zip(together, cuts, strict=True):
        assert np.allclose(one.vector, embedder.embed([cut])[0].vector, atol=1e-6)
    assert engine.asked[2:] == [1] * 6


def test_the_whole_score_is_the_weighted_sum_of_the_parts_scores():
    a, b = (e.vector for e in Embedder(MeansOfThePicture(), SPEC, "m").embed(pictures(2)))
    parts = part_scores(a, b, {"shape": slice(0, 4), "colour": slice(4, 7)})
    assert np.isclose(0.64 * parts["shape"] + 0.36 * parts["colour"], a @ b, atol=1e-5)


def test_joined_vectors_have_norm_one_whatever_the_weights():
    x = {"a": np.random.default_rng(0).normal(size=(5, 3)), "b": np.random.default_rng(1).normal(size=(5, 2))}
    joined = join_parts(x, {"a": 3.0, "b": 0.1})
    assert np.allclose(np.linalg.norm(joined, axis=1), 1, atol=1e-6)
