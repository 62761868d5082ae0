"""Frames put around pictures: widths, rounded corners, shadows, lines, logo bars; one labelled sample at a time."""

from __future__ import annotations

import cv2
import numpy as np

from edge.frame import border_pixels, magnified_border, magnify_border
from training import frame_fills as fills
from training.frame_pictures import PICTURES, Sources, photo, rounded, studio

SIZE = 128
LEAST_WIDTH, GREATEST_WIDTH = 0.008, 0.15


def draw_widths(rng: np.random.Generator, h: int, w: int) -> np.ndarray:
    """Widths in pixels on left, top, right, bottom, int (4,), 0 on sides without; at least one side has one."""
    kind = rng.random()
    if kind < 0.55:
        sides = np.ones(4, bool)
    elif kind < 0.75:
        sides = np.arange(4) == rng.choice(4, p=[0.15, 0.25, 0.15, 0.45])
    else:
        sides = np.isin(np.arange(4), rng.choice([[0, 2, -1], [1, 3, -1], [0, 1, -1], [2, 3, -1], [0, 1, 2], [1, 2, 3], [0, 2, 3]]))
    lengths = np.array([w, h, w, h])
    share = np.exp(rng.uniform(np.log(LEAST_WIDTH), np.log(GREATEST_WIDTH), 4))
    if rng.random() < 0.6:
        share = share[0] * min(h, w) / lengths  # the same number of pixels all round
    return np.maximum(2, np.rint(share * lengths)).astype(int) * sides


def _logo_bar(out: np.ndarray, box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    """A word, a price or a row of marks on the bar of one side; drawn into `out`."""
    x0, y0, x1, y1 = box
    bar = np.ascontiguousarray(out[y0:y1, x0:x1])
    tall, wide = bar.shape[:2]
    ink = tuple(int(v) for v in (np.full(3, 255 if bar.mean() < 128 else 0) if rng.random() < 0.6 else np.clip(fills.colour(rng), 0, 255)))
    if tall > wide:
        bar = np.ascontiguousarray(cv2.rotate(bar, cv2.ROTATE_90_CLOCKWISE))
    depth = bar.shape[0]
    if rng.random() < 0.7:
        text = "".join(chr(int(c)) for c in rng.integers(65, 91, int(rng.integers(3, 14))))
        font, size = int(rng.choice([0, 2, 3, 4])), depth * rng.uniform(0.4, 0.75) / 22
        at = (int(rng.uniform(0.02, 0.5) * bar.shape[1]), int(depth * rng.uniform(0.65, 0.85)))
        cv2.putText(bar, text, at, font, size, ink, max(1, round(depth / 14)), cv2.LINE_AA)
    else:
        for i in range(int(rng.integers(2, 7))):
            cv2.circle(bar, (int(depth * (0.8 + 1.3 * i)), depth // 2), max(1, int(depth * 0.3)), ink, -1, cv2.LINE_AA)
    out[y0:y1, x0:x1] = cv2.rotate(bar, cv2.ROTATE_90_COUNTERCLOCKWISE) if tall > wide else bar


def put_frame(content: np.ndarray, fill: np.ndarray, widths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame of these widths in pixels over a picture, both uint8 (H, W, 3): beside the picture's part, or over it."""
    h, w = content.shape[:2]
    left, top, right, bottom = widths.tolist()
    ih, iw = h - top - bottom, w - left - right
    inner = content[top : top + ih, left : left + iw]
    if rng.random() < 0.6:
        inner = cv2.resize(content, (iw, ih), interpolation=cv2.INTER_AREA)
    # A frame in the picture's own colour would not be seen by anyone.
    rim = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]]).astype(np.float32).mean(0)
    edge = np.concatenate([fill[0], fill[-1], fill[:, 0], fill[:, -1]]).astype(np.float32).mean(0)
    if np.abs(rim - edge).max() < 18:
        shift = rng.uniform(30, 90) * (1 if edge.mean() < 110 else -1)
        fill = np.clip(fill.astype(np.float32) + shift, 0, 255).astype(np.uint8)
    out = fill.copy()
    alpha = np.full((ih, iw), 255, np.uint8)
    if (widths > 0).all() and rng.random() < 0.25:
        alpha = rounded(ih, iw, rng.uniform(0.01, 0.12) * min(ih, iw))
    if rng.random() < 0.25:  # the frame stands out and shades the picture, or the picture shades the frame
        reach, dark = rng.uniform(1, 8), rng.uniform(0.15, 0.6)
        if rng.random() < 0.5:
            near = cv2.copyMakeBorder(np.zeros((ih, iw), np.float32), top, bottom, left, right, cv2.BORDER_CONSTANT, value=1.0)
            shade = cv2.GaussianBlur(near, (0, 0), reach)[top : top + ih, left : left + iw]
            inner = cv2.multiply(inner, cv2.merge([1 - np.float32(dark) * shade] * 3), dtype=cv2.CV_8U)
        else:
            near = cv2.copyMakeBorder(np.ones((ih, iw), np.float32), top, bottom, left, right, cv2.BORDER_CONSTANT, value=0.0)
            shade = cv2.GaussianBlur(near, (0, 0), reach)
            out = cv2.multiply(out, cv2.merge([1 - np.float32(dark) * shade] * 3), dtype=cv2.CV_8U)
    a = cv2.merge([alpha] * 3)
    window = out[top : top + ih, left : left + iw]
    out[top : top + ih, left : left + iw] = cv2.add(
        cv2.multiply(inner, a, scale=1 / 255), cv2.multiply(window, cv2.bitwise_not(a), scale=1 / 255)
    )
    if rng.random() < 0.2:  # a thin line within the frame
        widest = int(widths.max())
        gap = int(rng.uniform(0.2, 0.8) * widest)
        if gap >= 1:
            ink = tuple(int(v) for v in np.clip(fills.colour(rng), 0, 255))
            corners = [(left - gap, top - gap), (w - 1 - right + gap, h - 1 - bottom + gap)]
            cover = out[top : top + ih, left : left + iw].copy()
            cv2.rectangle(out, *corners, ink, max(1, widest // 12))
            out[top : top + ih, left : left + iw] = cover
    if rng.random() < (0.6 if (widths > 0).sum() == 1 else 0.12):
        boxes = ((0, 0, left, h), (0, 0, w, top), (w - right, 0, w, h), (0, h - bottom, w, h))
        side = int(widths.argmax())
        if widths[side] >= 8:
            _logo_bar(out, boxes[side], rng)
    return out


def draw_picture(s: Sources, rng: np.random.Generator, *, framed_share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """One picture, uint8 (H, W, 3), and the widths of its frame in pixels on left, top, right, bottom, int (4,); all 0: no frame."""
    long, aspect = int(rng.integers(208, 340)), float(np.exp(rng.uniform(np.log(0.62), np.log(1.6))))
    h, w = (long, max(96, int(long * aspect))) if aspect < 1 else (max(96, int(long / aspect)), long)
    if rng.random() < framed_share:
        content = rng.choice(5, p=[0.35, 0.42, 0.08, 0.08, 0.07])
        kind = (photo, studio, *(PICTURES[i][0] for i in (2, 3, 4)))[int(content)]
        fill = fills.FILLS[int(rng.integers(len(fills.FILLS)))](rng, h, w)
        widths = draw_widths(rng, h, w)
        picture = put_frame(kind(s, rng, h, w), fill, widths, rng)
        if fill.min() > 225:  # a white frame is a margin: cutting it off would change nothing
            widths = np.zeros(4, int)
    else:
        kinds, chance = zip(*PICTURES, strict=True)
        picture, widths = kinds[rng.choice(len(kinds), p=chance)](s, rng, h, w), np.zeros(4, int)
        if rng.random() < 0.12:  # a white margin is no frame
            gaps = [int(rng.uniform(0.01, 0.15) * n) for n in (h, h, w, w)]
            picture = cv2.copyMakeBorder(studio(s, rng, h, w), *gaps, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    kind = rng.random()
    if kind < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    elif kind < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.2)))
    return picture, widths


def draw_sample(s: Sources, rng: np.random.Generator, *, framed_share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """One picture as the network sees it, uint8 (SIZE, SIZE, 3), and its widths in magnified pixels, float32 (4,); all 0: no frame."""
    picture, widths = draw_picture(s, rng, framed_share=framed_share)
    h, w = picture.shape[:2]
    per_pixel = magnified_border(SIZE) / np.array([border_pixels(n) for n in (w, h, w, h)], np.float32)
    return magnify_border(picture, SIZE), (widths * per_pixel).astype(np.float32)
