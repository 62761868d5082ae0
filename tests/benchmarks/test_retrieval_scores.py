import numpy as np
import pytest

from benchmarks.retrieval_baselines import histogram, per_position, thumbnail
from benchmarks.retrieval_scores import Read, figures, leaving_out, per_category, per_part, ranks, read, similarities, verdict_figures
from edge.types import Box, Cutout

PARTS = {"shape": slice(0, 8), "colour": slice(8, 16)}


def unit(x: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture
def noisy():
    """200 garments and a noisy view of each, in two parts of equal weight."""
    rng = np.random.default_rng(0)
    gallery = unit(rng.normal(0, 1, (200, 16)))
    return unit(gallery + rng.normal(0, 0.2, gallery.shape)), gallery


def test_ranks_count_ties_against_the_query():
    scores = np.array([[0.9, 0.9, 0.1], [0.2, 0.5, 0.4]])
    assert ranks(scores, np.array([0, 2])).tolist() == [2, 2]
    assert (leaving_out(scores, np.array([0, 2]))[[0, 1], [0, 2]] < -1).all() and scores[0, 0] == 0.9


def test_similarities_in_pieces_are_those_in_one(noisy):
    queries, gallery = noisy
    many = np.concatenate([gallery] * 4).astype(np.float16)
    assert np.allclose(similarities(queries, many), queries @ many.astype(np.float32).T, atol=1e-6)


def test_figures_agree_with_counting(noisy):
    queries, gallery = noisy
    scores = similarities(queries, gallery)
    got = figures(scores, np.arange(200))
    by_hand = np.array([1 + (scores[i] > scores[i, i]).sum() for i in range(200)])
    assert got["recall@1"] == pytest.approx((by_hand == 1).mean()) and got["recall@5"] == pytest.approx((by_hand <= 5).mean())
    assert got["mrr"] == pytest.approx((1 / by_hand).mean(), abs=1e-4)
    assert got["recall@1_interval"][0] < got["recall@1"] < got["recall@1_interval"][1]
    unknown = np.sort(leaving_out(scores, np.arange(200)).max(1))[::-1]
    assert got["accepted_at_1_percent"] == pytest.approx(((scores.max(1) > unknown[2]) & (by_hand == 1)).mean(), abs=1e-4)


def test_the_verdict_tells_known_from_unknown_at_least_about_as_well_as_the_score(noisy):
    queries, gallery = noisy
    scores = similarities(queries, gallery)
    views = Read(queries, scores), Read(queries, leaving_out(scores, np.arange(200)))
    got = verdict_figures(views, gallery, np.arange(200), confidence=[0.9] * 200, parts=PARTS, groups=[f"s{i % 40}" for i in range(200)])
    assert got["auroc"] > figures(scores, np.arange(200))["auroc"] - 0.02
    assert 0 <= got["interval"][0] <= got["accepted_at_1_percent"] <= got["interval"][1] <= 1


def test_a_photo_is_read_as_the_gallery_knows_it_best_with_its_garment_and_without(noisy):
    queries, gallery = noisy
    nothing = np.zeros_like(queries[0])
    readings = [np.stack([nothing, q]) if i % 2 else q[None] for i, q in enumerate(queries)]  # half of the whole masks are of no use
    truth = np.arange(200)
    known, unknown = read(readings, gallery), read(readings, gallery, without=truth)
    assert np.array_equal(known.queries, queries) and np.allclose(known.scores, similarities(queries, gallery), atol=1e-6)
    assert np.allclose(unknown.scores, leaving_out(known.scores, truth))
    assert figures(known.scores, truth, unknown.scores) == figures(known.scores, truth)


def test_a_part_is_judged_by_itself(noisy):
    queries, gallery = noisy
    queries = queries.copy()
    queries[:, PARTS["colour"]] = np.random.default_rng(1).normal(0, 1, (200, 8))
    got = per_part(queries, gallery, np.arange(200), PARTS)
    assert got["shape"]["recall@1"] > 0.3 and got["colour"]["recall@1"] < 0.05


def test_categories_come_with_their_counts():
    got = per_category(np.array([1, 2, 1, 7]), ["Hat", "Shirt", "Shirt", "Shirt"])
    assert list(got) == ["Shirt", "Hat"] and got["Shirt"]["n"] == 3
    assert got["Shirt"]["recall@1"] == pytest.approx(1 / 3, abs=1e-4) and got["Shirt"]["recall@5"] == pytest.approx(2 / 3, abs=1e-4)


def test_the_product_of_two_encodings_per_place_is_the_mean_of_their_cosines():
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, (2, 6, 4, 5)).astype(np.float32)
    slow = np.mean([a[:, y, x] @ b[:, y, x] / np.linalg.norm(a[:, y, x]) / np.linalg.norm(b[:, y, x]) for y in range(4) for x in range(5)])
    assert float(per_position(a).astype(np.float32) @ per_position(b).astype(np.float32)) == pytest.approx(slow, abs=2e-3)


def test_baselines_give_unit_vectors_and_tell_colours_apart():
    def cutout(colour):
        rgb = np.full((320, 320, 3), 255, np.uint8)
        rgb[60:260, 80:240] = colour
        return Cutout(rgb, Box(0, 0, 320, 320), 0.3)

    for encode in (histogram, thumbnail):
        red, dark_red, blue = (encode(cutout(c)) for c in ((200, 30, 30), (190, 32, 32), (30, 30, 200)))
        assert np.linalg.norm(red) == pytest.approx(1, abs=1e-3) and red @ dark_red > red @ blue
