"""Three suggestions from a reading of the light, with an engine that says what the test wants."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.__main__ import main
from edge.develop import Development, light_rgb, to_linear, to_srgb
from edge.enhance import WORDS, Enhancer, appearance, distribution, enhance, grid_places, open_enhancer, peak
from edge.errors import ModelError
from edge.session import DEFAULT_MODELS
from edge.types import Photo

BINS, REACH = 48, 1.3
TONES = {name: {"scale": 0.5, "most": 1.0, "spread": 1.0} for name in ("exposure", "contrast", "shadows", "saturation")}
SPEC = {
    "input_size": 96, "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25), "bins": BINS, "reach": REACH, "temperature": 1.0,
    "near": 0.1, "apart": 0.22, "tones": TONES, "fine_below": 3.0, "cast_from": 6.0,
}  # fmt: skip
PLACES = grid_places(BINS, REACH)


def hill(red: float, blue: float, width: float = 0.06) -> np.ndarray:
    return np.exp(-((PLACES[:, None] - red) ** 2 + (PLACES[None] - blue) ** 2) / (2 * width**2))


class Says:
    """An engine that always reads the same lights and tones (means, then log-variances)."""

    def __init__(self, lights: np.ndarray, tones: tuple[float, ...] = (0.0,) * 4) -> None:
        output = np.concatenate([np.log(lights + 1e-12).ravel(), tones, (-2.0,) * 4])
        self.output = output.astype(np.float32)[None]

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        assert x.shape == (1, 3, 96, 96)
        return [self.output]


def model_of(lights: np.ndarray, tones: tuple[float, ...] = (0.0,) * 4, **changed) -> Enhancer:
    return Enhancer(Says(lights, tones), {**SPEC, **changed})


@pytest.fixture
def photo():
    rgb = cv2.GaussianBlur(np.random.default_rng(3).integers(0, 256, (120, 90, 3), np.uint8), (0, 0), 4)
    return Photo(rgb, (90, 120), "made")


def test_a_second_peak_is_the_other_reading_of_the_light(photo):
    found = enhance(photo, model_of(hill(0.3, -0.5) + 0.4 * hill(-0.1, 0.3)))
    best, gentler, other = found.suggestions
    assert (best.name, gentler.name, other.name) == ("best", "gentler", "warmer")
    assert (best.development.red, best.development.blue) == pytest.approx((0.3, -0.5), abs=0.02)
    assert (other.development.red, other.development.blue) == pytest.approx((-0.1, 0.3), abs=0.02)
    assert gentler.development == best.development.share(0.5)
    assert found.reading.certainty == pytest.approx(1 / 1.4, abs=0.05)
    assert found.reading.other_certainty == pytest.approx(0.4 / 1.4, abs=0.05)
    assert all(s.words == WORDS[s.name] and s.rgb.shape == photo.rgb.shape for s in found.suggestions)


def test_a_second_reading_is_apart_even_where_all_say_the_same(photo):
    found = enhance(photo, model_of(hill(0.3, -0.5, width=0.04)))
    best, other = found.suggestions[0].development, found.suggestions[2].development
    assert np.hypot(best.red - other.red, best.blue - other.blue) >= 0.2


def test_the_same_photo_gives_the_same_three_versions(photo):
    first, second = (enhance(photo, model_of(hill(0.2, -0.2) + 1e-4, (0.3, -0.2, 0.1, 0.4))) for _ in range(2))
    for a, b in zip(first.suggestions, second.suggestions, strict=True):
        assert (a.rgb == b.rgb).all() and a.development == b.development
    assert (first.reading.lights == second.reading.lights).all()


def test_a_photo_that_needs_nothing_is_said_to_be_fine(photo):
    assert enhance(photo, model_of(hill(0.0, 0.0))).fine
    assert not enhance(photo, model_of(hill(0.4, -0.6))).fine
    assert not enhance(photo, model_of(hill(0.0, 0.0), (1.5, 0.0, 0.0, 0.0))).fine


def test_tones_come_in_their_units_within_their_ends_with_their_doubt(photo):
    reading = model_of(hill(0.0, 0.0), (0.6, -9.0, 0.0, 0.2)).read(photo.rgb)
    assert reading.development.exposure == pytest.approx(0.3) and reading.development.contrast == -1.0
    assert reading.deviation["exposure"] == pytest.approx(0.5 * np.exp(-1), rel=1e-3)
    assert set(reading.deviation) == {"red", "blue", "exposure", "contrast", "shadows", "saturation"}
    wide = model_of(hill(0.0, 0.0, width=0.3)).read(photo.rgb)
    assert wide.deviation["red"] > 3 * model_of(hill(0.0, 0.0)).read(photo.rgb).deviation["red"]


def test_a_look_up_tries_only_strong_casts_without_their_light(photo):
    assert model_of(hill(0.05, -0.05)).neutral(photo) is None
    corrected = model_of(hill(0.4, -0.6), (1.0, 1.0, 1.0, 1.0)).neutral(photo)
    assert corrected is not None and corrected.source_size == photo.source_size
    grey = np.clip(np.rint(to_srgb(0.2 * light_rgb(0.4, -0.6)) * 255), 0, 255).astype(np.uint8)
    flat = Photo(np.full((50, 50, 3), grey, np.uint8), (50, 50), "made")
    out = to_linear(model_of(hill(0.4, -0.6), (1.0,) * 4).neutral(flat).rgb[0, 0] / 255.0)
    assert np.abs(out - 0.2).max() < 0.02  # the light alone: exposure and saturation stay


def test_the_peak_is_where_the_mass_is_not_where_one_cell_is_high():
    lights = hill(0.5, 0.2, width=0.1)
    lights[5, 40] = 1.5
    (red, blue), mass = peak(lights / lights.sum(), PLACES, near=0.1)
    assert (red, blue) == pytest.approx((0.5, 0.2), abs=0.03) and 0.8 < mass < 1


def test_scores_become_a_distribution_that_sums_to_one():
    p = distribution(np.random.default_rng(0).normal(0, 3, BINS**2) + 1000, BINS)
    assert p.shape == (BINS, BINS) and p.sum() == pytest.approx(1) and p.min() >= 0


@pytest.mark.parametrize(
    "other, name", [((0.3, -0.3), "cooler"), ((-0.3, 0.3), "warmer"), ((0.3, 0.3), "greener"), ((-0.3, -0.3), "pinker")]
)
def test_the_other_reading_is_named_by_its_look(other, name):
    assert appearance(Development(), Development(red=other[0], blue=other[1])) == name


def test_a_folder_without_the_model_gives_none_and_a_damaged_one_an_error(tmp_path):
    assert open_enhancer(tmp_path) is None
    (tmp_path / "enhance").mkdir()
    with pytest.raises(ModelError):
        open_enhancer(tmp_path)


needs_model = pytest.mark.skipif(not (DEFAULT_MODELS / "enhance").is_dir(), reason="there is no enhancement model yet")


def scene(light: np.ndarray) -> np.ndarray:
    """A red garment on a white sheet with a grey edge, uint8 (200, 160, 3), under a light."""
    linear = np.full((200, 160, 3), 0.6)
    linear[:30] = 0.25
    linear[60:170, 40:120] = (0.35, 0.05, 0.06)
    linear += np.random.default_rng(1).normal(0, 0.01, linear.shape)
    return np.clip(np.rint(to_srgb(np.clip(linear * light, 0, 1)) * 255), 0, 255).astype(np.uint8)


@needs_model
def test_the_trained_model_sees_a_warm_cast_on_a_white_sheet():
    model = open_enhancer()
    strong = light_rgb(0.35, -0.6)
    before = np.linalg.norm(np.ptp(scene(strong)[40:50].mean((0, 1))))
    best = model.suggest(Photo(scene(strong), (160, 200), "made")).suggestions[0].rgb
    assert np.ptp(best[40:50].mean((0, 1))) < before / 2


@needs_model
def test_the_command_writes_three_upright_versions_without_location(tmp_path, capsys):
    image = Image.fromarray(scene(light_rgb(0.3, -0.5)))
    exif = image.getexif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    image.save(tmp_path / "shirt.jpg", exif=exif)
    (tmp_path / "notes.jpg").write_text("no picture")
    arguments = ["enhance", str(tmp_path / "notes.jpg"), str(tmp_path / "shirt.jpg"), "--out", str(tmp_path / "out"), "--json"]
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert "notes.jpg" in err
    (line,) = [json.loads(text) for text in out.splitlines()]
    assert len(line["suggestions"]) == 3 and line["suggestions"][0]["name"] == "best" and line["fine"] in (True, False)
    assert {"red", "blue", "exposure", "contrast", "shadows", "saturation"} <= set(line["suggestions"][0])
    for number in (1, 2, 3):
        written = Image.open(tmp_path / "out" / f"shirt-{number}.jpg")
        assert written.size == (200, 160) and not written.getexif()


def test_the_command_ends_with_two_where_there_is_no_model(tmp_path, capsys):
    assert main(["enhance", str(tmp_path / "a.jpg"), "--models", str(tmp_path)]) == 2
    assert "no enhancement model" in capsys.readouterr().err
