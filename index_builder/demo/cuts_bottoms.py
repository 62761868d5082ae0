"""Cuts of pants, shorts and skirts."""

from __future__ import annotations

import numpy as np

from index_builder.demo.details import add_placket, add_waistband
from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.outline import Node, band, closed, curve, mirrored


def _legs(
    cut: str, rng: np.random.Generator, *, length: float, hem: float, hip: float, waist: float, spread: float, thigh: float = 0.0
) -> Garment:
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
    add_waistband(g, waist, 0.045, elastic=jogger)
    if jogger:
        for s in (-1, 1):
            g.add(Seam(curve([(s * 0.015, -0.02), (s * 0.03, 0.06), (s * 0.022, 0.12 + 0.02 * s)]), "cord", 0.010))
        g.both_seams(curve([(waist * 0.97, 0.03), (hip * 0.86, 0.11), (hip * 0.97, 0.19)]), ink="shadow", width=0.005)
    else:
        g.add(Seam(curve([(0.035, 0.0), (0.035, 0.1), (0.0, 0.16)]), dashed=True, width=0.003))
        g.add(Button(0, -0.02, 0.012, "metal" if cut == "jeans" else "bone"))
        for x in (-waist * 0.62, waist * 0.62, -waist * 0.9, waist * 0.9):
            g.add(
                Panel(
                    np.array([[x - 0.008, -0.05], [x + 0.008, -0.05], [x + 0.008, 0.012], [x - 0.008, 0.012]]), "cloth", "trim", relief=0.7
                )
            )
        if cut == "jeans":
            pocket = curve([(waist * 0.52, 0.006), (waist * 0.62, 0.06), (hip * 0.98, 0.085)])
            g.both_seams(pocket, ink="shadow", width=0.004)
            for off in (0.007, 0.014):
                g.both_seams(pocket + [0, off], ink="topstitch", dashed=True, width=0.003)
            g.both_seams(
                curve(
                    [(hip * 0.97, 0.16), ((hip + outer) / 2 - 0.008 + thigh, rise + 0.28 * (length - rise)), (outer - 0.012, length - 0.01)]
                ),
                ink="topstitch",
                dashed=True,
                width=0.0025,
            )
        else:
            g.both_seams(curve([(waist * 0.7, 0.006), (hip * 0.97, 0.15)]), ink="shadow", width=0.004)
            g.both_seams(
                curve(
                    [
                        (waist * 0.5, 0.01),
                        (waist * 0.52, 0.1),
                        ((outer + inner) / 2 * 0.9, length * 0.6),
                        ((outer + inner) / 2, length - 0.01),
                    ]
                ),
                ink="crease",
                width=0.006,
            )
    axis = 0.5 * (outer + inner)
    if cut == "jogger":
        g.both(
            Panel(
                np.array(
                    [
                        [inner + 0.008, length - 0.004],
                        [outer - 0.008, length - 0.004],
                        [outer - 0.022, length + 0.055],
                        [inner + 0.022, length + 0.055],
                    ]
                ),
                "cloth",
                "trim",
                texture="rib",
                steps=70,
            )
        )
    else:
        for lift in (0.025,) if cut != "jeans" else (0.02, 0.027):
            g.both_seams(
                curve([(inner + 0.002, length - lift), (axis, length + 0.008 - lift), (outer - 0.002, length - lift)]),
                dashed=True,
                width=0.0025,
                ink="topstitch" if cut == "jeans" else "thread",
            )
    if jogger and rng.random() < 0.6:
        stripe = curve(
            [
                (waist * 0.95, 0.02),
                (hip * 0.965, 0.15),
                ((hip * 0.45 + outer * 0.55) + thigh - 0.014, rise + 0.3 * (length - rise)),
                (outer - 0.014, length - 0.003),
            ]
        )
        g.both(Panel(band(stripe, -0.022), "second", "trim", relief=0.2))
    return g


def cut_pants(cut: str, rng: np.random.Generator) -> Garment:
    measures = {
        "chino": dict(length=1.02, hem=0.115, hip=0.235, waist=0.195, spread=0.055),
        "wide": dict(length=1.0, hem=0.215, hip=0.24, waist=0.18, spread=0.03, thigh=0.012),
        "jogger": dict(length=0.94, hem=0.105, hip=0.25, waist=0.205, spread=0.075, thigh=0.02),
        "jeans": dict(length=1.03, hem=0.095, hip=0.225, waist=0.195, spread=0.05),
    }
    return _legs(cut, rng, **measures[cut])


def cut_shorts(cut: str, rng: np.random.Generator) -> Garment:
    measures = {
        "chino": dict(length=0.52, hem=0.205, hip=0.245, waist=0.2, spread=0.055),
        "sport": dict(length=0.46, hem=0.235, hip=0.26, waist=0.2, spread=0.05),
        "jeans": dict(length=0.44, hem=0.205, hip=0.24, waist=0.195, spread=0.06),
        "wide": dict(length=0.50, hem=0.27, hip=0.25, waist=0.18, spread=0.045),
    }
    return _legs(cut, rng, **measures[cut])


def cut_skirt(cut: str, rng: np.random.Generator) -> Garment:
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
            g.add(
                Panel(
                    closed([*side, (w1 * 0.5, y1 + dip * 0.55), (0, y1 + dip * 0.8), (-w1 * 0.5, y1 + dip * 0.55), *mirrored(side)]),
                    fan=fan,
                    texture="gather",
                    steps=24 + 8 * low,
                )
            )
    else:
        side = [(waist, 0, True), (hip, length * 0.36), (hem, length - dip * 0.3, True)]
        texture = "pleat" if cut == "pleated" else ""
        g.add(
            Panel(
                closed([*side, (hem * 0.5, length + dip * 0.6), (0, length + dip), (-hem * 0.5, length + dip * 0.6), *mirrored(side)]),
                fan=(hem / waist - 1) / length if texture else fan,
                texture=texture,
                steps=float(rng.choice([26, 34, 44])) if texture else 0,
            )
        )
        for lift in () if texture else (0.026,):
            g.add(
                Seam(
                    curve(
                        [
                            (-hem + 0.004, length - dip * 0.3 - lift),
                            (-hem * 0.5, length + dip * 0.6 - lift),
                            (0, length + dip - lift),
                            (hem * 0.5, length + dip * 0.6 - lift),
                            (hem - 0.004, length - dip * 0.3 - lift),
                        ]
                    ),
                    dashed=True,
                    width=0.0025,
                )
            )
    add_waistband(g, waist, 0.05, elastic=cut == "tiered")
    if cut == "pencil":
        g.add(
            Panel(
                closed([(0.05, length - 0.19, True), (0.062, length + 0.02, True), (0.036, length + 0.02, True)]),
                "inside",
                "trim",
                relief=0.3,
            )
        )
        g.add(Seam(np.array([[0.05, 0.02], [0.05, length - 0.19]]), "shadow", 0.004))
    elif cut == "a-line":
        if rng.random() < 0.6:
            add_placket(g, 0.005, length + dip - 0.004, 6, 0.036)
        for s in (-1, 1):
            g.add(Seam(curve([(s * waist * 0.6, 0.005), (s * waist * 0.8, 0.07), (s * (waist + 0.02), 0.1)]), "shadow", 0.004))
    return g


# ------------------------------------------------------------------------------------------------- shoes and hats
