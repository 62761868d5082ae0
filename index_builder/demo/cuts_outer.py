"""Cuts of blazers and jackets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from index_builder.demo.details import add_collar, add_hood, add_hood_collar, add_patch_pocket, add_rib_hem, add_zip
from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.outline import Node, band, closed, curve
from index_builder.demo.torso import Torso, add_back, add_sleeves, body_outline, jittered, neckline_of


def cut_blazer(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(
        neck=0.082,
        vee=True,
        neck_depth=0.40,
        sleeve=0.63,
        sleeve_angle=15,
        cuff=0.09,
        shoulder=0.25,
        drop=0.045,
        chest=0.265,
        waist=0.235,
        waist_y=0.45,
        hem=0.27,
        length=0.80,
    )
    if cut == "double-breasted":
        t = replace(t, neck_depth=0.36, chest=0.28, hem=0.285)
    elif cut == "shawl":
        t = replace(t, neck_depth=0.46)
    elif cut == "casual":
        t = replace(t, length=0.70, neck_depth=0.33, waist=0.255)
    t = jittered(rng, t)
    d, n = t.neck_depth, t.neck
    g = Garment(hanger=(0.0, t.shoulder))
    g.add(
        Panel(
            closed([(n + 0.01, 0, True), (0.02, d + 0.02, True), (-0.02, d + 0.02, True), (-n - 0.01, 0, True), (0, -0.012)]),
            "lining",
            "trim",
            relief=0.1,
        )
    )
    g.add(Panel(np.array([[-0.03, 0.02], [0.03, 0.02], [0.03, 0.045], [-0.03, 0.045]]), "bone", "trim", relief=0.3))
    add_sleeves(g, t, cuff="none")
    g.add(Panel(body_outline(t)))
    cross = 0.075 if cut == "double-breasted" else 0.012
    edge = curve([(-cross, d + 0.01), (-cross, t.length - 0.08), (-cross + 0.05, t.length + 0.004)])
    g.add(Seam(edge, "shadow", 0.005))
    if cut != "double-breasted":
        # The fronts part below the last button.
        g.add(
            Panel(
                closed(
                    [
                        (-cross, d + 0.24, True),
                        (-0.012, t.length - 0.06),
                        (0.045, t.length + 0.02, True),
                        (-0.06, t.length + 0.02, True),
                        (-0.03, t.length - 0.05),
                    ]
                ),
                "inside",
                "trim",
                relief=0.2,
            )
        )
    g.both_seams(curve([(0.13, 0.27), (0.145, 0.42), (0.15, t.length - 0.22)]), ink="shadow", width=0.003)
    for x in (-0.155, 0.155):
        y = t.length - 0.25
        if cut == "casual":
            add_patch_pocket(g, x, y - 0.01, 0.14, 0.17)
        else:
            g.add(
                Panel(
                    np.array([[x - 0.065, y], [x + 0.065, y - 0.006], [x + 0.065, y + 0.042], [x - 0.065, y + 0.048]]),
                    "cloth",
                    "trim",
                    relief=0.8,
                )
            )
    g.add(Panel(np.array([[0.125, 0.235], [0.21, 0.222], [0.212, 0.245], [0.127, 0.258]]), "cloth", "trim", relief=0.6))
    lapel_ink = "lining" if cut == "shawl" and rng.random() < 0.5 else "cloth"
    if cut == "shawl":
        shawl: list[Node] = [
            (n * 0.7, -0.05, True),
            (n + 0.05, 0.0),
            (0.165, 0.16),
            (0.12, 0.30),
            (-0.01, d + 0.012, True),
            (n * 0.55, 0.16),
        ]
        g.both(Panel(closed(shawl), lapel_ink, "trim", grain=0.3))
    else:
        peak = (0.205, 0.135) if cut == "double-breasted" else (0.18, 0.165)
        lapel: list[Node] = [
            (n * 0.95, 0.02, True),
            (0.125, 0.145, True),
            (*peak, True),
            (0.135, 0.28),
            (-0.012, d + 0.012, True),
            (n * 0.5, 0.17),
        ]
        g.both(Panel(closed(lapel), lapel_ink, "trim", grain=0.35))
        collar: list[Node] = [
            (n * 0.62, -0.045, True),
            (n + 0.045, 0.0),
            (0.158, 0.098, True),
            (0.122, 0.148, True),
            (n * 0.98, 0.075),
            (n * 0.72, 0.0, True),
        ]
        g.both(Panel(closed(collar), "cloth", "trim", grain=0.6))
    g.add(
        Panel(
            closed(
                [
                    (-n * 0.66, -0.044, True),
                    (0, -0.06),
                    (n * 0.66, -0.044, True),
                    (n * 0.72, 0.002, True),
                    (0, -0.018),
                    (-n * 0.72, 0.002, True),
                ]
            ),
            "cloth",
            "trim",
            relief=0.4,
        )
    )
    button = str(rng.choice(["dark", "bone", "metal"]))
    rows = [d + 0.03, d + 0.13] if cut != "casual" else [d + 0.03, d + 0.11, d + 0.19]
    for y in rows if cut != "shawl" else rows[:1]:
        for x in (-0.055, 0.055) if cut == "double-breasted" else (0.0,):
            g.add(Button(x, y, 0.014, button))
    return g


def cut_outwear(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(
        neck=0.092, neck_depth=0.06, sleeve=0.55, sleeve_angle=22, cuff=0.11, chest=0.295, waist=0.29, hem=0.29, length=0.70, shoulder=0.262
    )
    if cut == "trench":
        t = replace(t, length=1.0, waist=0.255, waist_y=0.47, hem=0.33, sleeve_angle=17, chest=0.28)
    elif cut == "bomber":
        t = replace(t, length=0.56, waist_y=0.4)
    elif cut == "parka":
        t = replace(t, length=0.86, chest=0.30, hem=0.31)
    t = jittered(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), block_lines=(0.27, 0.47))
    body = body_outline(t)
    if cut == "puffer":
        steps = float(rng.choice([9.0, 11.0, 13.0]))
        add_sleeves(g, t, cuff="rib", cuff_depth=0.035)
        g.pieces = [replace(p, texture="quilt", steps=steps) if isinstance(p, Panel) and p.part == "sleeve" else p for p in g.pieces]
        g.add(Panel(body, texture="quilt", steps=steps))
        add_zip(g, 0.03, t.length + 0.008)
        n = t.neck + 0.03
        g.add(
            Panel(
                closed(
                    [
                        (n, 0.045, True),
                        (n * 1.02, -0.03),
                        (n * 0.9, -0.075, True),
                        (0, -0.085),
                        (-n * 0.9, -0.075, True),
                        (-n * 1.02, -0.03),
                        (-n, 0.045, True),
                        (0, 0.07),
                    ]
                ),
                texture="quilt",
                steps=steps,
                part="trim",
            )
        )
        g.add(Seam(np.array([[0, -0.08], [0, 0.07]]), "metal", 0.008, True))
        g.both_seams(np.array([[0.13, 0.46], [0.19, 0.57]]), ink="metal", width=0.007)
    elif cut == "trench":
        add_sleeves(g, t, cuff="band", cuff_depth=0.03)
        g.add(Panel(body, fan=0.5))
        g.add(Seam(np.array([[-0.085, 0.1], [-0.085, t.length]]), "shadow", 0.005))
        g.add(
            Panel(
                closed(
                    [(t.neck, 0.01, True), (t.shoulder, t.drop, True), (t.shoulder - 0.02, 0.2), (0.11, 0.235, True), (0.05, 0.1, True)]
                ),
                "cloth",
                "body",
                relief=0.7,
            )
        )
        y = t.waist_y
        w = t.waist + 0.006
        for yy in (0.2, 0.32, 0.62, 0.74):
            for x in (-0.06, 0.06):
                g.add(Button(x, yy, 0.014, "dark"))
        g.add(
            Panel(
                closed(
                    [
                        (-w, y - 0.025, True),
                        (0, y - 0.012),
                        (w, y - 0.025, True),
                        (w, y + 0.022, True),
                        (0, y + 0.034),
                        (-w, y + 0.022, True),
                    ]
                ),
                "second" if rng.random() < 0.25 else "cloth",
                "trim",
                relief=1.0,
            )
        )
        g.add(
            Panel(np.array([[-0.035, y - 0.022], [0.035, y - 0.022], [0.035, y + 0.045], [-0.035, y + 0.045]]), "dark", "trim", relief=0.8)
        )
        g.add(Panel(np.array([[-0.02, y - 0.008], [0.02, y - 0.008], [0.02, y + 0.03], [-0.02, y + 0.03]]), "cloth", "trim", relief=0.3))
        for s in (-1, 1):
            x = 0.17 * s
            g.add(
                Panel(
                    np.array(
                        [[x - 0.02, y + 0.1], [x + 0.02, y + 0.1], [x + 0.045 * s + 0.02, y + 0.24], [x + 0.045 * s - 0.02, y + 0.24]]
                    ),
                    "cloth",
                    "trim",
                    relief=0.7,
                )
            )
        add_collar(g, t, tip=0.17, spread=0.14, open_to=0.1)
    elif cut == "bomber":
        trim = "second" if rng.random() < 0.6 else "cloth"
        add_back(g, t, 0.01)
        add_sleeves(g, t, cuff="rib", cuff_depth=0.06, cuff_ink=trim)
        g.add(Panel(body))
        add_rib_hem(g, t, 0.065, trim)
        g.add(Panel(band(neckline_of(t), -0.045), trim, "trim", texture="rib", steps=70))
        add_zip(g, 0.045, t.length + 0.06)
        g.both_seams(np.array([[0.12, 0.38], [0.175, 0.49]]), ink="shadow", width=0.010)
    else:
        add_hood(g, t, 0.22)
        add_sleeves(g, t, cuff="band", cuff_depth=0.03)
        g.add(Panel(body))
        g.add(
            Panel(
                np.array([[-0.035, 0.06], [0.035, 0.06], [0.035, t.length + 0.005], [-0.035, t.length + 0.005]]),
                "cloth",
                "trim",
                relief=0.8,
            )
        )
        for y in np.linspace(0.13, t.length - 0.1, 5):
            g.add(Button(0, float(y), 0.012, "metal"))
        for x in (-0.165, 0.165):
            add_patch_pocket(g, x, 0.52, 0.15, 0.16, flap=True)
            add_patch_pocket(g, x * 0.9, 0.23, 0.12, 0.12, flap=True)
        g.add(Seam(curve([(-t.waist, t.waist_y - 0.02), (0, t.waist_y), (t.waist, t.waist_y - 0.02)]), "shadow", 0.005))
        add_hood_collar(g, t)
    return g
