"""What a cut is made of: panels, seams and buttons in a stack."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from index_builder.demo.outline import flipped


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
