import json
from dataclasses import replace

import cv2
import numpy as np

from edge.__main__ import answer_json
from edge.catalogue import Catalogue, VectorRow
from edge.colours import ColourShare, dominant_colours
from edge.concepts import Concepts
from edge.index import current_folder
from edge.lookup import Lookup
from edge.taught import write_tags
from edge.types import CatalogueItem, Cutout, Filter, Mask, Photo
from index_builder.build import build
from index_builder.predicted import with_predictions
from index_builder.reuse import Journal, Kept
from tests.fakes import FakeStages


class Telling(FakeStages):
    """Says "skirt" of what is wider than high, else only "tops"; colours for real."""

    concepts_note = ""

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> Concepts:
        assert isinstance(cutout, Cutout)
        rows, columns = np.nonzero(mask.alpha > 0.5)
        wide = np.ptp(columns) > np.ptp(rows)
        path = ("fashion", "bottoms", "skirt") if wide else ("fashion", "tops")
        return Concepts(
            path[-1],
            path,
            0.97,
            {"skirt": 0.97},
            {"striped": 0.9, "short": 0.8},
            ("striped", "short"),
            dominant_colours(photo.rgb, mask.alpha),
        )

    def concepts_hint(self, category: str, product_type: str) -> dict[str, str] | None:
        return {"photo": category, "item": "hat"} if "Hat" in product_type else None


class AtALoss(Telling):
    """Is not sure of anything, and sees two colours."""

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> Concepts:
        assert isinstance(cutout, Cutout)
        colours = (ColourShare("red", 0.6, (200, 30, 40)), ColourShare("white", 0.4, (250, 250, 250)))
        return Concepts("fashion", ("fashion",), 1.0, {"skirt": 0.2}, {}, (), colours)


def picture(colour: tuple[int, int, int], width: int, height: int) -> np.ndarray:
    bgr = np.full((200, 200, 3), 250, np.uint8)
    cv2.rectangle(bgr, (100 - width // 2, 100 - height // 2), (100 + width // 2, 100 + height // 2), colour[::-1], -1)
    return bgr


def shop(tmp_path, rows: list[str]):
    (tmp_path / "images").mkdir()
    for name, colour, size in (("a", (200, 30, 40), (150, 60)), ("b", (30, 90, 180), (60, 150)), ("c", (30, 90, 60), (120, 50))):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), picture(colour, *size))
    feed = tmp_path / "feed.csv"
    feed.write_text("\n".join(["id,title,image_link,product_type,color", *rows]))
    return feed


ROWS = ["a,One,images/a.png,,", "b,Two,images/b.png,,sky", "c,Three,images/c.png,Apparel > Hat,moss"]


def built(tmp_path, stages):
    feed = shop(tmp_path, ROWS)
    build(feed, tmp_path / "index", stages=stages, workers=2)
    catalogue = Catalogue.open(current_folder(tmp_path / "index") / "catalogue.sqlite")
    return {item.item_id: item for item in catalogue.items()}


def test_what_the_feed_leaves_empty_is_read_off_the_picture_and_marked(tmp_path):
    items = built(tmp_path, Telling())
    a, b, c = items["a"], items["b"], items["c"]
    assert (a.product_type, a.color, a.pattern, a.tags) == ("bottoms > skirt", "red", "striped", "striped,short")
    assert a.predicted == "product_type,color,pattern,tags"
    assert (b.product_type, b.color, b.predicted) == ("tops", "sky", "product_type,pattern,tags")
    assert (c.product_type, c.color, c.predicted) == ("Apparel > Hat", "moss", "pattern,tags")


def test_without_a_concepts_model_all_stays_as_the_feed_has_it(tmp_path):
    items = built(tmp_path, FakeStages())
    assert items["a"].product_type == items["a"].color == items["a"].predicted == ""


def test_nothing_is_made_up_where_the_picture_does_not_tell(tmp_path):
    items = built(tmp_path, AtALoss())
    assert (items["a"].product_type, items["a"].color, items["a"].predicted) == ("", "red/white", "color")


def test_an_items_first_image_speaks_for_it():
    item = CatalogueItem("x", "X", "x.jpg", color="red")
    rows = [VectorRow(0, "x", "x.jpg", "0.jpg"), VectorRow(1, "x", "back.jpg", "1.jpg")]
    said = ['{"category":"hat","path":["headwear","hat"],"tags":[],"colours":["blue"]}', ""]
    assert with_predictions([item], rows, said) == [replace(item, product_type="headwear > hat", predicted="product_type")]
    assert with_predictions([item], rows, said[::-1]) == [item]


def test_the_report_counts_what_was_read_off_and_names_items_that_the_feed_calls_otherwise(tmp_path):
    built(tmp_path, Telling())
    folder = current_folder(tmp_path / "index")
    report = json.loads((folder / "report.json").read_bytes())
    assert report["predicted"] == {"pattern": 3, "tags": 3, "product_type": 2, "color": 1}
    assert report["categories"] == {"Apparel > Hat": 1, "bottoms > skirt": 1, "tops": 1}
    assert report["doubtful"] == [["c", "skirt", "Apparel > Hat"]]
    page = (folder / "report.html").read_text()
    assert "Read off the pictures" in page and "Feed and picture disagree" in page


def test_a_killed_builds_journal_keeps_what_is_said(tmp_path):
    journal = Journal(tmp_path, recipe="0" * 64, dim=3)
    kept = Kept(np.float32([1, 2, 3]), b"thumb", (1, 2, 3, 4), '{"tags":["gestreift \u00fc"]}')
    journal.append([("a" * 64, kept), ("b" * 64, replace(kept, said=""))])
    journal.close()
    again = Journal(tmp_path, recipe="0" * 64, dim=3)
    for content, said in (("a" * 64, kept.said), ("b" * 64, "")):
        found = again.get(content)
        assert (found.said, found.thumb, found.frame) == (said, b"thumb", (1, 2, 3, 4)) and found.vector.tolist() == [1, 2, 3]
    again.close()


def test_another_concepts_model_takes_nothing_over(tmp_path):
    class Newer(Telling):
        concepts_id = "newer"

    built(tmp_path, Telling())
    assert build(tmp_path / "feed.csv", tmp_path / "index", stages=Newer(), workers=1, reuse=True).reused == 0
    assert build(tmp_path / "feed.csv", tmp_path / "index", stages=Newer(), workers=1, reuse=True).reused == 3


def test_an_update_calls_an_item_that_was_taken_over_the_same(tmp_path):
    first = built(tmp_path, Telling())
    result = build(tmp_path / "feed.csv", tmp_path / "index", stages=Telling(), workers=1, reuse=True)
    assert result.reused == 3
    again = Catalogue.open(current_folder(tmp_path / "index") / "catalogue.sqlite")
    assert {item.item_id: item for item in again.items()} == first
    assert result.changes["unchanged"] == 3


class Together(Telling):
    def concepts_together(self, several, weights):
        return several[0]


def test_look_ups_filter_by_predicted_categories_and_say_tags_taught_ones_and_contradictions(tmp_path):
    built(tmp_path, Together())
    write_tags(tmp_path / "index", {"summer": ["a", "b", "c"]})
    lookup = Lookup.open(tmp_path / "index", stages=Together())
    photo = (tmp_path / "images" / "a.png").read_bytes()
    for wanted in ("skirt", "Skirts", "bottoms", "bottoms > skirt"):
        assert [m.item.item_id for m in lookup.look_up(photo, only=Filter(categories=(wanted,))).matches] == ["a"]
    answer = lookup.look_up(photo)
    line = json.loads(json.dumps(answer_json("a.png", answer)))
    first = line["matches"][0]
    assert (first["item_id"], first["product_type"], first["color"]) == ("a", "bottoms > skirt", "red")
    assert first["tags"][:2] == ["striped", "short"] and first["predicted"] == ["product_type", "color", "pattern", "tags"]
    assert [t["name"] for t in line["concepts"]["taught"]] == ["summer"] and line["concepts"]["hint"] is None
    hat = lookup.look_up(photo, only=Filter(categories=("hat",)))
    assert hat.concepts["hint"] == {"photo": "skirt", "item": "hat"}
    refined = lookup.refine(answer, liked=["b"])
    assert refined.concepts["taught"] == answer.concepts["taught"] and refined.matches[0].tags
