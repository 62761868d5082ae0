"""The upper body of a cut: its measures, outline, neckline, sleeves and hem."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.outline import Node, closed, curve, mirrored


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


def jittered(rng: np.random.Generator, torso: Torso) -> Torso:
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


def body_outline(t: Torso) -> np.ndarray:
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
    return closed([*nodes, (0, t.neck_depth, True)] if t.vee else [*nodes, *scoop_of(t)])


def scoop_of(t: Torso) -> list[Node]:
    n, d = t.neck, t.neck_depth
    return [(-n * 0.86, d * 0.46), (-n * 0.5, d * 0.87), (0, d), (n * 0.5, d * 0.87), (n * 0.86, d * 0.46)]


def neckline_of(t: Torso) -> np.ndarray:
    """From the wearer's left to right along the front neck, as drawn: right to left."""
    if t.vee:
        return curve([(t.neck, 0), (0, t.neck_depth, True), (-t.neck, 0)])
    return curve([(t.neck, 0), *reversed(scoop_of(t)), (-t.neck, 0)])


def add_back(g: Garment, t: Torso, rise: float = 0.010) -> None:
    """The inside of the back, seen through the neck opening, with its label."""
    n, d = t.neck, t.neck_depth
    low: list[Node] = [(-n * 0.9, d * 0.8), (0, d + 0.03), (n * 0.9, d * 0.8)]
    g.add(
        Panel(
            closed(
                [(n + 0.012, 0.004, True), *reversed(low), (-n - 0.012, 0.004, True), (-n * 0.5, rise), (0, rise + 0.008), (n * 0.5, rise)]
            ),
            "inside",
            "trim",
            relief=0.2,
        )
    )
    g.add(
        Panel(
            np.array([[-0.022, rise + 0.034], [0.022, rise + 0.034], [0.022, rise + 0.054], [-0.022, rise + 0.054]]),
            "bone",
            "trim",
            relief=0.3,
        )
    )


def add_sleeves(g: Garment, t: Torso, *, cuff: str = "hem", cuff_depth: float = 0.03, cuff_ink: str = "cloth", ink: str = "cloth") -> None:
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


def add_hem(g: Garment, t: Torso) -> None:
    for lift in (0.022, 0.028):
        g.add(
            Seam(
                curve(
                    [
                        (-t.hem + 0.005, t.length - t.hem_curve - lift),
                        (0, t.length + t.hem_curve - lift),
                        (t.hem - 0.005, t.length - t.hem_curve - lift),
                    ]
                ),
                dashed=True,
                width=0.0025,
            )
        )
