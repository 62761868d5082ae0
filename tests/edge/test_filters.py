import pytest

from edge.filters import fits_category, in_category
from edge.taxonomy import Taxonomy

TREE = Taxonomy.read()


@pytest.mark.parametrize(
    ("product_type", "wanted"),
    [("Women > Midi Skirts", "skirt"), ("bottoms > skirt", "Skirts"), ("bottoms > skirt", "bottoms"), ("Apparel > T-Shirts", "tops"),
     ("tops", "tops"), ("Damen > Röcke > Rock", "skirt")],
)  # fmt: skip
def test_one_level_fits_whatever_the_feed_and_the_network_call_it(product_type, wanted):
    assert fits_category(product_type, wanted, TREE)


@pytest.mark.parametrize(
    ("product_type", "wanted"), [("tops", "t-shirt"), ("Women > Shorts", "skirt"), ("", "tops"), ("Gift cards", "skirt"), ("tops", "")]
)
def test_what_is_another_garment_or_less_than_asked_for_does_not(product_type, wanted):
    assert not fits_category(product_type, wanted, TREE)


def test_a_path_of_levels_is_taken_at_its_word():
    assert fits_category("Men > T-Shirts", "Men > T-Shirts", TREE) and not fits_category("Men > T-Shirts", "Women > T-Shirts", TREE)
    assert in_category("Men > T-Shirts", "T-Shirts") and not fits_category("Men > T-Shirts", "tops", None)
