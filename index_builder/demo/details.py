"""Details of cuts: collars, plackets, pockets, zips, ribs, hoods, waistbands."""

from __future__ import annotations

import numpy as np

from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.outline import Node, band, closed, curve, mirrored
from index_builder.demo.torso import Torso, neckline_of


def add_neck_rib(g: Garment, t: Torso, width: float = 0.026, ink: str = "cloth") -> None:
    line = neckline_of(t)
    g.add(Panel(band(line, width), ink, "trim", texture="", relief=0.55))
    # The back of the rib closes the ring behind the neck.
    back = curve([(-t.neck, 0), (-t.neck * 0.5, 0.018), (0, 0.026), (t.neck * 0.5, 0.018), (t.neck, 0)])
    g.add(Panel(band(back, -min(width, 0.022)), ink, "trim", relief=0.3))
    inner = band(line, width + 0.006)[len(line) :]
    g.add(Seam(inner, dashed=True, width=0.0022))


def add_collar(g: Garment, t: Torso, *, ink: str = "cloth", tip: float = 0.12, spread: float = 0.085, open_to: float = 0.06) -> None:
    n = t.neck
    g.add(
        Panel(closed([(-n, 0, True), (-n * 0.8, -0.04), (0, -0.055), (n * 0.8, -0.04), (n, 0, True), (0, 0.035)]), ink, "trim", relief=0.3)
    )
    g.add(
        Panel(
            closed([(-n * 0.78, -0.012, True), (0, -0.03), (n * 0.78, -0.012, True), (0, open_to + 0.02, True)]),
            "inside",
            "trim",
            relief=0.2,
        )
    )
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


def add_placket(
    g: Garment, top: float, bottom: float, buttons: int, width: float = 0.034, ink: str = "cloth", button: str = "bone"
) -> None:
    h = width / 2
    g.add(Panel(np.array([[-h, top], [h, top], [h, bottom], [-h, bottom]]), ink, "trim", relief=0.5))
    for x in (-h + 0.006, h - 0.006):
        g.add(Seam(np.array([[x, top], [x, bottom]]), dashed=True, width=0.0022))
    for y in np.linspace(top + 0.03, bottom - 0.05, buttons):
        g.add(Button(0, float(y), 0.010, button))


def add_patch_pocket(g: Garment, x: float, y: float, w: float = 0.11, h: float = 0.12, *, flap: bool = False, ink: str = "cloth") -> None:
    g.add(
        Panel(
            np.array([[x - w / 2, y], [x + w / 2, y], [x + w / 2, y + h * 0.85], [x, y + h], [x - w / 2, y + h * 0.85]]),
            ink,
            "trim",
            relief=0.6,
        )
    )
    e = 0.006
    g.add(
        Seam(
            np.array(
                [
                    [x - w / 2 + e, y + e],
                    [x - w / 2 + e, y + h * 0.83],
                    [x, y + h - e],
                    [x + w / 2 - e, y + h * 0.83],
                    [x + w / 2 - e, y + e],
                ]
            ),
            dashed=True,
            width=0.0022,
        )
    )
    if flap:
        g.add(
            Panel(
                np.array(
                    [
                        [x - w / 2 - 0.005, y - 0.015],
                        [x + w / 2 + 0.005, y - 0.015],
                        [x + w / 2 + 0.005, y + 0.03],
                        [x, y + 0.048],
                        [x - w / 2 - 0.005, y + 0.03],
                    ]
                ),
                ink,
                "trim",
                relief=0.8,
            )
        )
        g.add(Button(x, y + 0.03, 0.008))
    else:
        g.add(Seam(np.array([[x - w / 2, y + 0.02], [x + w / 2, y + 0.02]]), dashed=True, width=0.0022))


def add_zip(g: Garment, top: float, bottom: float, x: float = 0.0) -> None:
    g.add(Panel(np.array([[x - 0.012, top], [x + 0.012, top], [x + 0.012, bottom], [x - 0.012, bottom]]), "inside", "trim", relief=0.3))
    g.add(Seam(np.array([[x, top], [x, bottom]]), "metal", 0.008, True))
    g.add(
        Panel(
            np.array([[x - 0.007, top + 0.01], [x + 0.007, top + 0.01], [x + 0.005, top + 0.055], [x - 0.005, top + 0.055]]),
            "metal",
            "trim",
            relief=0.8,
        )
    )


def add_rib_hem(g: Garment, t: Torso, depth: float = 0.055, ink: str = "cloth") -> None:
    y, c, w = t.length, t.hem_curve, t.hem
    top: list[Node] = [(-w * 0.985, y - c - 0.004, True), (0, y + c - 0.004), (w * 0.985, y - c - 0.004, True)]
    low: list[Node] = [(w * 0.9, y - c + depth, True), (0, y + c + depth), (-w * 0.9, y - c + depth, True)]
    g.add(Panel(closed([*top, *low]), ink, "trim", texture="rib", steps=70, relief=0.7))


def add_hood(g: Garment, t: Torso, size: float = 0.235) -> None:
    n = t.neck
    dome: list[Node] = [(n + 0.05, 0.05, True), (n + 0.085, -0.07), (n + 0.03, -size * 0.82), (0, -size)]
    g.add(Panel(closed([*dome, *mirrored(dome[:-1])]), "cloth", "sleeve", relief=0.8))
    mouth: list[Node] = [(n * 0.95, 0.03, True), (n * 0.98, -0.06), (n * 0.66, -size * 0.66), (0, -size * 0.8)]
    g.add(Panel(closed([*mouth, *mirrored(mouth[:-1]), (0, t.neck_depth + 0.02)]), "inside", "trim", relief=0.1))
    g.add(Seam(curve([*mouth, *mirrored(mouth[:-1])]), dashed=True, width=0.003))


def add_hood_collar(g: Garment, t: Torso) -> None:
    """The front edges of the hood, crossing over at the neck."""
    n, d = t.neck, t.neck_depth
    edge: list[Node] = [
        (n * 0.9, -0.03, True),
        (n * 0.75, d * 0.5),
        (-0.012, d + 0.01, True),
        (0.03, d + 0.045, True),
        (n * 0.95, d * 0.75),
        (n + 0.055, 0.03, True),
    ]
    g.both(Panel(closed(edge), "cloth", "sleeve", relief=0.8))


def add_drawstrings(g: Garment, x: float, top: float, length: float) -> None:
    for side, more in ((-1, 0.0), (1, 0.02)):
        g.add(
            Seam(
                curve([(side * x, top), (side * (x + 0.012), top + length * 0.5), (side * (x + 0.004), top + length + more)]), "cord", 0.010
            )
        )
        g.add(Button(side * x, top, 0.009, "metal"))


def add_waistband(g: Garment, half: float, depth: float, *, elastic: bool, curve_down: float = 0.012) -> None:
    top: list[Node] = [(-half, -depth, True), (0, -depth + curve_down), (half, -depth, True)]
    low: list[Node] = [(half + 0.004, 0.004, True), (0, curve_down + 0.004), (-half - 0.004, 0.004, True)]
    g.add(
        Panel(
            closed([(-half * 0.98, -depth, True), (0, -depth - 0.014), (half * 0.98, -depth, True), (0, -depth + curve_down + 0.006)]),
            "inside",
            "trim",
            relief=0.1,
        )
    )
    g.add(Panel(closed([*top, *low]), "cloth", "trim", texture="rib" if elastic else "", steps=34, relief=0.6))
