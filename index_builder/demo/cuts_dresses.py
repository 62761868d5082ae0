"""Cuts of dresses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from index_builder.demo.details import add_collar, add_neck_rib, add_placket
from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.outline import Node, band, closed, curve, mirrored
from index_builder.demo.torso import Torso, add_back, add_hem, add_sleeves, body_outline, jittered


def cut_dress(cut: str, rng: np.random.Generator) -> Garment:
    t = Torso(
        neck=0.11,
        neck_depth=0.14,
        shoulder=0.185,
        drop=0.05,
        chest=0.21,
        armhole=0.22,
        waist=0.165,
        waist_y=0.40,
        hem=0.36,
        length=0.98,
        hem_curve=0.03,
        sleeve=0,
        fan=2.0,
    )
    if cut == "shirt dress":
        t = replace(
            t,
            neck=0.082,
            neck_depth=0.06,
            shoulder=0.215,
            chest=0.235,
            waist=0.21,
            hem=0.28,
            sleeve=0.3,
            sleeve_angle=35,
            cuff=0.115,
            fan=0.5,
        )
    elif cut == "slip":
        t = replace(t, shoulder=0.135, neck=0.118, neck_depth=0.16, drop=0.0, waist=0.18, hem=0.25, length=1.08, fan=0.7, vee=True)
    elif cut == "tea":
        t = replace(
            t, vee=True, neck=0.10, neck_depth=0.17, shoulder=0.2, sleeve=0.17, sleeve_angle=42, cuff=0.15, hem=0.40, length=0.88, fan=2.4
        )
    t = jittered(rng, t)
    g = Garment(hanger=(0.0, t.shoulder), block_lines=(t.waist_y, t.length - 0.18))
    if cut == "slip":
        g.add(Panel(closed([(0.1, 0.112, True), (0, 0.122), (-0.1, 0.112, True), (0, 0.3)]), "inside", "trim", relief=0.1))
    elif cut != "shirt dress":
        add_back(g, t)
    add_sleeves(g, t, cuff="band" if cut == "shirt dress" else "hem", cuff_depth=0.035)
    if cut == "slip":
        # Straps instead of shoulders: the top edge drops from two points.
        top = 0.12
        side: list[Node] = [
            (0.105, top - 0.015, True),
            (t.chest * 0.9, t.armhole - 0.02),
            (t.chest, t.armhole + 0.03),
            (t.waist, t.waist_y),
            (t.hem * 0.88, 0.72),
            (t.hem, t.length - 0.02, True),
        ]
        g.add(Panel(closed([*side, (0, t.length + 0.01), *mirrored(side), (0, t.neck_depth + 0.06)]), fan=t.fan))
        for s in (-1, 1):
            g.add(Panel(band(curve([(s * 0.108, top + 0.005), (s * 0.1, 0.03), (s * 0.092, -0.05)]), 0.012), "cloth", "trim", relief=0.8))
        g.hanger = None
    else:
        g.add(Panel(body_outline(t), fan=t.fan))
    if cut == "shirt dress":
        add_placket(g, 0.05, t.length + t.hem_curve - 0.004, 8)
        add_collar(g, t)
        y, w = t.waist_y, t.waist + 0.004
        g.add(
            Panel(
                closed(
                    [
                        (-w, y - 0.018, True),
                        (0, y - 0.008),
                        (w, y - 0.018, True),
                        (w, y + 0.018, True),
                        (0, y + 0.028),
                        (-w, y + 0.018, True),
                    ]
                ),
                "second" if rng.random() < 0.5 else "cloth",
                "trim",
            )
        )
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
        add_neck_rib(g, t, 0.014)
    if cut != "slip":
        add_hem(g, t)
    return g


# ---------------------------------------------------------------------------------------------------- lower body
