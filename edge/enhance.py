"""Photo -> three suggested better versions: a network reads the light and the tones off a small copy, develop.py applies them at full size.

The light is a distribution over a grid of colours, so a second reading of it (the dress that is blue and black, or white and gold)
is a second peak, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.develop import Development, angle_between, develop, light_rgb
from edge.session import DEFAULT_MODELS, Engine, Session, read_model_folder
from edge.transforms import shrunk, to_nchw
from edge.types import Photo

TONES = ("exposure", "contrast", "shadows", "saturation")
"""The order in which the network says the tones."""
WORDS = {
    "best": "Best estimate",
    "gentler": "Gentler, half way",
    "warmer": "Other light: warmer",
    "cooler": "Other light: cooler",
    "greener": "Other light: greener",
    "pinker": "Other light: pinker",
}
"""All names a suggestion can have. The third is named by how it looks beside the best estimate."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the network reads off a photo.

    development: the likeliest. other: the same with the most probable light apart from it. certainty, other_certainty: mass of the
    distribution about each light, 0..1. deviation: one standard deviation per parameter, in the parameter's unit. cast: the light's angle
    to white in degrees. lights: float32 (B, B), probability over log(red / green) x log(blue / green), sums to 1.
    """

    development: Development
    other: Development
    certainty: float
    other_certainty: float
    deviation: dict[str, float]
    cast: float
    lights: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Suggestion:
    """One better version. name: a key of WORDS. rgb: uint8 (H, W, 3), the photo's size. development: what was done."""

    name: str
    words: str
    rgb: np.ndarray
    development: Development


@dataclass(frozen=True, slots=True, eq=False)
class Enhanced:
    """suggestions: three, best first: the best estimate, half way to it, another reading of the light.

    fine: the photo needs none of it; the best estimate would change it less than a person notices. change: mean difference of the best
    estimate from the photo, CIE 1976 Delta E.
    """

    fine: bool
    change: float
    reading: Reading
    suggestions: tuple[Suggestion, Suggestion, Suggestion]


class Enhancer:
    """The stage: holds the engine and the numbers of its model.json (input_size, mean, std, bins, reach, temperature, tones, near, apart,
    fine_below, cast_from)."""

    def __init__(self, engine: Engine, spec: dict[str, Any]) -> None:
        self._engine = engine
        self._size, self._bins = int(spec["input_size"]), int(spec["bins"])
        self._mean, self._std = tuple(spec["mean"]), tuple(spec["std"])
        self._places = grid_places(self._bins, float(spec["reach"]))
        self._temperature = float(spec["temperature"])
        self._tones = {name: spec["tones"][name] for name in TONES}
        self._near, self._apart = float(spec["near"]), float(spec["apart"])
        self._fine_below = float(spec["fine_below"])
        self.cast_from = float(spec["cast_from"])

    def read(self, rgb: np.ndarray) -> Reading:
        """uint8 (H, W, 3) -> Reading."""
        output = self._engine.run(to_nchw(small_copy(rgb, self._size), self._mean, self._std))[0][0].astype(np.float64)
        lights = distribution(output[: self._bins**2] / self._temperature, self._bins)
        best, certainty = peak(lights, self._places, near=self._near)
        other, other_certainty = peak(lights, self._places, near=self._near, away_from=best, apart=self._apart)
        means, spreads = output[self._bins**2 :].reshape(2, len(TONES))
        tones, deviation = {}, {}
        for name, mean, spread in zip(TONES, means, spreads, strict=True):
            numbers = self._tones[name]
            deviation[name] = float(np.exp(np.clip(spread, -8, 8) / 2) * numbers["scale"] * numbers["spread"])
            tones[name] = float(np.clip(mean * numbers["scale"], -numbers["most"], numbers["most"]))
        for axis, name in enumerate(("red", "blue")):
            along = lights.sum(1 - axis)
            centre = float(along @ self._places)
            deviation[name] = float(np.sqrt(along @ (self._places - centre) ** 2))
        development = Development(red=best[0], blue=best[1], **tones)
        cast = float(angle_between(light_rgb(*best), np.ones(3)))
        return Reading(development, replace(development, red=other[0], blue=other[1]), certainty, other_certainty, deviation, cast, lights)

    def suggest(self, photo: Photo) -> Enhanced:
        """The photo's three better versions at its own size."""
        reading = self.read(photo.rgb)
        best, other = reading.development, reading.other
        small = small_copy(photo.rgb, self._size)
        change = mean_difference(small, develop(small, best))
        made = (("best", best), ("gentler", best.share(0.5)), (appearance(best, other), other))
        versions = tuple(Suggestion(name, WORDS[name], develop(photo.rgb, what), what) for name, what in made)
        return Enhanced(change < self._fine_below, change, reading, versions)

    def neutral(self, photo: Photo) -> Photo | None:
        """For the look-up: the photo with its light divided out, tones left alone; None where it has no cast worth trying."""
        reading = self.read(photo.rgb)
        if reading.cast < self.cast_from:
            return None
        return replace(photo, rgb=develop(photo.rgb, Development(red=reading.development.red, blue=reading.development.blue)))


def enhance(photo: Photo, model: Enhancer) -> Enhanced:
    """The photo's three better versions, best first. Deterministic."""
    return model.suggest(photo)


def open_enhancer(models: Path | None = None, *, threads: int | None = None) -> Enhancer | None:
    """The model of a folder (default assets/models), None where it has none. Raises ModelError for a damaged one."""
    folder = (models or DEFAULT_MODELS) / "enhance"
    if not folder.is_dir():
        return None
    session = Session(read_model_folder(folder), threads=threads, gpu=False)  # too small to be worth a GPU's way there and back
    return Enhancer(session, session.folder.spec)


def small_copy(rgb: np.ndarray, size: int) -> np.ndarray:
    """uint8 (H, W, 3) -> uint8 (size, size, 3), squashed. Training and inference both come through here."""
    if rgb.shape[0] < size or rgb.shape[1] < size:
        return cv2.resize(rgb, (size, size), interpolation=cv2.INTER_LINEAR)
    return shrunk(rgb, (size, size))


def grid_places(bins: int, reach: float) -> np.ndarray:
    """The logarithms that the grid's rows (red / green) and columns (blue / green) stand for, float64 (bins,), -reach..reach."""
    return np.linspace(-reach, reach, bins)


def distribution(scores: np.ndarray, bins: int) -> np.ndarray:
    """Scores float (bins * bins,) -> float64 (bins, bins), softmax."""
    p = np.exp(scores - scores.max())
    return (p / p.sum()).reshape(bins, bins)


def peak(
    lights: np.ndarray, places: np.ndarray, *, near: float, away_from: tuple[float, float] | None = None, apart: float = 0.0
) -> tuple[tuple[float, float], float]:
    """The light (red, blue) with the most mass about it, and that mass (within `near`), 0..1.

    lights float (B, B). away_from: only lights at least `apart` from this one count. Lengths are in the grid's logarithms. Mean shift
    from the fullest cell (Comaniciu and Meer 2002).
    """
    red, blue = places[:, None], places[None, :]
    allowed = lights
    if away_from is not None:
        allowed = lights * (np.hypot(red - away_from[0], blue - away_from[1]) >= apart)
        if allowed.sum() < 1e-9:  # all is about the first: the best guess left is towards white, or on past it
            length = float(np.hypot(*away_from))
            direction = np.array(away_from) / length if length > 1e-6 else np.array([1.0, -1.0]) / np.sqrt(2)
            return tuple((np.array(away_from) - apart * direction).tolist()), 0.0
    step = float(places[1] - places[0])
    blurred = cv2.GaussianBlur(allowed, (0, 0), near / 2 / step)
    blurred = np.where(allowed > 0, blurred, -1.0)
    row, column = np.unravel_index(int(blurred.argmax()), blurred.shape)
    at = float(places[row]), float(places[column])
    for _ in range(5):
        weight = allowed * np.exp(-((red - at[0]) ** 2 + (blue - at[1]) ** 2) / (2 * near**2))
        weight = weight / weight.sum()
        at = float((weight * red).sum()), float((weight * blue).sum())
    return at, float(allowed[np.hypot(red - at[0], blue - at[1]) <= 2 * near].sum())


def appearance(best: Development, other: Development) -> str:
    """How the photo looks under the other reading beside the best: warmer, cooler, greener or pinker."""
    red, blue = best.red - other.red, best.blue - other.blue  # dividing by a redder light leaves less red
    warm, green = (red - blue) / 2, -(red + blue) / 2
    if abs(warm) >= abs(green):
        return "warmer" if warm > 0 else "cooler"
    return "greener" if green > 0 else "pinker"


def mean_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Mean CIE 1976 Delta E of two pictures uint8 (H, W, 3)."""
    lab = [cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for x in (first, second)]
    return float(np.linalg.norm(lab[0] - lab[1], axis=2).mean())
