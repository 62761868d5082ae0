"""Cuts: every garment as a stack of panels, seams and buttons, from a name and a few jittered measures.

Units: x to the right with 0 on the garment's middle, y down with 0 at the neck or waist; 1 is about 90 cm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from index_builder.demo.item import ItemPlan
from index_builder.demo.outline import Node, band, closed, curve, ellipse, flipped, mirrored


@dataclass(frozen=True)
class Panel:
    """A piece of cloth (or rubber, or metal) that covers what was laid down before it."""

    outline: np.ndarray  # float (N, 2)
    ink: str = "cloth"  # cloth, second, inside, trim, rubber, metal, bone, thread
    part: str = "body"  # body, sleeve, trim: what colour-blocking tells apart
    grain: float = 0.0  # radians by which the cloth is turned in this piece
    texture: str = ""  # rib, quilt, pleat
    relief: float = 1.0  # how much its edge rises and shades what lies under it
    fan: float = 0.0  # folds spread downwards by this much per unit
    steps: float = 0.0  # ribs, quilting rows or pleats per unit


@dataclass(frozen=True)
class Seam:
    """A sewn line; dashed is a row of stitches."""

    points: np.ndarray  # float (N, 2)
    ink: str = "thread"
    width: float = 0.004
    dashed: bool = False


@dataclass(frozen=True)
class Button:
    x: float
    y: float
    radius: float = 0.011
    ink: str = "bone"


@dataclass
class Garment:
    """The stack, lowest first, and where a big print and a hanger go."""

    pieces: list[Panel | Seam | Button] = field(default_factory=list)
    print_box: tuple[float, float, float] | None = None  # centre x, centre y, side
    block_lines: tuple[float, float] = (0.35, 0.55)  # heights at which a colour-blocked body changes colour
    hanger: tuple[float, float] | None = None  # (y of the neck, half width of the shoulders)

    def add(self, *pieces: Panel | Seam | Button) -> None:
        self.pieces.extend(pieces)

    def both(self, panel: Panel) -> None:
        """The panel and its mirror image."""
        self.pieces.append(panel)
        self.pieces.append(replace(panel, outline=flipped(panel.outline), grain=-panel.grain))

    def both_seams(self, points: np.ndarray, **style: object) -> None:
        self.pieces.append(Seam(points, **style))  # type: ignore[arg-type]
        self.pieces.append(Seam(flipped(points), **style))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Torso:
    """Measures of everything worn on the upper body, half widths where it is a width."""

    neck: float = 0.095
    neck_depth: float = 0.10
    vee: bool = False
    shoulder: float = 0.235
    drop: float = 0.055
    chest: float = 0.255
    armhole: float = 0.25
    waist: float = 0.25
    waist_y: float = 0.5
    hem: float = 0.255
    length: float = 0.76
    hem_curve: float = 0.012
    sleeve: float = 0.22  # 0 is sleeveless
    sleeve_angle: float = 48.0  # degrees away from straight down
    cuff: float = 0.14
    hem_shape: str = "straight"  # straight, shirt-tail
    fan: float = 0.0


def cut_garment(plan: ItemPlan) -> Garment:
    """The garment of a plan. Its measures come from (seed, category, cut number), so colourways share them."""
    rng = np.random.default_rng([plan.seed, 5, len(plan.product_type), sum(map(ord, plan.category)), plan.cut_number])
    return _CUTTERS[plan.category](plan.cut, rng)


# ---------------------------------------------------------------------------------------------------- upper body


def _jitter(rng: np.random.Generator, torso: Torso) -> Torso:
    grow = lambda spread: float(rng.uniform(1 - spread, 1 + spread))  # noqa: E731
    width = grow(0.06)
    return replace(
        torso,
        neck=torso.neck * grow(0.08),
        neck_depth=torso.neck_depth * grow(0.12),
        shoulder=torso.shoulder * width,
        chest=torso.chest * width,
        waist=torso.waist * width * grow(0.04),
        hem=torso.hem * width * grow(0.05),
        length=torso.length * grow(0.06),
        sleeve=torso.sleeve * grow(0.08),
        sleeve_angle=torso.sleeve_angle * grow(0.12),
        cuff=torso.cuff * grow(0.07),
    )


def _body_outline(t: Torso) -> np.ndarray:
    if t.sleeve > 0:
        side: list[Node] = [
            (t.neck, 0, True),
            (t.shoulder, t.drop, True),
            (t.shoulder - 0.018, t.drop + 0.45 * (t.armhole - t.drop)),
            (t.chest, t.armhole, True),
        ]
    else:
        side = [
            (t.neck, 0, True),
            (t.shoulder, t.drop * 0.5, True),
            (t.shoulder - 0.014, t.drop + 0.45 * (t.armhole - t.drop)),
            (t.shoulder - 0.004, t.drop + 0.8 * (t.armhole - t.drop)),
            (t.chest, t.armhole, True),
        ]
    side += [((t.chest + t.waist) / 2, (t.armhole + t.waist_y) / 2), (t.waist, t.waist_y)]
    side.append(((t.waist + t.hem) / 2 + 0.004, (t.waist_y + t.length) / 2))
    if t.hem_shape == "shirt-tail":
        side += [(t.hem, t.length - 0.09, True), (t.hem * 0.72, t.length - 0.015), (t.hem * 0.35, t.length)]
    else:
        side += [(t.hem, t.length - t.hem_curve, True)]
    nodes: list[Node] = [*side, (0, t.length + t.hem_curve), *mirrored(side)]
    return closed([*nodes, (0, t.neck_depth, True)] if t.vee else [*nodes, *_scoop(t)])


def _scoop(t: Torso) -> list[Node]:
    n, d = t.neck, t.neck_depth
    return [(-n * 0.86, d * 0.46), (-n * 0.5, d * 0.87), (0, d), (n * 0.5, d * 0.87), (n * 0.86, d * 0.46)]


def _neckline(t: Torso) -> np.ndarray:
    """From the wearer's left to right along the front neck, as drawn: right to left."""
    if t.vee:
        return curve([(t.neck, 0), (0, t.neck_depth, True), (-t.neck, 0)])
    return curve([(t.neck, 0), *reversed(_scoop(t)), (-t.neck, 0)])


def _back(g: Garment, t: Torso, rise: float = 0.010) -> None:
    """The inside of the back, seen through the neck opening, with its label."""
    n, d = t.neck, t.neck_depth
    low: list[Node] = [(-n * 0.9, d * 0.8), (0, d + 0.03), (n * 0.9, d * 0.8)]
    g.add(Panel(closed([(n + 0.012, 0.004, True), *reversed(low), (-n - 0.012, 0.004, True), (-n * 0.5, rise), (0, rise + 0.008), (n * 0.5, rise)]), "inside", "trim", relief=0.2))
    g.add(Panel(np.array([[-0.022, rise + 0.034], [0.022, rise + 0.034], [0.022, rise + 0.054], [-0.022, rise + 0.054]]), "bone", "trim", relief=0.3))


def _sleeves(g: Garment, t: Torso, *, cuff: str = "hem", cuff_depth: float = 0.03, cuff_ink: str = "cloth", ink: str = "cloth") -> None:
    if t.sleeve <= 0:
        return
    angle = np.radians(t.sleeve_angle)
    down = np.array([np.sin(angle), np.cos(angle)])
    inward = np.array([-np.cos(angle), np.sin(angle)])
    tip = np.array([t.shoulder, t.drop])
    arm = np.array([t.chest, t.armhole])
    outer = tip + t.sleeve * down
    inner = outer + t.cuff * inward
    long = t.sleeve > 0.4
    mid_out = tip + 0.45 * t.sleeve * down + (-0.014 if long else -0.006) * inward
    elbow = 0.5 * (arm + inner) + (0.012 * inward if long else 0)
    # The top of the sleeve carries the shoulder's line on past the tip before it turns down.
    slope = t.drop / (t.shoulder - t.neck)
    crown = tip + 0.012 * np.array([1.0, slope])
    soft = tip + 0.06 * down - 0.012 * inward
    nodes: list[Node] = [
        (t.shoulder - 0.09, t.drop - 0.09 * slope, True),
        (float(crown[0]), float(crown[1])),
        (float(soft[0]), float(soft[1])),
        (float(mid_out[0]), float(mid_out[1])),
        (float(outer[0]), float(outer[1]), True),
        (float(inner[0]), float(inner[1]), True),
        (float(elbow[0]), float(elbow[1])),
        (float(arm[0]), float(arm[1]), True),
        (t.chest - 0.09, t.armhole - 0.03, True),
    ]
    g.both(Panel(closed(nodes), ink, "sleeve", grain=-angle * 0.8, fan=0.0))
    if cuff == "hem":
        for depth in (0.022, 0.027):
            a, b = outer - depth * down, inner - depth * down * 0.95 + 0.004 * inward
            g.both_seams(np.stack([a, b]), dashed=True, width=0.0025)
    elif cuff in ("rib", "band"):
        pinch = 0.12 * t.cuff if cuff == "rib" else 0.0
        a, b = outer + pinch * inward, inner - pinch * inward
        out = np.stack([outer - 0.002 * down, inner - 0.002 * down, b + cuff_depth * down, a + cuff_depth * down])
        g.both(Panel(out, cuff_ink, "trim", grain=-angle, texture="rib" if cuff == "rib" else "", steps=70, relief=0.6))
        if cuff == "band":
            place = inner + 0.5 * cuff_depth * down - 0.02 * inward
            g.add(Button(float(place[0]), float(place[1]), 0.008), Button(-float(place[0]), float(place[1]), 0.008))
    # The armhole seam lies under the body's own edge, which the body panel's relief draws.


def _hem(g: Garment, t: Torso) -> None:
    for lift in (0.022, 0.028):
        g.add(Seam(curve([(-t.hem + 0.005, t.length - t.hem_curve - lift), (0, t.length + t.hem_curve - lift), (t.hem - 0.005, t.length - t.hem_curve - lift)]), dashed=True, width=0.0025))


def _neck_rib(g: Garment, t: Torso, width: float = 0.026, ink: str = "cloth") -> None:
    line = _neckline(t)
    g.add(Panel(band(line, width), ink, "trim", texture="", relief=0.55))
    # The back of the rib closes the ring behind the neck.
    back = curve([(-t.neck, 0), (-t.neck * 0.5, 0.018), (0, 0.026), (t.neck * 0.5, 0.018), (t.neck, 0)])
    g.add(Panel(band(back, -min(width, 0.022)), ink, "trim", relief=0.3))
    inner = band(line, width + 0.006)[len(line) :]
    g.add(Seam(inner, dashed=True, width=0.0022))


def _collar(g: Garment, t: Torso, *, ink: str = "cloth", tip: float = 0.12, spread: float = 0.085, open_to: float = 0.06) -> None:
    n = t.neck
    g.add(Panel(closed([(-n, 0, True), (-n * 0.8, -0.04), (0, -0.055), (n * 0.8, -0.04), (n, 0, True), (0, 0.035)]), ink, "trim", relief=0.3))
    g.add(Panel(closed([(-n * 0.78, -0.012, True), (0, -0.03), (n * 0.78, -0.012, True), (0, open_to + 0.02, True)]), "inside", "trim", relief=0.2))
    leaf: list[Node] = [
        (0.006, open_to, True),
        (n * 0.55, 0.015),
        (n * 0.8, -0.035, True),
        (n * 1.0, -0.03),
        (n + 0.045, 0.03, True),
        (spread + 0.03, tip * 0.75),
        (spread, tip, True),
        (0.045, tip * 0.85),
    ]
    g.both(Panel(closed(leaf), ink, "trim", grain=0.5, relief=0.9))


def _placket(g: Garment, top: float, bottom: float, buttons: int, width: float = 0.034, ink: str = "cloth", button: str = "bone") -> None:
    h = width / 2
    g.add(Panel(np.array([[-h, top], [h, top], [h, bottom], [-h, bottom]]), ink, "trim", relief=0.5))
    for x in (-h + 0.006, h - 0.006):
        g.add(Seam(np.array([[x, top], [x, bottom]]), dashed=True, width=0.0022))
    for y in np.linspace(top + 0.03, bottom - 0.05, buttons):
        g.add(Button(0, float(y), 0.010, button))


def _patch_pocket(g: Garment, x: float, y: float, w: float = 0.11, h: float = 0.12, *, flap: bool = False, ink: str = "cloth") -> None:
    g.add(Panel(np.array([[x - w / 2, y], [x + w / 2, y], [x + w / 2, y + h * 0.85], [x, y + h], [x - w / 2, y + h * 0.85]]), ink, "trim", relief=0.6))
    e = 0.006
    g.add(Seam(np.array([[x - w / 2 + e, y + e], [x - w / 2 + e, y + h * 0.83], [x, y + h - e], [x + w / 2 - e, y + h * 0.83], [x + w / 2 - e, y + e]]), dashed=True, width=0.0022))
    if flap:
        g.add(Panel(np.array([[x - w / 2 - 0.005, y - 0.015], [x + w / 2 + 0.005, y - 0.015], [x + w / 2 + 0.005, y + 0.03], [x, y + 0.048], [x - w / 2 - 0.005, y + 0.03]]), ink, "trim", relief=0.8))
        g.add(Button(x, y + 0.03, 0.008))
    else:
        g.add(Seam(np.array([[x - w / 2, y + 0.02], [x + w / 2, y + 0.02]]), dashed=True, width=0.0022))


def _zip(g: Garment, top: float, bottom: float, x: float = 0.0) -> None:
    g.add(Panel(np.array([[x - 0.012, top], [x + 0.012, top], [x + 0.012, bottom], [x - 0.012, bottom]]), "inside", "trim", relief=0.3))
    g.add(Seam(np.array([[x, top], [x, bottom]]), "metal", 0.008, True))
    g.add(Panel(np.array([[x - 0.007, top + 0.01], [x + 0.007, top + 0.01], [x + 0.005, top + 0.055], [x - 0.005, top + 0.055]]), "metal", "trim", relief=0.8))


def _rib_hem(g: Garment, t: Torso, depth: float = 0.055, ink: str = "cloth") -> None:
    y, c, w = t.length, t.hem_curve, t.hem
    top: list[Node] = [(-w * 0.985, y - c - 0.004, True), (0, y + c - 0.004), (w * 0.985, y - c - 0.004, True)]
    low: list[Node] = [(w * 0.9, y - c + depth, True), (0, y + c + depth), (-w * 0.9, y - c + depth, True)]
    g.add(Panel(closed([*top, *low]), ink, "trim", texture="rib", steps=70, relief=0.7))


def _hood(g: Garment, t: Torso, size: float = 0.235) -> None:
    n = t.neck
    dome: list[Node] = [(n + 0.05, 0.05, True), (n + 0.085, -0.07), (n + 0.03, -size * 0.82), (0, -size)]
    g.add(Panel(closed([*dome, *mirrored(dome[:-1])]), "cloth", "sleeve", relief=0.8))
    mouth: list[Node] = [(n * 0.95, 0.03, True), (n * 0.98, -0.06), (n * 0.66, -size * 0.66), (0, -size * 0.8)]
    g.add(Panel(closed([*mouth, *mirrored(mouth[:-1]), (0, t.neck_depth + 0.02)]), "inside", "trim", relief=0.1))
    g.add(Seam(curve([*mouth, *mirrored(mouth[:-1])]), dashed=True, width=0.003))


def _hood_collar(g: Garment, t: Torso) -> None:
    """The front edges of the hood, crossing over at the neck."""
    n, d = t.neck, t.neck_depth
    edge: list[Node] = [(n * 0.9, -0.03, True), (n * 0.75, d * 0.5), (-0.012, d + 0.01, True), (0.03, d + 0.045, True), (n * 0.95, d * 0.75), (n + 0.055, 0.03, True)]
    g.both(Panel(closed(edge), "cloth", "sleeve", relief=0.8))


def _drawstrings(g: Garment, x: float, top: float, length: float) -> None:
    for side, more in ((-1, 0.0), (1, 0.02)):
        g.add(Seam(curve([(side * x, top), (side * (x + 0.012), top + length * 0.5), (side * (x + 0.004), top + length + more)]), "cord", 0.010))
        g.add(Button(side * x, top, 0.009, "metal"))


def _t_shirt(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso()
    if cut == "v-neck":
        t = replace(t, vee=True, neck_depth=0.18, waist=0.225, neck=0.09, hem=0.24)
    elif cut == "boxy":
        t = replace(t, shoulder=0.285, drop=0.075, chest=0.30, waist=0.30, hem=0.30, length=0.68, sleeve=0.21, cuff=0.17, armhole=0.29, neck_depth=0.085)
    elif cut == "pocket":
        t = replace(t, neck=0.115, neck_depth=0.12, length=0.80)
    t = _jitter(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), print_box=(0, 0.36, 0.30), block_lines=(0.3, 0.52))
    _back(g, t)
    _sleeves(g, t)
    g.add(Panel(_body_outline(t)))
    _neck_rib(g, t, 0.032 if cut == "boxy" else 0.022, "second" if rng.random() < 0.35 else "cloth")
    _hem(g, t)
    if cut == "pocket":
        _patch_pocket(g, 0.11, 0.24, ink="second" if rng.random() < 0.4 else "cloth")
    return g


def _longsleeve(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(sleeve=0.62, sleeve_angle=21, cuff=0.085)
    if cut == "henley":
        t = replace(t, waist=0.24, neck_depth=0.085)
    elif cut == "raglan":
        t = replace(t, chest=0.27, waist=0.27, hem=0.27)
    elif cut == "turtleneck":
        t = replace(t, neck=0.085, neck_depth=0.05, waist=0.225, hem=0.235, chest=0.24)
    t = _jitter(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), print_box=(0, 0.36, 0.28), block_lines=(0.3, 0.5))
    _back(g, t)
    raglan = cut == "raglan"
    _sleeves(g, t, cuff="rib" if rng.random() < 0.5 or raglan else "hem", cuff_depth=0.05, ink="second" if raglan else "cloth", cuff_ink="second" if raglan else "cloth")
    g.add(Panel(_body_outline(t)))
    if raglan:
        yoke = closed([(t.neck, 0, True), (t.shoulder + 0.002, t.drop, True), (t.shoulder - 0.016, t.drop + 0.5 * (t.armhole - t.drop)), (t.chest, t.armhole, True), (t.neck + 0.06, 0.13), (t.neck * 0.9, t.neck_depth * 0.4, True)])
        g.both(Panel(yoke, "second", "sleeve", grain=-0.4, relief=0.3))
    if cut == "turtleneck":
        n = t.neck + 0.008
        roll: list[Node] = [(n, 0.025, True), (n * 0.98, -0.05), (n * 0.97, -0.085, True), (0, -0.098), (-n * 0.97, -0.085, True), (-n * 0.98, -0.05), (-n, 0.025, True), (0, 0.075)]
        g.add(Panel(closed(roll), "cloth", "trim", texture="rib", steps=60))
    elif cut == "henley":
        _placket(g, t.neck_depth - 0.01, t.neck_depth + 0.19, 3, ink="second" if rng.random() < 0.3 else "cloth")
        _neck_rib(g, t, 0.02)
    else:
        _neck_rib(g, t, 0.026, "second" if raglan else "cloth")
    _hem(g, t)
    return g


def _polo(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.088, neck_depth=0.075, sleeve=0.2, cuff=0.135)
    if cut == "long-sleeved":
        t = replace(t, sleeve=0.57, sleeve_angle=22, cuff=0.085)
    elif cut == "slim":
        t = replace(t, chest=0.232, waist=0.215, hem=0.225, shoulder=0.215, sleeve=0.16)
    elif cut == "zip":
        t = replace(t, length=0.72, chest=0.265)
    t = _jitter(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), print_box=(0, 0.4, 0.28), block_lines=(0.3, 0.46))
    trim = "second" if rng.random() < 0.5 else "cloth"
    _sleeves(g, t, cuff="rib", cuff_depth=0.04 if cut == "long-sleeved" else 0.026, cuff_ink=trim)
    g.add(Panel(_body_outline(t)))
    _hem(g, t)
    if cut == "zip":
        _zip(g, 0.05, 0.25)
    else:
        _placket(g, 0.05, 0.24 + 0.06 * rng.random(), 2 + (cut == "slim"), ink=trim if cut == "classic" else "cloth")
    _collar(g, t, ink=trim, tip=0.125, spread=0.09)
    return g


def _shirt(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.085, neck_depth=0.06, sleeve=0.59, sleeve_angle=20, cuff=0.09, length=0.82, hem_shape="shirt-tail", shoulder=0.23)
    if cut == "camp":
        t = replace(t, sleeve=0.23, sleeve_angle=46, cuff=0.165, hem_shape="straight", length=0.72, chest=0.285, waist=0.285, hem=0.285)
    elif cut == "work":
        t = replace(t, chest=0.275, waist=0.27, hem=0.27)
    elif cut == "band collar":
        t = replace(t, waist=0.235)
    t = _jitter(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), block_lines=(0.28, 0.54))
    camp = cut == "camp"
    _sleeves(g, t, cuff="hem" if camp else "band", cuff_depth=0.055, cuff_ink="cloth")
    g.add(Panel(_body_outline(t)))
    bottom = t.length + (t.hem_curve if t.hem_shape == "straight" else t.hem_curve - 0.002)
    _placket(g, 0.05, bottom - 0.004, 6, button=str(rng.choice(["bone", "dark"])))
    g.both_seams(curve([(t.neck + 0.03, 0.055), (t.shoulder - 0.01, t.drop + 0.045)]), dashed=True, width=0.0022)
    if cut == "work":
        for x in (-0.125, 0.125):
            _patch_pocket(g, x, 0.24, flap=True)
    elif cut in ("classic", "camp") and rng.random() < 0.8:
        _patch_pocket(g, 0.125, 0.23)
    if cut == "band collar":
        _back(g, t, 0.0)
        n = t.neck
        stand: list[Node] = [(n + 0.004, 0.012, True), (n * 0.95, -0.03, True), (n * 0.6, 0.03), (0.008, 0.058, True), (0.008, 0.085, True), (n * 0.7, 0.062)]
        g.both(Panel(closed(stand), "cloth", "trim", relief=0.7))
    elif camp:
        _collar(g, t, tip=0.15, spread=0.12, open_to=0.12)
    else:
        _collar(g, t)
    return g


def _hoodie(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.09, neck_depth=0.085, sleeve=0.54, sleeve_angle=24, cuff=0.105, chest=0.28, waist=0.28, hem=0.27, length=0.66, shoulder=0.25)
    if cut == "cropped":
        t = replace(t, length=0.5, sleeve=0.5, waist_y=0.38)
    elif cut == "oversized":
        t = replace(t, shoulder=0.30, drop=0.085, chest=0.325, waist=0.33, hem=0.32, armhole=0.3, length=0.72)
    t = _jitter(rng, t)
    low = t.length
    g = Garment(hanger=(-0.02, t.shoulder), print_box=(0, 0.27, 0.24), block_lines=(0.26, 0.44))
    _hood(g, t)
    trim = "second" if rng.random() < 0.3 else "cloth"
    _sleeves(g, t, cuff="rib", cuff_depth=0.06, cuff_ink=trim)
    g.add(Panel(_body_outline(t)))
    _rib_hem(g, t, ink=trim)
    top = low - 0.24
    pocket: list[Node] = [(0.105, top, True), (0.13, top + 0.02), (0.185, top + 0.14, True), (0.185, low - 0.02, True), (-0.185, low - 0.02, True), (-0.185, top + 0.14, True), (-0.13, top + 0.02), (-0.105, top, True)]
    if cut != "cropped":
        g.add(Panel(closed(pocket), "cloth", "body", relief=0.7))
        g.both_seams(curve([(0.097, top + 0.006), (0.122, top + 0.026), (0.176, top + 0.142)]), dashed=True, width=0.0025)
    if cut == "zip":
        g.print_box = None
        _zip(g, t.neck_depth, low + 0.06)
    _hood_collar(g, t)
    _drawstrings(g, 0.05, t.neck_depth + 0.02, 0.16 + 0.06 * rng.random())
    return g


def _blazer(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.082, vee=True, neck_depth=0.40, sleeve=0.63, sleeve_angle=15, cuff=0.09, shoulder=0.25, drop=0.045, chest=0.265, waist=0.235, waist_y=0.45, hem=0.27, length=0.80)
    if cut == "double-breasted":
        t = replace(t, neck_depth=0.36, chest=0.28, hem=0.285)
    elif cut == "shawl":
        t = replace(t, neck_depth=0.46)
    elif cut == "casual":
        t = replace(t, length=0.70, neck_depth=0.33, waist=0.255)
    t = _jitter(rng, t)
    d, n = t.neck_depth, t.neck
    g = Garment(hanger=(0.0, t.shoulder))
    g.add(Panel(closed([(n + 0.01, 0, True), (0.02, d + 0.02, True), (-0.02, d + 0.02, True), (-n - 0.01, 0, True), (0, -0.012)]), "lining", "trim", relief=0.1))
    g.add(Panel(np.array([[-0.03, 0.02], [0.03, 0.02], [0.03, 0.045], [-0.03, 0.045]]), "bone", "trim", relief=0.3))
    _sleeves(g, t, cuff="none")
    g.add(Panel(_body_outline(t)))
    cross = 0.075 if cut == "double-breasted" else 0.012
    edge = curve([(-cross, d + 0.01), (-cross, t.length - 0.08), (-cross + 0.05, t.length + 0.004)])
    g.add(Seam(edge, "shadow", 0.005))
    if cut != "double-breasted":
        # The fronts part below the last button.
        g.add(Panel(closed([(-cross, d + 0.24, True), (-0.012, t.length - 0.06), (0.045, t.length + 0.02, True), (-0.06, t.length + 0.02, True), (-0.03, t.length - 0.05)]), "inside", "trim", relief=0.2))
    g.both_seams(curve([(0.13, 0.27), (0.145, 0.42), (0.15, t.length - 0.22)]), ink="shadow", width=0.003)
    for x in (-0.155, 0.155):
        y = t.length - 0.25
        if cut == "casual":
            _patch_pocket(g, x, y - 0.01, 0.14, 0.17)
        else:
            g.add(Panel(np.array([[x - 0.065, y], [x + 0.065, y - 0.006], [x + 0.065, y + 0.042], [x - 0.065, y + 0.048]]), "cloth", "trim", relief=0.8))
    g.add(Panel(np.array([[0.125, 0.235], [0.21, 0.222], [0.212, 0.245], [0.127, 0.258]]), "cloth", "trim", relief=0.6))
    lapel_ink = "lining" if cut == "shawl" and rng.random() < 0.5 else "cloth"
    if cut == "shawl":
        shawl: list[Node] = [(n * 0.7, -0.05, True), (n + 0.05, 0.0), (0.165, 0.16), (0.12, 0.30), (-0.01, d + 0.012, True), (n * 0.55, 0.16)]
        g.both(Panel(closed(shawl), lapel_ink, "trim", grain=0.3))
    else:
        peak = (0.205, 0.135) if cut == "double-breasted" else (0.18, 0.165)
        lapel: list[Node] = [(n * 0.95, 0.02, True), (0.125, 0.145, True), (*peak, True), (0.135, 0.28), (-0.012, d + 0.012, True), (n * 0.5, 0.17)]
        g.both(Panel(closed(lapel), lapel_ink, "trim", grain=0.35))
        collar: list[Node] = [(n * 0.62, -0.045, True), (n + 0.045, 0.0), (0.158, 0.098, True), (0.122, 0.148, True), (n * 0.98, 0.075), (n * 0.72, 0.0, True)]
        g.both(Panel(closed(collar), "cloth", "trim", grain=0.6))
    g.add(Panel(closed([(-n * 0.66, -0.044, True), (0, -0.06), (n * 0.66, -0.044, True), (n * 0.72, 0.002, True), (0, -0.018), (-n * 0.72, 0.002, True)]), "cloth", "trim", relief=0.4))
    button = str(rng.choice(["dark", "bone", "metal"]))
    rows = [d + 0.03, d + 0.13] if cut != "casual" else [d + 0.03, d + 0.11, d + 0.19]
    for y in rows if cut != "shawl" else rows[:1]:
        for x in (-0.055, 0.055) if cut == "double-breasted" else (0.0,):
            g.add(Button(x, y, 0.014, button))
    return g


def _outwear(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.092, neck_depth=0.06, sleeve=0.55, sleeve_angle=22, cuff=0.11, chest=0.295, waist=0.29, hem=0.29, length=0.70, shoulder=0.262)
    if cut == "trench":
        t = replace(t, length=1.0, waist=0.255, waist_y=0.47, hem=0.33, sleeve_angle=17, chest=0.28)
    elif cut == "bomber":
        t = replace(t, length=0.56, waist_y=0.4)
    elif cut == "parka":
        t = replace(t, length=0.86, chest=0.30, hem=0.31)
    t = _jitter(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), block_lines=(0.27, 0.47))
    body = _body_outline(t)
    if cut == "puffer":
        steps = float(rng.choice([9.0, 11.0, 13.0]))
        _sleeves(g, t, cuff="rib", cuff_depth=0.035)
        g.pieces = [replace(p, texture="quilt", steps=steps) if isinstance(p, Panel) and p.part == "sleeve" else p for p in g.pieces]
        g.add(Panel(body, texture="quilt", steps=steps))
        _zip(g, 0.03, t.length + 0.008)
        n = t.neck + 0.03
        g.add(Panel(closed([(n, 0.045, True), (n * 1.02, -0.03), (n * 0.9, -0.075, True), (0, -0.085), (-n * 0.9, -0.075, True), (-n * 1.02, -0.03), (-n, 0.045, True), (0, 0.07)]), texture="quilt", steps=steps, part="trim"))
        g.add(Seam(np.array([[0, -0.08], [0, 0.07]]), "metal", 0.008, True))
        g.both_seams(np.array([[0.13, 0.46], [0.19, 0.57]]), ink="metal", width=0.007)
    elif cut == "trench":
        _sleeves(g, t, cuff="band", cuff_depth=0.03)
        g.add(Panel(body, fan=0.5))
        g.add(Seam(np.array([[-0.085, 0.1], [-0.085, t.length]]), "shadow", 0.005))
        g.add(Panel(closed([(t.neck, 0.01, True), (t.shoulder, t.drop, True), (t.shoulder - 0.02, 0.2), (0.11, 0.235, True), (0.05, 0.1, True)]), "cloth", "body", relief=0.7))
        y = t.waist_y
        w = t.waist + 0.006
        for yy in (0.2, 0.32, 0.62, 0.74):
            for x in (-0.06, 0.06):
                g.add(Button(x, yy, 0.014, "dark"))
        g.add(Panel(closed([(-w, y - 0.025, True), (0, y - 0.012), (w, y - 0.025, True), (w, y + 0.022, True), (0, y + 0.034), (-w, y + 0.022, True)]), "second" if rng.random() < 0.25 else "cloth", "trim", relief=1.0))
        g.add(Panel(np.array([[-0.035, y - 0.022], [0.035, y - 0.022], [0.035, y + 0.045], [-0.035, y + 0.045]]), "dark", "trim", relief=0.8))
        g.add(Panel(np.array([[-0.02, y - 0.008], [0.02, y - 0.008], [0.02, y + 0.03], [-0.02, y + 0.03]]), "cloth", "trim", relief=0.3))
        for s in (-1, 1):
            x = 0.17 * s
            g.add(Panel(np.array([[x - 0.02, y + 0.1], [x + 0.02, y + 0.1], [x + 0.045 * s + 0.02, y + 0.24], [x + 0.045 * s - 0.02, y + 0.24]]), "cloth", "trim", relief=0.7))
        _collar(g, t, tip=0.17, spread=0.14, open_to=0.1)
    elif cut == "bomber":
        trim = "second" if rng.random() < 0.6 else "cloth"
        _back(g, t, 0.01)
        _sleeves(g, t, cuff="rib", cuff_depth=0.06, cuff_ink=trim)
        g.add(Panel(body))
        _rib_hem(g, t, 0.065, trim)
        g.add(Panel(band(_neckline(t), -0.045), trim, "trim", texture="rib", steps=70))
        _zip(g, 0.045, t.length + 0.06)
        g.both_seams(np.array([[0.12, 0.38], [0.175, 0.49]]), ink="shadow", width=0.010)
    else:
        _hood(g, t, 0.22)
        _sleeves(g, t, cuff="band", cuff_depth=0.03)
        g.add(Panel(body))
        g.add(Panel(np.array([[-0.035, 0.06], [0.035, 0.06], [0.035, t.length + 0.005], [-0.035, t.length + 0.005]]), "cloth", "trim", relief=0.8))
        for y in np.linspace(0.13, t.length - 0.1, 5):
            g.add(Button(0, float(y), 0.012, "metal"))
        for x in (-0.165, 0.165):
            _patch_pocket(g, x, 0.52, 0.15, 0.16, flap=True)
            _patch_pocket(g, x * 0.9, 0.23, 0.12, 0.12, flap=True)
        g.add(Seam(curve([(-t.waist, t.waist_y - 0.02), (0, t.waist_y), (t.waist, t.waist_y - 0.02)]), "shadow", 0.005))
        _hood_collar(g, t)
    return g


def _dress(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.11, neck_depth=0.14, shoulder=0.185, drop=0.05, chest=0.21, armhole=0.22, waist=0.165, waist_y=0.40, hem=0.36, length=0.98, hem_curve=0.03, sleeve=0, fan=2.0)
    if cut == "shirt dress":
        t = replace(t, neck=0.082, neck_depth=0.06, shoulder=0.215, chest=0.235, waist=0.21, hem=0.28, sleeve=0.3, sleeve_angle=35, cuff=0.115, fan=0.5)
    elif cut == "slip":
        t = replace(t, shoulder=0.135, neck=0.118, neck_depth=0.16, drop=0.0, waist=0.18, hem=0.25, length=1.08, fan=0.7, vee=True)
    elif cut == "tea":
        t = replace(t, vee=True, neck=0.10, neck_depth=0.17, shoulder=0.2, sleeve=0.17, sleeve_angle=42, cuff=0.15, hem=0.40, length=0.88, fan=2.4)
    t = _jitter(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), block_lines=(t.waist_y, t.length - 0.18))
    if cut == "slip":
        g.add(Panel(closed([(0.1, 0.112, True), (0, 0.122), (-0.1, 0.112, True), (0, 0.3)]), "inside", "trim", relief=0.1))
    elif cut != "shirt dress":
        _back(g, t)
    _sleeves(g, t, cuff="band" if cut == "shirt dress" else "hem", cuff_depth=0.035)
    if cut == "slip":
        # Straps instead of shoulders: the top edge drops from two points.
        top = 0.12
        side: list[Node] = [(0.105, top - 0.015, True), (t.chest * 0.9, t.armhole - 0.02), (t.chest, t.armhole + 0.03), (t.waist, t.waist_y), (t.hem * 0.88, 0.72), (t.hem, t.length - 0.02, True)]
        g.add(Panel(closed([*side, (0, t.length + 0.01), *mirrored(side), (0, t.neck_depth + 0.06)]), fan=t.fan))
        for s in (-1, 1):
            g.add(Panel(band(curve([(s * 0.108, top + 0.005), (s * 0.1, 0.03), (s * 0.092, -0.05)]), 0.012), "cloth", "trim", relief=0.8))
        g.hanger = None
    else:
        g.add(Panel(_body_outline(t), fan=t.fan))
    if cut == "shirt dress":
        _placket(g, 0.05, t.length + t.hem_curve - 0.004, 8)
        _collar(g, t)
        y, w = t.waist_y, t.waist + 0.004
        g.add(Panel(closed([(-w, y - 0.018, True), (0, y - 0.008), (w, y - 0.018, True), (w, y + 0.018, True), (0, y + 0.028), (-w, y + 0.018, True)]), "second" if rng.random() < 0.5 else "cloth", "trim"))
    elif cut == "slip":
        g.add(Seam(curve([(-0.105, 0.107), (0, t.neck_depth + 0.068), (0.105, 0.107)]), dashed=True, width=0.0025))
    else:
        w, y = t.waist, t.waist_y
        seam = curve([(-w, y - 0.006), (0, y + 0.012), (w, y - 0.006)])
        g.add(Seam(seam, "shadow", 0.005))
        if cut == "tea":
            g.add(Seam(curve([(-t.neck * 0.2, t.neck_depth - 0.02), (0.06, 0.3), (w * 0.8, y)]), "shadow", 0.005))
            for k in range(5):
                g.add(Button(0.0, y + 0.06 + 0.08 * k, 0.01))
        _neck_rib(g, t, 0.014)
    if cut != "slip":
        _hem(g, t)
    return g


# ---------------------------------------------------------------------------------------------------- lower body


def _waistband(g: Garment, half: float, depth: float, *, elastic: bool, curve_down: float = 0.012) -> None:
    top: list[Node] = [(-half, -depth, True), (0, -depth + curve_down), (half, -depth, True)]
    low: list[Node] = [(half + 0.004, 0.004, True), (0, curve_down + 0.004), (-half - 0.004, 0.004, True)]
    g.add(Panel(closed([(-half * 0.98, -depth, True), (0, -depth - 0.014), (half * 0.98, -depth, True), (0, -depth + curve_down + 0.006)]), "inside", "trim", relief=0.1))
    g.add(Panel(closed([*top, *low]), "cloth", "trim", texture="rib" if elastic else "", steps=34, relief=0.6))


def _legs(cut: str, rng: np.random.Generator, *, length: float, hem: float, hip: float, waist: float, spread: float, thigh: float = 0.0) -> Garment:
    grow = lambda spread_: float(rng.uniform(1 - spread_, 1 + spread_))  # noqa: E731
    hem, hip, waist, length, spread = hem * grow(0.08), hip * grow(0.05), waist * grow(0.05), length * grow(0.06), spread * grow(0.15)
    rise = 0.30
    jogger = cut in ("jogger", "sport")
    outer, inner = spread + hem, spread
    side: list[Node] = [
        (waist, 0, True),
        (hip, 0.15),
        ((hip * 0.45 + outer * 0.55) + thigh, rise + 0.3 * (length - rise)),
        (outer, length, True),
        ((outer + inner) / 2, length + 0.008),
        (inner, length, True),
        (inner * 0.62 + 0.002, rise + 0.35 * (length - rise)),
    ]
    g = Garment(block_lines=(rise + 0.2 * (length - rise), rise + 0.6 * (length - rise)))
    g.add(Panel(closed([*side, (0, rise, True), *mirrored(side)])))
    g.add(Seam(curve([(0, 0.01), (0.004, rise * 0.6), (0, rise)]), "shadow", 0.005))
    _waistband(g, waist, 0.045, elastic=jogger)
    if jogger:
        for s in (-1, 1):
            g.add(Seam(curve([(s * 0.015, -0.02), (s * 0.03, 0.06), (s * 0.022, 0.12 + 0.02 * s)]), "cord", 0.010))
        g.both_seams(curve([(waist * 0.97, 0.03), (hip * 0.86, 0.11), (hip * 0.97, 0.19)]), ink="shadow", width=0.005)
    else:
        g.add(Seam(curve([(0.035, 0.0), (0.035, 0.1), (0.0, 0.16)]), dashed=True, width=0.003))
        g.add(Button(0, -0.02, 0.012, "metal" if cut == "jeans" else "bone"))
        for x in (-waist * 0.62, waist * 0.62, -waist * 0.9, waist * 0.9):
            g.add(Panel(np.array([[x - 0.008, -0.05], [x + 0.008, -0.05], [x + 0.008, 0.012], [x - 0.008, 0.012]]), "cloth", "trim", relief=0.7))
        if cut == "jeans":
            pocket = curve([(waist * 0.52, 0.006), (waist * 0.62, 0.06), (hip * 0.98, 0.085)])
            g.both_seams(pocket, ink="shadow", width=0.004)
            for off in (0.007, 0.014):
                g.both_seams(pocket + [0, off], ink="topstitch", dashed=True, width=0.003)
            g.both_seams(curve([(hip * 0.97, 0.16), ((hip + outer) / 2 - 0.008 + thigh, rise + 0.28 * (length - rise)), (outer - 0.012, length - 0.01)]), ink="topstitch", dashed=True, width=0.0025)
        else:
            g.both_seams(curve([(waist * 0.7, 0.006), (hip * 0.97, 0.15)]), ink="shadow", width=0.004)
            g.both_seams(curve([(waist * 0.5, 0.01), (waist * 0.52, 0.1), ((outer + inner) / 2 * 0.9, length * 0.6), ((outer + inner) / 2, length - 0.01)]), ink="crease", width=0.006)
    axis = 0.5 * (outer + inner)
    if cut == "jogger":
        g.both(Panel(np.array([[inner + 0.008, length - 0.004], [outer - 0.008, length - 0.004], [outer - 0.022, length + 0.055], [inner + 0.022, length + 0.055]]), "cloth", "trim", texture="rib", steps=70))
    else:
        for lift in (0.025,) if cut != "jeans" else (0.02, 0.027):
            g.both_seams(curve([(inner + 0.002, length - lift), (axis, length + 0.008 - lift), (outer - 0.002, length - lift)]), dashed=True, width=0.0025, ink="topstitch" if cut == "jeans" else "thread")
    if jogger and rng.random() < 0.6:
        stripe = curve([(waist * 0.95, 0.02), (hip * 0.965, 0.15), ((hip * 0.45 + outer * 0.55) + thigh - 0.014, rise + 0.3 * (length - rise)), (outer - 0.014, length - 0.003)])
        g.both(Panel(band(stripe, -0.022), "second", "trim", relief=0.2))
    return g


def _pants(cut: str, rng: np.random.Generator) -> Garment:
    measures = {
        "chino": dict(length=1.02, hem=0.115, hip=0.235, waist=0.195, spread=0.055),
        "wide": dict(length=1.0, hem=0.215, hip=0.24, waist=0.18, spread=0.03, thigh=0.012),
        "jogger": dict(length=0.94, hem=0.105, hip=0.25, waist=0.205, spread=0.075, thigh=0.02),
        "jeans": dict(length=1.03, hem=0.095, hip=0.225, waist=0.195, spread=0.05),
    }
    return _legs(cut, rng, **measures[cut])


def _shorts(cut: str, rng: np.random.Generator) -> Garment:
    measures = {
        "chino": dict(length=0.52, hem=0.205, hip=0.245, waist=0.2, spread=0.055),
        "sport": dict(length=0.46, hem=0.235, hip=0.26, waist=0.2, spread=0.05),
        "jeans": dict(length=0.44, hem=0.205, hip=0.24, waist=0.195, spread=0.06),
        "wide": dict(length=0.50, hem=0.27, hip=0.25, waist=0.18, spread=0.045),
    }
    return _legs(cut, rng, **measures[cut])


def _skirt(cut: str, rng: np.random.Generator) -> Garment:
    waist, hem, length, fan = {
        "a-line": (0.17, 0.33, 0.52, 1.8),
        "pleated": (0.17, 0.37, 0.62, 1.9),
        "pencil": (0.175, 0.19, 0.66, 0.1),
        "tiered": (0.17, 0.36, 0.78, 1.5),
    }[cut]
    waist, hem, length = (float(v * rng.uniform(0.93, 1.07)) for v in (waist, hem, length))
    dip = 0.045 if cut != "pencil" else 0.012
    hip = 0.215 if cut == "pencil" else waist + (hem - waist) * 0.42
    g = Garment(block_lines=(length * 0.36, length * 0.7))
    if cut == "tiered":
        edges = [0.0, 0.26 * length, 0.58 * length, length]
        for low in (2, 1, 0):
            y0, y1 = edges[low], edges[low + 1]
            w0 = waist + (hem - waist) * (y0 / length) * 0.92
            w1 = waist + (hem - waist) * (y1 / length) + 0.012
            side: list[Node] = [(w0, y0 - 0.004, True), ((w0 + w1) / 2 + 0.006, (y0 + y1) / 2), (w1, y1 - dip * 0.3, True)]
            g.add(Panel(closed([*side, (w1 * 0.5, y1 + dip * 0.55), (0, y1 + dip * 0.8), (-w1 * 0.5, y1 + dip * 0.55), *mirrored(side)]), fan=fan, texture="gather", steps=24 + 8 * low))
    else:
        side = [(waist, 0, True), (hip, length * 0.36), (hem, length - dip * 0.3, True)]
        texture = "pleat" if cut == "pleated" else ""
        g.add(Panel(closed([*side, (hem * 0.5, length + dip * 0.6), (0, length + dip), (-hem * 0.5, length + dip * 0.6), *mirrored(side)]), fan=(hem / waist - 1) / length if texture else fan, texture=texture, steps=float(rng.choice([26, 34, 44])) if texture else 0))
        for lift in () if texture else (0.026,):
            g.add(Seam(curve([(-hem + 0.004, length - dip * 0.3 - lift), (-hem * 0.5, length + dip * 0.6 - lift), (0, length + dip - lift), (hem * 0.5, length + dip * 0.6 - lift), (hem - 0.004, length - dip * 0.3 - lift)]), dashed=True, width=0.0025))
    _waistband(g, waist, 0.05, elastic=cut == "tiered")
    if cut == "pencil":
        g.add(Panel(closed([(0.05, length - 0.19, True), (0.062, length + 0.02, True), (0.036, length + 0.02, True)]), "inside", "trim", relief=0.3))
        g.add(Seam(np.array([[0.05, 0.02], [0.05, length - 0.19]]), "shadow", 0.004))
    elif cut == "a-line":
        if rng.random() < 0.6:
            _placket(g, 0.005, length + dip - 0.004, 6, 0.036)
        for s in (-1, 1):
            g.add(Seam(curve([(s * waist * 0.6, 0.005), (s * waist * 0.8, 0.07), (s * (waist + 0.02), 0.1)]), "shadow", 0.004))
    return g


# ------------------------------------------------------------------------------------------------- shoes and hats


def _one_shoe(cut: str, k: float) -> Garment:
    """A shoe seen from the side, toe to the right, heel at x = -0.5."""
    g = Garment()
    tall = {"sneaker": 0.26, "high-top": 0.42, "ankle boot": 0.46, "loafer": 0.20}[cut] * k
    sole = {"sneaker": 0.075, "high-top": 0.065, "ankle boot": 0.05, "loafer": 0.032}[cut]
    throat = {"sneaker": 0.02, "high-top": -0.02, "ankle boot": -0.06, "loafer": 0.06}[cut]
    top_y = 0.5 - tall
    toe_y = 0.5 - 0.13
    upper: list[Node] = [
        (-0.47, 0.5, True),
        (-0.49, 0.42),
        (-0.455, top_y + 0.06),
        (-0.46, top_y - 0.01, True),
        (-0.3, top_y + (0.035 if cut != "ankle boot" else 0.004)),
        (throat - 0.13, top_y + (-0.03 if cut in ("sneaker", "high-top") else 0.0), True),
        (throat, top_y + 0.45 * (toe_y - top_y)),
        (0.2, toe_y - 0.035),
        (0.38, toe_y + 0.005),
        (0.485, toe_y + 0.075),
        (0.495, 0.5, True),
    ]
    g.add(Panel(closed([(-0.44, top_y, True), (-0.3, top_y - 0.02), (throat - 0.14, top_y - 0.025, True), (throat - 0.16, top_y + 0.08), (-0.42, top_y + 0.08, True)]), "inside", "trim", relief=0.1))
    if cut in ("sneaker", "high-top"):
        g.add(Panel(closed([(throat - 0.15, top_y + 0.02, True), (throat - 0.11, top_y - 0.085), (throat - 0.05, top_y - 0.07, True), (throat + 0.06, top_y + 0.1, True)]), "second", "trim", relief=0.6))
    g.add(Panel(closed(upper)))
    if cut in ("sneaker", "high-top"):
        toe = closed([(0.24, 0.5, True), (0.25, 0.43), (0.33, toe_y - 0.012, True), (0.4, toe_y + 0.012), (0.485, toe_y + 0.075), (0.495, 0.5, True)])
        g.add(Panel(toe, "rubber" if cut == "high-top" else "second", "trim", relief=0.6))
        g.add(Panel(closed([(-0.47, 0.5, True), (-0.49, 0.42), (-0.462, top_y + 0.09, True), (-0.37, top_y + 0.15), (-0.33, 0.5, True)]), "second", "trim", relief=0.6))
        if cut == "sneaker":
            for x in (-0.16, -0.08, 0.0):
                g.add(Panel(np.array([[x, 0.5], [x + 0.045, 0.5], [x + 0.105, top_y + 0.12], [x + 0.065, top_y + 0.11]]), "second", "trim", relief=0.4))
        else:
            g.add(Panel(ellipse(-0.22, top_y + 0.14, 0.065, 0.065), "rubber", "trim", relief=0.5), Panel(ellipse(-0.22, top_y + 0.14, 0.035, 0.035), "second", "trim", relief=0.2))
        rows = 5 if cut == "sneaker" else 7
        for i in range(rows):
            f = i / (rows - 1)
            x = throat - 0.115 + f * (0.2 - throat + 0.08)
            y = top_y - 0.005 + (toe_y - top_y) * f * 0.92
            g.add(Seam(curve([(x - 0.03, y + 0.05), (x + 0.012, y + 0.012), (x + 0.03, y - 0.012)]), "lace", 0.018))
            g.add(Button(x - 0.034, y + 0.055, 0.009, "metal"))
        g.add(Seam(curve([(throat - 0.15, top_y + 0.04), (throat - 0.06, top_y + 0.55 * (toe_y - top_y) + 0.05), (0.19, toe_y + 0.035)]), dashed=True, width=0.004))
    elif cut == "ankle boot":
        g.add(Panel(closed([(-0.33, top_y + 0.01, True), (-0.17, top_y + 0.01, True), (-0.19, top_y + 0.19), (-0.245, top_y + 0.26, True), (-0.3, top_y + 0.19)]), "second", "trim", texture="rib", steps=60, relief=0.4))
        g.add(Seam(curve([(0.2, 0.5), (0.22, 0.42), (0.3, toe_y - 0.01)]), dashed=True, width=0.004))
        g.add(Panel(np.array([[-0.475, top_y - 0.06], [-0.445, top_y - 0.06], [-0.445, top_y + 0.05], [-0.475, top_y + 0.05]]), "second", "trim"))
    else:
        g.add(Panel(closed([(0.02, 0.46, True), (0.06, top_y + 0.06, True), (0.17, toe_y - 0.03), (0.2, toe_y - 0.03, True), (0.16, 0.46, True)]), "second", "trim", relief=0.8))
        g.add(Seam(curve([(0.16, 0.43), (0.28, 0.40), (0.42, 0.425)]), dashed=True, width=0.005))
        g.add(Panel(np.array([[0.1, 0.375], [0.165, 0.37], [0.16, 0.405], [0.095, 0.41]]), "metal", "trim"))
    low = 0.5 + sole
    heel = cut in ("ankle boot", "loafer")
    bottom: list[Node] = [(-0.495, 0.488, True), (0, 0.496), (0.505, 0.488, True), (0.515, 0.5 + sole * 0.5), (0.46, low, True), (0.0, low)]
    bottom += [(-0.2, low, True), (-0.22, low + 0.05, True), (-0.48, low + 0.05, True)] if heel else [(-0.48, low, True)]
    g.add(Panel(closed(bottom), "dark" if heel else "rubber", "trim", relief=0.7))
    g.add(Seam(curve([(-0.49, 0.5 + sole * 0.35), (0, 0.507 + sole * 0.35), (0.505, 0.5 + sole * 0.35)]), "second" if not heel else "thread", 0.008 if not heel else 0.003, heel))
    return g


def _shoes(cut: str, rng: np.random.Generator) -> Garment:
    one = _one_shoe(cut, float(rng.uniform(0.94, 1.08)))
    g = Garment(block_lines=(0.36, 0.44))
    behind = np.array([float(rng.uniform(0.1, 0.16)), -0.3 * float(rng.uniform(0.9, 1.1))])
    for offset in (behind, np.zeros(2)):
        for piece in one.pieces:
            if isinstance(piece, Panel):
                g.add(replace(piece, outline=piece.outline + offset))
            elif isinstance(piece, Seam):
                g.add(replace(piece, points=piece.points + offset))
            else:
                g.add(replace(piece, x=piece.x + offset[0], y=piece.y + offset[1]))
    return g


def _hat(cut: str, rng: np.random.Generator) -> Garment:
    g = Garment(block_lines=(0.16, 0.3))
    tall = float(rng.uniform(0.92, 1.08))
    if cut == "cap":
        h = 0.36 * tall
        dome: list[Node] = [(0.3, 0.36, True), (0.31, 0.24), (0.24, 0.36 - 0.8 * h), (0, 0.36 - h)]
        g.add(Panel(closed([*dome, *mirrored(dome[:-1]), (0, 0.395)])))
        g.add(Seam(curve([(0, 0.36 - h), (0.003, 0.2), (0, 0.38)]), "shadow", 0.003))
        g.both_seams(curve([(0, 0.36 - h), (0.14, 0.36 - 0.75 * h), (0.185, 0.37)]), dashed=True, width=0.003)
        for s in (-1, 1):
            g.add(Button(s * 0.075, 0.36 - 0.72 * h, 0.009, "thread"))
        g.add(Panel(ellipse(0, 0.36 - h, 0.024, 0.014), "second", "trim"))
        badge = int(rng.integers(3))
        if badge == 0:
            g.add(Panel(ellipse(0, 0.24, 0.07, 0.06), "second", "trim", relief=0.6), Panel(ellipse(0, 0.24, 0.045, 0.038), "cloth", "trim", relief=0.3))
        elif badge == 1:
            g.add(Panel(np.array([[-0.08, 0.19], [0.08, 0.19], [0.06, 0.29], [-0.06, 0.29]]), "second", "trim", relief=0.6))
        brim: list[Node] = [(0.305, 0.345, True), (0.33, 0.43), (0.2, 0.515), (0, 0.535)]
        g.add(Panel(closed([*brim, *mirrored(brim[:-1]), (-0.2, 0.385), (0, 0.395), (0.2, 0.385)]), "second" if rng.random() < 0.45 else "cloth", "sleeve"))
        for f in (0.75, 0.5, 0.25):
            g.add(Seam(curve([(-0.3, 0.355 + 0.06 * f), (-0.19, 0.39 + 0.115 * f), (0, 0.4 + 0.125 * f), (0.19, 0.39 + 0.115 * f), (0.3, 0.355 + 0.06 * f)]), dashed=True, width=0.0025))
    elif cut == "bucket":
        crown: list[Node] = [(0.27, 0.3, True), (0.245, 0.16), (0.215, 0.05 / tall), (0.12, 0.012 / tall), (0, 0.005)]
        g.add(Panel(closed([*crown, *mirrored(crown[:-1]), (0, 0.34)])))
        g.add(Seam(curve([(-0.215, 0.055), (0, 0.085), (0.215, 0.055)]), dashed=True, width=0.003))
        brim = [(0.265, 0.275, True), (0.33, 0.37), (0.39, 0.43, True), (0.22, 0.495), (0, 0.51)]
        g.add(Panel(closed([*brim, *mirrored(brim[:-1]), (0, 0.325)]), "cloth", "sleeve", fan=1.0))
        for f in (0.3, 0.55, 0.8):
            g.add(Seam(curve([(-0.27 - 0.11 * f, 0.28 + 0.145 * f), (-0.2, 0.31 + 0.175 * f), (0, 0.33 + 0.175 * f), (0.2, 0.31 + 0.175 * f), (0.27 + 0.11 * f, 0.28 + 0.145 * f)]), dashed=True, width=0.0025))
        for s in (-1, 1):
            g.add(Button(s * 0.2, 0.2, 0.009, "metal"))
    elif cut == "beanie":
        dome = [(0.27, 0.36, True), (0.275, 0.22), (0.2, 0.06), (0.07, 0.005), (0, 0.0)]
        if rng.random() < 0.6:
            t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
            r = 0.085 * (1 + 0.05 * np.sin(t * 16) + 0.03 * np.sin(t * 9 + 1))
            g.add(Panel(np.stack([r * np.cos(t), -0.045 + r * np.sin(t)], 1), "second", "trim", texture="fur", steps=40))
        g.add(Panel(closed([*dome, *mirrored(dome[:-1])]), texture="rib", steps=float(rng.choice([22, 34])), fan=0.5))
        cuff: list[Node] = [(0.285, 0.31, True), (0.287, 0.38), (0.278, 0.45, True), (0, 0.468)]
        g.add(Panel(closed([*cuff, *mirrored(cuff[:-1]), (0, 0.328)]), "second" if rng.random() < 0.4 else "cloth", "sleeve", texture="rib", steps=30))
        if rng.random() < 0.6:
            g.add(Panel(np.array([[0.06, 0.36], [0.15, 0.357], [0.15, 0.417], [0.06, 0.42]]), "bone", "trim", relief=0.6))
    else:
        brim = [(0.5, 0.36, True), (0.47, 0.41), (0.3, 0.455), (0, 0.475)]
        back: list[Node] = [(-0.3, 0.325), (0, 0.31), (0.3, 0.325)]
        g.add(Panel(closed([*brim, *mirrored(brim[:-1]), *back]), "cloth", "sleeve", fan=0.6))
        crown = [(0.275, 0.375, True), (0.26, 0.2), (0.215, 0.035 / tall), (0.11, 0.0), (0.0, 0.035)]
        g.add(Panel(closed([*crown, *mirrored(crown[:-1]), (0, 0.425)])))
        g.add(Panel(closed([(-0.269, 0.305, True), (0, 0.355), (0.269, 0.305, True), (0.276, 0.376, True), (0, 0.426), (-0.276, 0.376, True)]), "second", "trim", relief=0.6))
        g.add(Seam(curve([(-0.07, 0.03), (-0.02, 0.09), (0.01, 0.16)]), "crease", 0.02))
    return g


_CUTTERS: dict[str, Callable[[str, np.random.Generator], Garment]] = {
    "t-shirt": _t_shirt,
    "shirt": _shirt,
    "polo": _polo,
    "longsleeve": _longsleeve,
    "hoodie": _hoodie,
    "blazer": _blazer,
    "outwear": _outwear,
    "dress": _dress,
    "skirt": _skirt,
    "shorts": _shorts,
    "pants": _pants,
    "shoes": _shoes,
    "hat": _hat,
}
