"""Cuts of shoes and hats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from index_builder.demo.garment import Button, Garment, Panel, Seam
from index_builder.demo.outline import Node, closed, curve, ellipse, mirrored


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
    g.add(
        Panel(
            closed(
                [
                    (-0.44, top_y, True),
                    (-0.3, top_y - 0.02),
                    (throat - 0.14, top_y - 0.025, True),
                    (throat - 0.16, top_y + 0.08),
                    (-0.42, top_y + 0.08, True),
                ]
            ),
            "inside",
            "trim",
            relief=0.1,
        )
    )
    if cut in ("sneaker", "high-top"):
        g.add(
            Panel(
                closed(
                    [
                        (throat - 0.15, top_y + 0.02, True),
                        (throat - 0.11, top_y - 0.085),
                        (throat - 0.05, top_y - 0.07, True),
                        (throat + 0.06, top_y + 0.1, True),
                    ]
                ),
                "second",
                "trim",
                relief=0.6,
            )
        )
    g.add(Panel(closed(upper)))
    if cut in ("sneaker", "high-top"):
        toe = closed(
            [(0.24, 0.5, True), (0.25, 0.43), (0.33, toe_y - 0.012, True), (0.4, toe_y + 0.012), (0.485, toe_y + 0.075), (0.495, 0.5, True)]
        )
        g.add(Panel(toe, "rubber" if cut == "high-top" else "second", "trim", relief=0.6))
        g.add(
            Panel(
                closed([(-0.47, 0.5, True), (-0.49, 0.42), (-0.462, top_y + 0.09, True), (-0.37, top_y + 0.15), (-0.33, 0.5, True)]),
                "second",
                "trim",
                relief=0.6,
            )
        )
        if cut == "sneaker":
            for x in (-0.16, -0.08, 0.0):
                g.add(
                    Panel(
                        np.array([[x, 0.5], [x + 0.045, 0.5], [x + 0.105, top_y + 0.12], [x + 0.065, top_y + 0.11]]),
                        "second",
                        "trim",
                        relief=0.4,
                    )
                )
        else:
            g.add(
                Panel(ellipse(-0.22, top_y + 0.14, 0.065, 0.065), "rubber", "trim", relief=0.5),
                Panel(ellipse(-0.22, top_y + 0.14, 0.035, 0.035), "second", "trim", relief=0.2),
            )
        rows = 5 if cut == "sneaker" else 7
        for i in range(rows):
            f = i / (rows - 1)
            x = throat - 0.115 + f * (0.2 - throat + 0.08)
            y = top_y - 0.005 + (toe_y - top_y) * f * 0.92
            g.add(Seam(curve([(x - 0.03, y + 0.05), (x + 0.012, y + 0.012), (x + 0.03, y - 0.012)]), "lace", 0.018))
            g.add(Button(x - 0.034, y + 0.055, 0.009, "metal"))
        g.add(
            Seam(
                curve([(throat - 0.15, top_y + 0.04), (throat - 0.06, top_y + 0.55 * (toe_y - top_y) + 0.05), (0.19, toe_y + 0.035)]),
                dashed=True,
                width=0.004,
            )
        )
    elif cut == "ankle boot":
        g.add(
            Panel(
                closed(
                    [
                        (-0.33, top_y + 0.01, True),
                        (-0.17, top_y + 0.01, True),
                        (-0.19, top_y + 0.19),
                        (-0.245, top_y + 0.26, True),
                        (-0.3, top_y + 0.19),
                    ]
                ),
                "second",
                "trim",
                texture="rib",
                steps=60,
                relief=0.4,
            )
        )
        g.add(Seam(curve([(0.2, 0.5), (0.22, 0.42), (0.3, toe_y - 0.01)]), dashed=True, width=0.004))
        g.add(
            Panel(
                np.array([[-0.475, top_y - 0.06], [-0.445, top_y - 0.06], [-0.445, top_y + 0.05], [-0.475, top_y + 0.05]]), "second", "trim"
            )
        )
    else:
        g.add(
            Panel(
                closed(
                    [(0.02, 0.46, True), (0.06, top_y + 0.06, True), (0.17, toe_y - 0.03), (0.2, toe_y - 0.03, True), (0.16, 0.46, True)]
                ),
                "second",
                "trim",
                relief=0.8,
            )
        )
        g.add(Seam(curve([(0.16, 0.43), (0.28, 0.40), (0.42, 0.425)]), dashed=True, width=0.005))
        g.add(Panel(np.array([[0.1, 0.375], [0.165, 0.37], [0.16, 0.405], [0.095, 0.41]]), "metal", "trim"))
    low = 0.5 + sole
    heel = cut in ("ankle boot", "loafer")
    bottom: list[Node] = [(-0.495, 0.488, True), (0, 0.496), (0.505, 0.488, True), (0.515, 0.5 + sole * 0.5), (0.46, low, True), (0.0, low)]
    bottom += [(-0.2, low, True), (-0.22, low + 0.05, True), (-0.48, low + 0.05, True)] if heel else [(-0.48, low, True)]
    g.add(Panel(closed(bottom), "dark" if heel else "rubber", "trim", relief=0.7))
    g.add(
        Seam(
            curve([(-0.49, 0.5 + sole * 0.35), (0, 0.507 + sole * 0.35), (0.505, 0.5 + sole * 0.35)]),
            "second" if not heel else "thread",
            0.008 if not heel else 0.003,
            heel,
        )
    )
    return g


def cut_shoes(cut: str, rng: np.random.Generator) -> Garment:
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


def cut_hat(cut: str, rng: np.random.Generator) -> Garment:
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
            g.add(
                Panel(ellipse(0, 0.24, 0.07, 0.06), "second", "trim", relief=0.6),
                Panel(ellipse(0, 0.24, 0.045, 0.038), "cloth", "trim", relief=0.3),
            )
        elif badge == 1:
            g.add(Panel(np.array([[-0.08, 0.19], [0.08, 0.19], [0.06, 0.29], [-0.06, 0.29]]), "second", "trim", relief=0.6))
        brim: list[Node] = [(0.305, 0.345, True), (0.33, 0.43), (0.2, 0.515), (0, 0.535)]
        g.add(
            Panel(
                closed([*brim, *mirrored(brim[:-1]), (-0.2, 0.385), (0, 0.395), (0.2, 0.385)]),
                "second" if rng.random() < 0.45 else "cloth",
                "sleeve",
            )
        )
        for f in (0.75, 0.5, 0.25):
            g.add(
                Seam(
                    curve(
                        [
                            (-0.3, 0.355 + 0.06 * f),
                            (-0.19, 0.39 + 0.115 * f),
                            (0, 0.4 + 0.125 * f),
                            (0.19, 0.39 + 0.115 * f),
                            (0.3, 0.355 + 0.06 * f),
                        ]
                    ),
                    dashed=True,
                    width=0.0025,
                )
            )
    elif cut == "bucket":
        crown: list[Node] = [(0.27, 0.3, True), (0.245, 0.16), (0.215, 0.05 / tall), (0.12, 0.012 / tall), (0, 0.005)]
        g.add(Panel(closed([*crown, *mirrored(crown[:-1]), (0, 0.34)])))
        g.add(Seam(curve([(-0.215, 0.055), (0, 0.085), (0.215, 0.055)]), dashed=True, width=0.003))
        brim = [(0.265, 0.275, True), (0.33, 0.37), (0.39, 0.43, True), (0.22, 0.495), (0, 0.51)]
        g.add(Panel(closed([*brim, *mirrored(brim[:-1]), (0, 0.325)]), "cloth", "sleeve", fan=1.0))
        for f in (0.3, 0.55, 0.8):
            g.add(
                Seam(
                    curve(
                        [
                            (-0.27 - 0.11 * f, 0.28 + 0.145 * f),
                            (-0.2, 0.31 + 0.175 * f),
                            (0, 0.33 + 0.175 * f),
                            (0.2, 0.31 + 0.175 * f),
                            (0.27 + 0.11 * f, 0.28 + 0.145 * f),
                        ]
                    ),
                    dashed=True,
                    width=0.0025,
                )
            )
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
        g.add(
            Panel(
                closed([*cuff, *mirrored(cuff[:-1]), (0, 0.328)]),
                "second" if rng.random() < 0.4 else "cloth",
                "sleeve",
                texture="rib",
                steps=30,
            )
        )
        if rng.random() < 0.6:
            g.add(Panel(np.array([[0.06, 0.36], [0.15, 0.357], [0.15, 0.417], [0.06, 0.42]]), "bone", "trim", relief=0.6))
    else:
        brim = [(0.5, 0.36, True), (0.47, 0.41), (0.3, 0.455), (0, 0.475)]
        back: list[Node] = [(-0.3, 0.325), (0, 0.31), (0.3, 0.325)]
        g.add(Panel(closed([*brim, *mirrored(brim[:-1]), *back]), "cloth", "sleeve", fan=0.6))
        crown = [(0.275, 0.375, True), (0.26, 0.2), (0.215, 0.035 / tall), (0.11, 0.0), (0.0, 0.035)]
        g.add(Panel(closed([*crown, *mirrored(crown[:-1]), (0, 0.425)])))
        g.add(
            Panel(
                closed([(-0.269, 0.305, True), (0, 0.355), (0.269, 0.305, True), (0.276, 0.376, True), (0, 0.426), (-0.276, 0.376, True)]),
                "second",
                "trim",
                relief=0.6,
            )
        )
        g.add(Seam(curve([(-0.07, 0.03), (-0.02, 0.09), (0.01, 0.16)]), "crease", 0.02))
    return g
