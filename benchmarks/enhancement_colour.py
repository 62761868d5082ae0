"""Colour difference CIEDE2000 of pictures."""

from __future__ import annotations

import cv2
import numpy as np


def ciede2000(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """CIELAB (..., 3) twice -> Delta E 2000 (...), kL = kC = kH = 1. Formula: CIE 142-2001 in the steps of Sharma, Wu and Dalal (2005)."""
    l1, a1, b1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    both = c1 * c2 != 0
    turn = np.where(both, (h2 - h1 + 180) % 360 - 180, 0.0)
    turn = np.where(both & (h2 - h1 == 180), 180.0, turn)
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    l_mean, c_mean, h_sum = (l1 + l2) / 2, (c1 + c2) / 2, h1 + h2
    far = np.abs(h1 - h2) > 180
    h_mean = np.where(both, np.where(far, np.where(h_sum < 360, h_sum + 360, h_sum - 360), h_sum) / 2, h_sum)
    t = (
        1 - 0.17 * np.cos(np.radians(h_mean - 30)) + 0.24 * np.cos(np.radians(2 * h_mean))
        + 0.32 * np.cos(np.radians(3 * h_mean + 6)) - 0.20 * np.cos(np.radians(4 * h_mean - 63))
    )  # fmt: skip
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    r_c = 2 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7))
    r_t = -np.sin(np.radians(60 * np.exp(-(((h_mean - 275) / 25) ** 2)))) * r_c
    d_l, d_c, d_h = d_l / s_l, d_c / s_c, d_h / s_h
    return np.sqrt(np.maximum(d_l**2 + d_c**2 + d_h**2 + r_t * d_c * d_h, 0))


def garment_difference(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> float:
    """Mean CIEDE2000 of two pictures uint8 (H, W, 3) inside a garment's mask float (H, W), counted from 0.5."""
    inside = mask > 0.5
    lab = [cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[inside] for x in (first, second)]
    return float(ciede2000(*lab).mean())
