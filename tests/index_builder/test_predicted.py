import cv2
import numpy as np

from edge.catalogue import Catalogue, VectorRow
from edge.colours import ColourShare, dominant_colours
from edge.concepts import Concepts
from edge.index import current_folder
from edge.types import CatalogueItem, Cutout, Mask, Photo
from index_builder.build import build
from index_builder.predicted import with_predictions
from tests.fakes import FakeStages


class Telling(FakeStages):
    """Says "skirt" of what is wider than high, else only "tops"; colours for real."""

    concepts_note = ""

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> Concepts:
        rows, columns = np.nonzero(mask.alpha > 0.5)
        wide = np.ptp(columns) > np.ptp(rows)
        path = ("fashion", "bottoms", "skirt") if wide else ("fashion", "tops")
        return Concepts(path[-1], path, 0.97, {"skirt": 0.97}, {}, (), dominant_colours(photo.rgb, mask.alpha))


class AtALoss(Telling):
    """Is not sure of anything, and sees two colours."""

    def concepts(self, photo: Photo, mask: Mask, cutout: Cutout) -> Concepts:
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
    assert (items["a"].product_type, items["a"].color, items["a"].predicted) == ("bottoms > skirt", "red", "product_type,color")
    assert (items["b"].product_type, items["b"].color, items["b"].predicted) == ("tops", "sky", "product_type")
    assert (items["c"].product_type, items["c"].color, items["c"].predicted) == ("Apparel > Hat", "moss", "")


def test_without_a_concepts_model_all_stays_as_the_feed_has_it(tmp_path):
    items = built(tmp_path, FakeStages())
    assert items["a"].product_type == items["a"].color == items["a"].predicted == ""


def test_nothing_is_made_up_where_the_picture_does_not_tell(tmp_path):
    items = built(tmp_path, AtALoss())
    assert (items["a"].product_type, items["a"].color, items["a"].predicted) == ("", "red/white", "color")


def test_a_thumbnail_without_a_garment_leaves_the_item_alone(tmp_path):
    cv2.imwrite(str(tmp_path / "0.jpg"), np.full((50, 50, 3), 255, np.uint8))
    item = CatalogueItem("x", "X", "x.jpg")
    assert with_predictions([item], [VectorRow(0, "x", "x.jpg", "0.jpg")], tmp_path, stages=Telling(), workers=1) == [item]


def test_an_update_calls_an_item_that_was_taken_over_the_same(tmp_path):
    first = built(tmp_path, Telling())
    result = build(tmp_path / "feed.csv", tmp_path / "index", stages=Telling(), workers=1, reuse=True)
    assert result.reused == 3
    again = Catalogue.open(current_folder(tmp_path / "index") / "catalogue.sqlite")
    assert {item.item_id: item for item in again.items()} == first
    assert result.changes["unchanged"] == 3
