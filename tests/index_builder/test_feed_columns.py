"""Columns: Google's names in any spelling, or as mapped; without the needed ones a sentence that says what to type."""

from __future__ import annotations

import pytest

from edge.errors import FeedError
from index_builder.__main__ import main
from index_builder.feed import parse_mapping, read_feed


def read(tmp_path, content: str, **more):
    path = tmp_path / "feed.csv"
    path.write_text(content, newline="")
    return read_feed(path, **more)


TEMPLATE = "id\ttitle\tdescription\tavailability\tlink\timage link\tadditional image link\tprice\tgoogle product category\tproduct type\tcolor\tsize\tpattern\titem group id\tquantity\tlocation"  # noqa: E501


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: name,
        lambda name: name.replace(" ", "_"),
        lambda name: f"g:{name.replace(' ', '_')}",
        lambda name: name.title(),
        lambda name: name.upper().replace(" ", "-"),
        lambda name: f"  {name}* ",
        lambda name: name.split()[0] + "".join(word.title() for word in name.split()[1:]),
    ],
    ids=["template", "feed", "xml", "title", "shouted", "starred", "api"],
)
def test_every_spelling_of_googles_columns_is_understood(tmp_path, spell):
    header = "\t".join(spell(name) for name in TEMPLATE.split("\t"))
    row = "7\tDress\tlong\tin stock\thttps://x.test/7\timg/7.jpg\tb.jpg,c.jpg\t9 EUR\t2271\tDresses\tred\t2T\tplaid\tg1\t3\tR4"
    (item,), skipped = read(tmp_path, f"{header}\n{row}\n")
    assert not skipped
    assert (item.item_id, item.title, item.availability, item.image) == ("7", "Dress", "in stock", str(tmp_path / "img/7.jpg"))
    assert item.extra_images == (str(tmp_path / "b.jpg"), str(tmp_path / "c.jpg"))
    assert (item.price, item.product_type, item.color, item.size, item.pattern) == ("9 EUR", "Dresses", "red", "2T", "plaid")
    assert (item.item_group_id, item.quantity, item.location) == ("g1", 3, "R4")


def test_mapped_columns_take_the_place_of_googles(tmp_path):
    content = "sku;id;Foto (groß);Lagerplatz;Bestand\nA1;77;a.jpg;R4;3\n"
    (item,), _ = read(tmp_path, content, columns={"id": "sku", "image_link": "foto (GROSS)".replace("SS", "ß"), "location": "Lagerplatz"})
    assert (item.item_id, item.image, item.location, item.quantity) == ("A1", str(tmp_path / "a.jpg"), "R4", None)


def test_a_mapped_column_tells_the_delimiter_too(tmp_path):
    (item,), _ = read(tmp_path, "Nr|Bild, vorn\n1|a.jpg\n", columns={"id": "Nr", "image_link": "Bild, vorn"})
    assert item.image == str(tmp_path / "a.jpg")


def test_a_missing_column_is_told_with_the_columns_found_and_what_to_type(tmp_path):
    with pytest.raises(FeedError) as caught:
        read(tmp_path, "sku,name,foto_url\n1,x,a.jpg\n")
    assert "no column id and no column image_link" in str(caught.value)
    assert "sku, name, foto_url" in str(caught.value)
    assert "`--map id=sku --map image_link=foto_url`" in str(caught.value)


def test_a_mapped_column_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(FeedError, match="no column photo, which is to be image_link; its columns are: id, foto"):
        read(tmp_path, "id,foto\n1,a.jpg\n", columns={"image_link": "photo"})
    with pytest.raises(FeedError, match="'imagelonk' is none of the columns"):
        read(tmp_path, "id,foto\n1,a.jpg\n", columns={"imagelonk": "foto"})


def test_a_mapping_is_written_with_an_equals_sign():
    assert parse_mapping("Image Link=my=foto ") == ("image_link", "my=foto")
    for wrong in ("image_link", "image_link=", "=foto", "foto=image_link"):
        with pytest.raises(ValueError, match="is not of the form|is none of the columns"):
            parse_mapping(wrong)


def test_the_command_refuses_a_wrong_mapping_and_a_feed_without_columns(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["build", "feed.csv", "--out", str(tmp_path / "index"), "--map", "bild=foto"])
    assert stopped.value.code == 2 and "none of the columns that can be mapped" in capsys.readouterr().err
    (tmp_path / "feed.csv").write_text("id,foto\n1,a.jpg\n")
    assert main(["build", str(tmp_path / "feed.csv"), "--out", str(tmp_path / "index"), "--quiet"]) == 2
    assert "--map image_link=foto" in capsys.readouterr().err
    assert not (tmp_path / "index").exists()


def test_additional_images_may_have_several_columns_but_an_id_only_one(tmp_path):
    (item,), _ = read(tmp_path, "id,image_link,additional_image_link,additional image link\n1,a.jpg,b.jpg,c.jpg\n")
    assert [image.rpartition("/")[2] for image in item.extra_images] == ["b.jpg", "c.jpg"]
    with pytest.raises(FeedError, match="column id twice"):
        read(tmp_path, "id,image_link,ID\n1,a.jpg,2\n")


def test_excels_line_about_the_delimiter_and_lines_before_the_header_count_as_lines(tmp_path):
    items, skipped = read(tmp_path, "sep=;\r\n\r\nid;image_link;title\r\n1;a.jpg;a, b | c\r\n;b.jpg;\r\n")
    assert items[0].title == "a, b | c" and [row.line for row in skipped] == [5]


def test_blank_columns_at_the_end_of_the_header_are_none(tmp_path):
    (item,), skipped = read(tmp_path, "id,image_link,,\n1,a.jpg,,\n")
    assert item.item_id == "1" and not skipped
