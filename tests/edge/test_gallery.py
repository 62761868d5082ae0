"""Searching items: one result each, filters and weights as the slow way gives them, percentiles that can be counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from edge.catalogue import Catalogue
from edge.errors import IndexFolderError, RequestError
from edge.filters import has_colour, in_category, on_shelf
from edge.gallery import Gallery
from edge.index import Index
from edge.likeness import MOST_PAIRS, RandomPairs
from edge.rank import checked_weights
from edge.store_index import open_index
from edge.types import CatalogueItem, Filter
from tests.made_index import PARTS, WEIGHTS, made_index, random_vectors
from tests.made_store import ON_LITE, published

TYPES = ("Apparel > Tops > Polo", "Apparel > Tops > Shirt", "Apparel > Dresses", "")
COLOURS = ("red", "Blue", "red/white", "")
COUNT = 900  # vectors, three per item


def item(number: int) -> CatalogueItem:
    return CatalogueItem(
        f"i{number:04d}", f"Item {number}", "x.jpg", product_type=TYPES[number % 4], color=COLOURS[number // 4 % 4],
        quantity=(None, 0, 3)[number % 3], item_group_id=f"g{number // 2}" if number < 100 else "",
    )  # fmt: skip


ITEMS = [item(n) for n in range(COUNT // 3)]
ITEMS[-1] = replace(ITEMS[-1], product_type="Hats", color="green", quantity=0)  # the only hat is sold out
OWNERS = [ITEMS[n // 3].item_id for n in range(COUNT)]


@pytest.fixture(scope="module", params=["every vector compared", "graph", ON_LITE])
def gallery(request, tmp_path_factory):
    vectors, root = random_vectors(COUNT), tmp_path_factory.mktemp("gallery")
    folder, manifest = made_index(root, vectors, OWNERS, ITEMS)
    if request.param == "milvus-lite":
        index = open_index(folder, manifest=manifest, store=published(folder, root / "lite.db"))
        return Gallery(index, Catalogue.open(folder / "catalogue.sqlite"), PARTS)
    index = Index.open(folder, manifest=replace(manifest, ef_search=COUNT), exact_below=1 if request.param == "graph" else 20_000)
    assert index.exact == (request.param != "graph")
    return Gallery(index, Catalogue.open(folder / "catalogue.sqlite"), PARTS)


VECTORS = random_vectors(COUNT)


def slow_scores(query: np.ndarray) -> dict[str, float]:
    """Item -> sum over the photos of the score with the view that suits each best, one at a time."""
    return {i.item_id: sum(max(float(row @ VECTORS[3 * n + v]) for v in range(3)) for row in query) for n, i in enumerate(ITEMS)}


def slow(query: np.ndarray, passes=lambda item: True) -> list[str]:
    best = slow_scores(query)
    return sorted((i.item_id for i in ITEMS if passes(i)), key=best.get, reverse=True)


def ids(gallery: Gallery, hits) -> list[str]:
    return [gallery.item_id(hits, place) for place in range(len(hits.scores))]


def queries(count: int, seed: int, photos: int = 1) -> list[np.ndarray]:
    """Queries of several photos that do not count the same."""
    counts = np.arange(1, photos + 1, dtype=np.float32) / sum(range(1, photos + 1))
    return list(random_vectors(count * photos, seed).reshape(count, photos, -1) * counts[:, None])


@pytest.mark.parametrize(("k", "photos"), [(1, 1), (10, 1), (250, 1), (1, 3), (10, 3)])
def test_every_item_comes_once_with_the_views_that_suit_the_photos_best(gallery, k, photos):
    for query in queries(5, 9, photos):
        hits = gallery.nearest(query, k)
        wanted, scores = slow(query)[:k], slow_scores(query)
        assert ids(gallery, hits) == wanted
        assert np.allclose(hits.scores, [scores[i] for i in wanted], atol=1e-5)
        assert np.allclose(np.einsum("pd,kpd->k", query, VECTORS[hits.views]), hits.scores, atol=1e-5)


def test_a_photo_of_the_back_meets_the_picture_of_the_back(gallery):
    front, _, back = VECTORS[30:33]  # two views of one item, as different as two items
    query = np.stack([front, back]) / 2
    hits = gallery.nearest(query, 2)
    assert ids(gallery, hits)[0] == OWNERS[30] and hits.scores[0] == pytest.approx(1, abs=1e-5)
    assert hits.views[0].tolist() == [30, 32]
    assert all(cosine == pytest.approx(1, abs=1e-5) for cosine in gallery.cosines(query, hits).values())


def test_views_need_not_lie_side_by_side(tmp_path):
    vectors, owners = random_vectors(40), [f"i{n % 8}" for n in range(40)]
    folder, manifest = made_index(tmp_path, vectors, owners, [CatalogueItem(i, i, "x.jpg") for i in dict.fromkeys(owners)])
    gallery = Gallery(Index.open(folder, manifest=manifest), Catalogue.open(folder / "catalogue.sqlite"), PARTS)
    (query,) = queries(1, 5)
    best = {i: max(vectors[n] @ query[0] for n in range(40) if owners[n] == i) for i in set(owners)}
    assert ids(gallery, gallery.nearest(query, 8)) == sorted(best, key=best.get, reverse=True)


FILTERS = [
    (Filter(categories=("tops",)), lambda i: "Tops" in i.product_type),
    (Filter(categories=("Tops > Polo", "dresses")), lambda i: "Polo" in i.product_type or "Dresses" in i.product_type),
    (Filter(colours=("RED",)), lambda i: i.color in ("red", "red/white")),
    (Filter(in_stock=True), lambda i: i.quantity != 0),
    (Filter(categories=("polo",), colours=("white", "blue"), in_stock=True),
     lambda i: "Polo" in i.product_type and i.color in ("Blue", "red/white") and i.quantity != 0),
]  # fmt: skip


@pytest.mark.parametrize(("only", "passes"), FILTERS)
def test_a_filter_loses_nothing_that_passes(gallery, only, passes):
    for query in queries(3, 11) + queries(2, 11, 2):
        wanted = slow(query, passes)
        for k in (3, 40, 400):
            assert ids(gallery, gallery.nearest(query, k, only=only)) == wanted[:k]


@pytest.mark.parametrize("most", [0, 4000], ids=["every vector that passes", "over-fetched"])
def test_a_filter_that_very_many_pass_loses_nothing_either(gallery, monkeypatch, most):
    monkeypatch.setattr("edge.gallery.EXACT_BELOW", 10)  # so that what passes counts as very many
    monkeypatch.setattr("edge.gallery.OVER_FETCHED", most)
    for only, passes in FILTERS:
        for query in queries(3, 12) + queries(2, 12, 3):
            assert ids(gallery, gallery.nearest(query, 20, only=only))[:3] == slow(query, passes)[:3]
            assert ids(gallery, gallery.nearest(query, 400, only=only)) == slow(query, passes)


def test_vectors_of_a_filter_are_gathered_once_and_the_longest_unused_let_go(gallery, monkeypatch):
    if not isinstance(gallery._index, Index):
        pytest.skip("another store filters before it searches")
    gathered = []
    rows = gallery._rows
    monkeypatch.setattr(gallery, "_rows", lambda labels: gathered.append(len(labels)) or rows(labels))
    gallery._rows_of.clear()
    (query,) = queries(1, 15)
    red, blue, white = (Filter(colours=(name,)) for name in ("red", "blue", "white"))
    first = ids(gallery, gallery.nearest(query, 20, only=red))
    for only in (red, blue, red, white, red, blue):  # white takes blue's place, then blue white's
        gallery.nearest(query, 20, only=only)
    assert len(gathered) == 4 and set(gallery._rows_of) == {red, blue}
    assert ids(gallery, gallery.nearest(query, 20, only=red)) == first == slow(query, lambda i: "red" in i.color)[:20]


def test_over_fetching_asks_the_graph_and_compares_few(gallery, monkeypatch):
    if not isinstance(gallery._index, Index) or gallery._index.exact:
        pytest.skip("no graph to ask")
    monkeypatch.setattr("edge.gallery.EXACT_BELOW", 10)
    compared = []
    products = gallery._products
    monkeypatch.setattr(gallery, "_products", lambda query, labels: compared.append(len(labels)) or products(query, labels))
    only, passes = FILTERS[3]
    (query,) = queries(1, 14)
    assert ids(gallery, gallery.nearest(query, 5, only=only)) == slow(query, passes)[:5]
    assert compared[0] < sum(3 for i in ITEMS if passes(i))


def test_photos_far_from_all_that_passes_are_compared_with_all_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("edge.gallery.EXACT_BELOW", 10)
    monkeypatch.setattr("edge.gallery.OVER_FETCHED", 400)
    away, here = random_vectors(2, seed=21)
    blobs = [centre[None] + 0.1 * random_vectors(n, seed=22) for centre, n in ((away, 300), (here, 900))]
    vectors = np.concatenate(blobs)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    items = [CatalogueItem(f"i{n:04d}", "", "x.jpg", color="red" if n < 300 else "blue") for n in range(1200)]
    folder, manifest = made_index(tmp_path, vectors, [i.item_id for i in items], items)
    index = Index.open(folder, manifest=manifest, exact_below=1)
    gallery = Gallery(index, Catalogue.open(folder / "catalogue.sqlite"), PARTS)
    found = gallery.nearest(here[None], 10, only=Filter(colours=("red",)))
    assert found.views[:, 0].tolist() == np.argsort(-(vectors[:300] @ here))[:10].tolist()


def test_a_filter_that_nothing_passes_gives_nothing_and_an_unknown_one_a_sentence(gallery):
    (query,) = queries(1, 3)
    assert ids(gallery, gallery.nearest(query, 5, only=Filter(categories=("hats",)))) == [ITEMS[-1].item_id]
    assert ids(gallery, gallery.nearest(query, 5, only=Filter(categories=("hats",), in_stock=True))) == []
    with pytest.raises(RequestError, match="category 'trousers'"):
        gallery.nearest(query, 5, only=Filter(categories=("trousers",)))
    with pytest.raises(RequestError, match="colour 'rde'.*red"):
        gallery.nearest(query, 5, only=Filter(colours=("rde",)))


def test_one_item_with_very_many_views_leaves_room_for_the_others(tmp_path):
    (middle,) = random_vectors(1, seed=5)
    crowd = np.repeat(middle[None], 900, 0) + random_vectors(900, seed=6) * 0.05
    rest = random_vectors(20, seed=8)
    vectors = np.concatenate([crowd / np.linalg.norm(crowd, axis=1, keepdims=True), rest]).astype(np.float32)
    owners = ["crowd"] * 900 + [f"i{n}" for n in range(20)]
    items = [CatalogueItem(i, i, "x.jpg") for i in dict.fromkeys(owners)]
    folder, manifest = made_index(tmp_path, vectors, owners, items)
    gallery = Gallery(Index.open(folder, manifest=manifest), Catalogue.open(folder / "catalogue.sqlite"), PARTS)
    found = ids(gallery, gallery.nearest(middle[None], 10))
    assert len(found) == len(set(found)) == 10 and found[0] == "crowd"


def test_weights_rank_as_a_full_re_score_of_all_vectors_does(gallery):
    weights = checked_weights({"colour": 2.0, "shape": 0.0, "pattern": 0.5}, PARTS)
    for query in queries(5, 13) + queries(3, 13, 2):
        shares = {n: WEIGHTS[n] ** 2 / sum(w**2 for w in WEIGHTS.values()) for n in PARTS}
        total = sum(weights[n] * shares[n] for n in PARTS)
        scaled = query.copy()
        for n, where in PARTS.items():
            scaled[:, where] *= weights[n] / total
        wanted = slow(scaled)[:20]
        hits = gallery.nearest(gallery.weigh(query, weights), 20)
        assert ids(gallery, hits) == wanted and wanted != slow(query)[:20]
        scores = slow_scores(scaled)
        assert np.allclose(hits.scores, [scores[i] for i in wanted], atol=1e-5)
        for match in gallery.matches(query, hits, weights):  # the whole is the weighted mean of the parts that are shown
            mean = sum(weights[n] * shares[n] * match.parts[n] for n in PARTS) / total
            assert match.score == pytest.approx(mean, abs=1e-4)


def test_variants_stay_apart_and_are_marked(gallery):
    query = VECTORS[:1]  # a view of i0000, whose group is that of i0001
    matches = gallery.matches(query, gallery.nearest(query, len(ITEMS)))
    of = {m.item.item_id: m.variant_of for m in matches}
    assert len(of) == len(ITEMS) and of["i0000"] == "" and of["i0001"] == "i0000" and of["i0200"] == ""


def test_a_percentile_counts_the_random_pairs_that_are_less_alike():
    vectors, owners = random_vectors(60), np.repeat(np.arange(30), 2)
    pairs = [(a, b) for a in range(60) for b in range(a) if owners[a] != owners[b]]
    random_pairs = RandomPairs(vectors, owners, PARTS)
    assert random_pairs.count == len(pairs)  # a small catalogue: all there are, and no item with itself
    whole = np.array([vectors[a] @ vectors[b] for a, b in pairs])
    colour = np.array(
        [vectors[a, 20:] @ vectors[b, 20:] / np.linalg.norm(vectors[a, 20:]) / np.linalg.norm(vectors[b, 20:]) for a, b in pairs]
    )
    for score in (-1.0, -0.1, 0.0, 0.3, 1.0):
        assert random_pairs.whole(np.array([score]))[0] == pytest.approx(np.mean(whole < score), abs=2e-3)
        assert random_pairs.of_part("colour", score) == pytest.approx(np.mean(colour < score), abs=2e-3)
    only_colour = random_pairs.whole(
        np.array([0.3]), {"shape": 0.0, "pattern": 0.0, "colour": 1 / float(vectors[0, 20:] @ vectors[0, 20:])}
    )
    assert only_colour[0] == pytest.approx(np.mean(colour < 0.3), abs=2e-3)


def test_a_large_catalogue_is_sampled_and_always_the_same_way():
    vectors, owners = random_vectors(1000), np.arange(1000)
    one, other = (RandomPairs(vectors, owners, PARTS) for _ in range(2))
    assert 0.99 * MOST_PAIRS < one.count <= MOST_PAIRS
    assert one.of_part("shape", 0.2) == other.of_part("shape", 0.2)
    true = np.sort((vectors @ vectors.T)[np.triu_indices(1000, 1)])
    assert abs(one.whole(np.array([0.25]))[0] - np.searchsorted(true, 0.25) / len(true)) < 0.02


def test_a_catalogue_of_one_item_has_no_pairs():
    random_pairs = RandomPairs(random_vectors(3), np.zeros(3, int), PARTS)
    assert random_pairs.count == 0 and random_pairs.whole(np.array([0.9])).tolist() == [0] and random_pairs.of_part("colour", 1) == 0


def test_what_a_feed_says_is_understood():
    assert in_category("Apparel > Tops > T-Shirt", "tops>t-shirt") and not in_category("Apparel > Tops", "top") and not in_category("A", "")
    assert has_colour("Red / white", "WHITE") and has_colour("red/white", "red/white") and not has_colour("dark red", "red")
    assert on_shelf("out_of_stock", 2) and not on_shelf("in_stock", 0) and on_shelf("", None) and not on_shelf("out of stock", None)
    with pytest.raises(ValueError, match="several"):
        Filter(categories="tops")


def test_a_catalogue_of_another_index_is_refused(tmp_path):
    folder, manifest = made_index(tmp_path / "a", random_vectors(6), OWNERS[:6], ITEMS[:2])
    other, _ = made_index(tmp_path / "b", random_vectors(3), OWNERS[:3], ITEMS[:1])
    with pytest.raises(IndexFolderError, match="3 vectors"):
        Gallery(Index.open(folder, manifest=manifest), Catalogue.open(other / "catalogue.sqlite"), PARTS)
