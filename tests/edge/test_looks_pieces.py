"""Claims about what is read off the catalogue's pictures, and that the index is left as it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edge.catalogue import Catalogue
from edge.colours import ColourShare, to_lab
from edge.concepts import Concepts
from edge.looks_pieces import Piece, Pieces, garment_on_white, pattern_tag
from edge.types import Box, CatalogueItem, Cutout, Mask, Photo
from tests.made_looks import COLOURS, SHOP, made_shop, opened_shop


def drawn(colour: tuple[int, int, int], background: int = 255) -> np.ndarray:
    rgb = np.full((80, 80, 3), background, np.uint8)
    rgb[15:65, 20:60] = colour
    return rgb


def test_a_garment_on_white_is_found_and_another_background_is_left_to_the_network() -> None:
    alpha = garment_on_white(drawn((200, 30, 40)))
    assert alpha is not None and alpha.dtype == np.float32
    assert abs(alpha.mean() - 50 * 40 / 6400) < 0.02 and alpha[40, 40] == 1 and alpha[2, 2] == 0
    assert garment_on_white(drawn((200, 30, 40), background=150)) is None
    assert garment_on_white(np.full((80, 80, 3), 255, np.uint8)) is None


def test_a_white_garment_that_runs_out_into_the_background_is_not_guessed_at() -> None:
    rgb = drawn((255, 255, 255))
    rgb[15:65, 20] = rgb[15:65, 59] = rgb[15, 20:60] = (120, 120, 120)  # an outline open at the bottom
    assert garment_on_white(rgb) is None


@pytest.mark.parametrize("name", COLOURS)
def test_the_largest_colour_is_named_and_measured(name: str, tmp_path: Path) -> None:
    shop = opened_shop(tmp_path)
    pieces = [p for p in shop.pieces.of_many(shop.pieces.items) if p.item.color == name]
    assert pieces and all(p.colour == name for p in pieces)
    assert max(float(np.linalg.norm(p.lab - to_lab(np.array(COLOURS[name], np.uint8)))) for p in pieces) < 4


def test_what_was_read_is_remembered_beside_the_journal_and_the_index_stays_untouched(tmp_path: Path) -> None:
    root, cache = made_shop(tmp_path / "index"), tmp_path / "data" / "looks"
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    catalogue = opened_shop(tmp_path / "other").catalogue
    first = Pieces(catalogue, root / "made", cache=cache).of_many(["t1", "t2"])
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before
    kept = cache / "pieces-made.json"
    assert set(json.loads(kept.read_text())["items"]) == {"t1", "t2"}
    for file in (root / "made" / "thumbs").iterdir():
        file.unlink()
    again = Pieces(catalogue, root / "made", cache=cache).of_many(["t1", "t2"])
    assert [p.colours for p in again] == [p.colours for p in first] and again[0].colour == "red"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99, "items": {}}', '{"format": 1}'])
def test_a_spoilt_memory_is_read_off_the_pictures_again(content: str, tmp_path: Path) -> None:
    cache = tmp_path / "looks"
    cache.mkdir()
    (cache / "pieces-made.json").write_text(content)
    root = made_shop(tmp_path / "index")
    assert Pieces(opened_shop(tmp_path / "other").catalogue, root / "made", cache=cache).of("t1").colour == "red"


def test_an_item_without_a_picture_has_the_feeds_colour_or_none(tmp_path: Path) -> None:
    root = made_shop(tmp_path)
    for file in (root / "made" / "thumbs").iterdir():
        file.unlink()
    shop = opened_shop(tmp_path / "other")
    pieces = Pieces(shop.catalogue, root / "made")
    assert pieces.of("t1").colour == "red"
    assert np.isnan(Piece(None, "t-shirt").lab).all() and Piece(None, "t-shirt").colour == ""


@pytest.mark.parametrize(
    ("text", "tag"),
    [("Plain", "plain"), ("colour-blocked", "colourblock"), ("Polka Dots", "dotted"), ("kariert", "checked"), ("", ""), ("moiré", "")],
)
def test_a_feeds_word_for_a_pattern_is_the_taxonomys_tag(text: str, tag: str) -> None:
    assert pattern_tag(text) == tag


def test_a_pattern_is_loud_and_where_nobody_names_one_several_colours_are() -> None:
    red, white = (200, 30, 40), (230, 230, 230)
    one = (ColourShare("red", 0.95, red),)
    two = (ColourShare("red", 0.5, red), ColourShare("white", 0.4, white))
    assert Piece(None, "", one, "striped").loud and not Piece(None, "", two, "plain").loud
    assert Piece(None, "", two).loud and not Piece(None, "", one).loud


def test_categories_are_near_by_the_taxonomy(tmp_path: Path) -> None:
    near = opened_shop(tmp_path).pieces.near
    assert (near("t-shirt", "t-shirt"), near("tops", "t-shirt"), near("hoodie", "t-shirt"), near("shoes", "t-shirt")) == (2, 2, 1, 0)
    assert near("gizmos", "gizmos") == 2 and near("gizmos", "t-shirt") == 0 and near("", "") == 0


class TellingStages:
    """Networks that find the middle of any picture and call it a dotted skirt."""

    concepts_note = ""

    def mask(self, photo) -> Mask:
        alpha = np.zeros(photo.rgb.shape[:2], np.float32)
        alpha[20:40, 20:40] = 1
        return Mask(alpha, 0.9)

    def cutout(self, photo: Photo, mask: Mask) -> Cutout:
        return Cutout(np.zeros((8, 8, 3), np.uint8), Box(20, 20, 40, 40), 0.5)

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> Concepts:
        assert isinstance(cutout, Cutout)
        tags = {"dotted": 0.4, "plain": 0.2, "long": 0.9}
        return Concepts("skirt", ("fashion", "bottoms", "skirt"), 0.9, {"skirt": 0.9}, tags, ())


def test_what_the_feed_leaves_out_the_networks_tell_and_what_it_says_stays(tmp_path: Path) -> None:
    bare = CatalogueItem("x1", "x1", "x.jpg", quantity=1)
    root = made_shop(tmp_path, (*SHOP, (bare, ("mini", "dotted", "blue"))))
    catalogue = Catalogue.open(root / "made" / "catalogue.sqlite")
    telling = Pieces(catalogue, root / "made", stages=TellingStages)
    told = telling.of("x1")
    assert (told.category, told.pattern, told.colour) == ("skirt", "dotted", "blue")
    said = telling.of("t4")
    assert (said.category, said.pattern) == ("t-shirt", "striped")
    assert (Pieces(catalogue, root / "made").of("x1").category, Pieces(catalogue, root / "made").of("x1").pattern) == ("", "")
