"""Cuts of t-shirts, longsleeves, polos, shirts and hoodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from index_builder.demo.details import (
    add_collar,
    add_drawstrings,
    add_hood,
    add_hood_collar,
    add_neck_rib,
    add_patch_pocket,
    add_placket,
    add_rib_hem,
    add_zip,
)
from index_builder.demo.garment import Garment, Panel
from index_builder.demo.outline import Node, closed, curve
from index_builder.demo.torso import Torso, add_back, add_hem, add_sleeves, body_outline, jittered


def cut_t_shirt(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso()
    if cut == "v-neck":
        t = replace(t, vee=True, neck_depth=0.18, waist=0.225, neck=0.09, hem=0.24)
    elif cut == "boxy":
        t = replace(
            t,
            shoulder=0.285,
            drop=0.075,
            chest=0.30,
            waist=0.30,
            hem=0.30,
            length=0.68,
            sleeve=0.21,
            cuff=0.17,
            armhole=0.29,
            neck_depth=0.085,
        )
    elif cut == "pocket":
        t = replace(t, neck=0.115, neck_depth=0.12, length=0.80)
    t = jittered(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), print_box=(0, 0.36, 0.30), block_lines=(0.3, 0.52))
    add_back(g, t)
    add_sleeves(g, t)
    g.add(Panel(body_outline(t)))
    add_neck_rib(g, t, 0.032 if cut == "boxy" else 0.022, "second" if rng.random() < 0.35 else "cloth")
    add_hem(g, t)
    if cut == "pocket":
        add_patch_pocket(g, 0.11, 0.24, ink="second" if rng.random() < 0.4 else "cloth")
    return g


def cut_longsleeve(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(sleeve=0.62, sleeve_angle=21, cuff=0.085)
    if cut == "henley":
        t = replace(t, waist=0.24, neck_depth=0.085)
    elif cut == "raglan":
        t = replace(t, chest=0.27, waist=0.27, hem=0.27)
    elif cut == "turtleneck":
        t = replace(t, neck=0.085, neck_depth=0.05, waist=0.225, hem=0.235, chest=0.24)
    t = jittered(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), print_box=(0, 0.36, 0.28), block_lines=(0.3, 0.5))
    add_back(g, t)
    raglan = cut == "raglan"
    add_sleeves(
        g,
        t,
        cuff="rib" if rng.random() < 0.5 or raglan else "hem",
        cuff_depth=0.05,
        ink="second" if raglan else "cloth",
        cuff_ink="second" if raglan else "cloth",
    )
    g.add(Panel(body_outline(t)))
    if raglan:
        yoke = closed(
            [
                (t.neck, 0, True),
                (t.shoulder + 0.002, t.drop, True),
                (t.shoulder - 0.016, t.drop + 0.5 * (t.armhole - t.drop)),
                (t.chest, t.armhole, True),
                (t.neck + 0.06, 0.13),
                (t.neck * 0.9, t.neck_depth * 0.4, True),
            ]
        )
        g.both(Panel(yoke, "second", "sleeve", grain=-0.4, relief=0.3))
    if cut == "turtleneck":
        n = t.neck + 0.008
        roll: list[Node] = [
            (n, 0.025, True),
            (n * 0.98, -0.05),
            (n * 0.97, -0.085, True),
            (0, -0.098),
            (-n * 0.97, -0.085, True),
            (-n * 0.98, -0.05),
            (-n, 0.025, True),
            (0, 0.075),
        ]
        g.add(Panel(closed(roll), "cloth", "trim", texture="rib", steps=60))
    elif cut == "henley":
        add_placket(g, t.neck_depth - 0.01, t.neck_depth + 0.19, 3, ink="second" if rng.random() < 0.3 else "cloth")
        add_neck_rib(g, t, 0.02)
    else:
        add_neck_rib(g, t, 0.026, "second" if raglan else "cloth")
    add_hem(g, t)
    return g


def cut_polo(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.088, neck_depth=0.075, sleeve=0.2, cuff=0.135)
    if cut == "long-sleeved":
        t = replace(t, sleeve=0.57, sleeve_angle=22, cuff=0.085)
    elif cut == "slim":
        t = replace(t, chest=0.232, waist=0.215, hem=0.225, shoulder=0.215, sleeve=0.16)
    elif cut == "zip":
        t = replace(t, length=0.72, chest=0.265)
    t = jittered(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), print_box=(0, 0.4, 0.28), block_lines=(0.3, 0.46))
    trim = "second" if rng.random() < 0.5 else "cloth"
    add_sleeves(g, t, cuff="rib", cuff_depth=0.04 if cut == "long-sleeved" else 0.026, cuff_ink=trim)
    g.add(Panel(body_outline(t)))
    add_hem(g, t)
    if cut == "zip":
        add_zip(g, 0.05, 0.25)
    else:
        add_placket(g, 0.05, 0.24 + 0.06 * rng.random(), 2 + (cut == "slim"), ink=trim if cut == "classic" else "cloth")
    add_collar(g, t, ink=trim, tip=0.125, spread=0.09)
    return g


def cut_shirt(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(neck=0.085, neck_depth=0.06, sleeve=0.59, sleeve_angle=20, cuff=0.09, length=0.82, hem_shape="shirt-tail", shoulder=0.23)
    if cut == "camp":
        t = replace(t, sleeve=0.23, sleeve_angle=46, cuff=0.165, hem_shape="straight", length=0.72, chest=0.285, waist=0.285, hem=0.285)
    elif cut == "work":
        t = replace(t, chest=0.275, waist=0.27, hem=0.27)
    elif cut == "band collar":
        t = replace(t, waist=0.235)
    t = jittered(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), block_lines=(0.28, 0.54))
    camp = cut == "camp"
    add_sleeves(g, t, cuff="hem" if camp else "band", cuff_depth=0.055, cuff_ink="cloth")
    g.add(Panel(body_outline(t)))
    bottom = t.length + (t.hem_curve if t.hem_shape == "straight" else t.hem_curve - 0.002)
    add_placket(g, 0.05, bottom - 0.004, 6, button=str(rng.choice(["bone", "dark"])))
    g.both_seams(curve([(t.neck + 0.03, 0.055), (t.shoulder - 0.01, t.drop + 0.045)]), dashed=True, width=0.0022)
    if cut == "work":
        for x in (-0.125, 0.125):
            add_patch_pocket(g, x, 0.24, flap=True)
    elif cut in ("classic", "camp") and rng.random() < 0.8:
        add_patch_pocket(g, 0.125, 0.23)
    if cut == "band collar":
        add_back(g, t, 0.0)
        n = t.neck
        stand: list[Node] = [
            (n + 0.004, 0.012, True),
            (n * 0.95, -0.03, True),
            (n * 0.6, 0.03),
            (0.008, 0.058, True),
            (0.008, 0.085, True),
            (n * 0.7, 0.062),
        ]
        g.both(Panel(closed(stand), "cloth", "trim", relief=0.7))
    elif camp:
        add_collar(g, t, tip=0.15, spread=0.12, open_to=0.12)
    else:
        add_collar(g, t)
    return g


def cut_hoodie(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(
        neck=0.09, neck_depth=0.085, sleeve=0.54, sleeve_angle=24, cuff=0.105, chest=0.28, waist=0.28, hem=0.27, length=0.66, shoulder=0.25
    )
    if cut == "cropped":
        t = replace(t, length=0.5, sleeve=0.5, waist_y=0.38)
    elif cut == "oversized":
        t = replace(t, shoulder=0.30, drop=0.085, chest=0.325, waist=0.33, hem=0.32, armhole=0.3, length=0.72)
    t = jittered(rng, t)
    low = t.length
    g = Garment(hanger=(-0.02, t.shoulder), print_box=(0, 0.27, 0.24), block_lines=(0.26, 0.44))
    add_hood(g, t)
    trim = "second" if rng.random() < 0.3 else "cloth"
    add_sleeves(g, t, cuff="rib", cuff_depth=0.06, cuff_ink=trim)
    g.add(Panel(body_outline(t)))
    add_rib_hem(g, t, ink=trim)
    top = low - 0.24
    pocket: list[Node] = [
        (0.105, top, True),
        (0.13, top + 0.02),
        (0.185, top + 0.14, True),
        (0.185, low - 0.02, True),
        (-0.185, low - 0.02, True),
        (-0.185, top + 0.14, True),
        (-0.13, top + 0.02),
        (-0.105, top, True),
    ]
    if cut != "cropped":
        g.add(Panel(closed(pocket), "cloth", "body", relief=0.7))
        g.both_seams(curve([(0.097, top + 0.006), (0.122, top + 0.026), (0.176, top + 0.142)]), dashed=True, width=0.0025)
    if cut == "zip":
        g.print_box = None
        add_zip(g, t.neck_depth, low + 0.06)
    add_hood_collar(g, t)
    add_drawstrings(g, 0.05, t.neck_depth + 0.02, 0.16 + 0.06 * rng.random())
    return g
