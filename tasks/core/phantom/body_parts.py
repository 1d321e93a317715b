"""Shapes and densities of the parts of a chest, as arrays in the size of a film.

Every function takes `x` and `y`, the body coordinates of each pixel, (H, W) each: `x` to the image
right (the patient's left), `y` down, 0 in the middle of the chest, 1 unit about half its height.
All proportions were set by eye. None is a clinical measurement.
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from tasks.core.phantom.anatomy import Anatomy, Exposure, Grid, Opacity


def wave_field(waves: Grid, x: Grid, y: Grid) -> Grid:
    """Add up plane waves: (H, W) float32.

    Args:
        waves: (k, 4) float: wave vector x and y, phase, weight.
        x: Body coordinates, (H, W).
        y: Body coordinates, (H, W).
    """
    field = np.zeros(np.broadcast(x, y).shape, dtype=np.float32)
    for kx, ky, phase, weight in waves.tolist():
        field += weight * np.cos(kx * x + ky * y + phase)
    return field


def _step(distance: Grid, width: float) -> Grid:
    """Smooth step from 0 to 1, with 0.5 at distance 0."""
    t = np.clip(distance / width + 0.5, 0, 1)
    step: Grid = t * t * (3 - 2 * t)
    return step


def _rib_cage(a: Anatomy, y: Grid) -> Grid:
    """Half width of the rib cage at each height."""
    above = np.clip((y - a.apex) / 0.8, 0, 1)
    below = np.clip((y - 0.2) / 0.8, 0, 1)
    rounded = np.sqrt(1 - (1 - above) ** 2.2)
    half: Grid = 0.3 + (a.breadth - 0.3) * rounded - 0.05 * below**2
    return half


def lung_shape(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Both lungs, without the heart: 1 inside, 0 outside, with soft edges."""
    across = np.abs(x)
    inner = a.mediastinum + 0.12 * np.clip((a.apex + 0.45 - y) / 0.45, 0, 1) ** 2
    floor = (
        a.domes[1]
        + (a.domes[0] - a.domes[1]) * (x < 0).astype(x.dtype)
        + 0.26 * ((across - 0.38) / 0.5) ** 2
    )
    sides = _step(across - inner, 0.06) * _step(_rib_cage(a, y) - across, 0.045)
    return sides * _step(floor - y, 0.045) * _step(y - a.apex, 0.08)


def lung_depth(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Thickness of a lung along the beam, at most 1: thin at the edges, apex and base."""
    cage = _rib_cage(a, y)
    q = (np.abs(x) - (cage + a.mediastinum) / 2) / ((cage - a.mediastinum) / 2 + 0.05)
    ends = 1 - 0.3 * np.clip((y - 0.3) / 0.6, 0, 1) - 0.3 * np.clip((-0.35 - y) / 0.6, 0, 1)
    depth: Grid = (0.62 + 0.38 * np.sqrt(np.clip(1 - q * q, 0, 1))) * ends
    return depth


def _ellipse(x: Grid, y: Grid, radius_x: float, radius_y: float) -> Grid:
    """How far inside an ellipse: 1 at its centre, 0 on its edge, negative outside."""
    return 1 - np.sqrt((x / radius_x) ** 2 + (y / radius_y) ** 2)


def heart_shape(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Heart and great vessels in one outline: 1 inside, 0 outside."""
    hx, hy, length, height = a.heart
    cos, sin = float(np.cos(a.heart_tilt_rad)), float(np.sin(a.heart_tilt_rad))
    parts = (
        _ellipse((x - hx) * cos + (y - hy) * sin, (y - hy) * cos - (x - hx) * sin, length, height),
        _ellipse(x + 0.07, y - hy, length * 0.52, height * 0.95),
        _ellipse(x - 0.11, y + 0.02, 0.17, 0.26),
        _ellipse(x - 0.1, y + 0.32, 0.17, 0.2),
        _ellipse(x + 0.06, y + 0.2, 0.16, 0.5),
    )
    merged = np.log(sum(np.exp(10 * part) for part in parts)) / 10  # a smooth maximum
    return _step(merged - 0.06, 0.13)


def soft_tissue(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Density of the trunk and the upper arms."""
    flank = a.breadth + a.wall + 0.12 * _step(-0.45 - y, 0.5)
    shoulder = 0.3 + 2.4 * np.clip(y + 1.12, 0, 2)
    width = np.maximum(flank - np.logaddexp(0, (flank - shoulder) * 12) / 12, 0.3)
    thick = 0.92 + 0.25 * _step(y - 0.6, 0.6) - 0.1 * _step(-0.9 - y, 0.6)
    trunk = np.sqrt(np.clip(1 - (x / width) ** 2, 0, 1)) * thick
    arms = np.sqrt(np.clip(1 - (_from_arm(a, x, y) / 0.21) ** 2, 0, 1))
    thickest: Grid = np.maximum(trunk, 0.62 * arms)
    return a.thickness * thickest


def _from_arm(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Distance to the axis of the nearer upper arm."""
    right, down = float(np.sin(a.arm_angle_rad)), float(np.cos(a.arm_angle_rad))
    dx, dy = np.abs(x) - a.breadth - 0.06, y + 0.72
    along = np.clip(dx * right + dy * down, 0, 2)
    return np.hypot(dx - along * right, dy - along * down)


def _tube(offset: Grid) -> Grid:
    """Density across a bone: bright cortex at |offset| near 1, paler marrow at 0."""
    t = np.abs(offset)
    return np.clip((1 - t) / 0.3, 0, 1) * (0.6 + 0.4 * np.clip(t, 0, 1) ** 2)


def bone_density(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Density of ribs, spine, scapulae, clavicles and humeri."""
    across = np.abs(x)
    top, rise = a.clavicle
    reach = (across - 0.1) / (a.breadth - 0.1)
    line = top - rise * reach + 0.05 * np.sin(2 * np.pi * np.clip(reach, 0, 1))
    clavicle = _tube((y - line) / (0.04 + 0.012 * np.cos(3 * reach)))
    clavicle *= _step(reach, 0.06) * _step(1.02 - reach, 0.06)
    humerus = _tube(_from_arm(a, x, y) / 0.062) * _step(across - a.breadth - 0.03, 0.1)
    bones = 0.19 * _ribs(a, x, y) + 0.33 * _spine(a, x, y) + 0.09 * _scapulae(a, x, y)
    shade: Grid = a.bone * (bones + 0.2 * clavicle + 0.22 * humerus)
    return shade


def _ribs(a: Anatomy, x: Grid, y: Grid) -> Grid:
    first, spacing, drop, fall, half = a.ribs
    cage = _rib_cage(a, y) + 0.03
    across = np.abs(x)
    s = np.clip(across / cage, 0, 1)  # 0 at the spine, 1 at the side
    behind = (y - first - drop * s**2.6 + 0.05 * np.sin(np.pi * s)) / spacing
    before = (y - first - drop - fall * (1 - s) ** 1.2) / spacing
    posterior = _tube((behind - np.clip(np.round(behind), 0, 11)) * spacing / half)
    anterior = _tube((before - np.clip(np.round(before), 0, 7)) * spacing / (1.15 * half))
    posterior *= _step(across - 0.09, 0.06) * (0.75 + 0.5 * s**3)
    return _step(cage - across, 0.06) * (posterior + 0.6 * anterior * _step(s - 0.5, 0.3))


def _spine(a: Anatomy, x: Grid, y: Grid) -> Grid:
    across = np.abs(x)
    beat = np.cos(2 * np.pi * (y - a.ribs[0]) / a.ribs[1])  # 1 in a vertebra, -1 in a disc
    pedicle = np.exp(-(((across - 0.06) / 0.022) ** 2)) * np.clip(beat, 0, 1) ** 3
    spinous = np.exp(-((x / 0.02) ** 2)) * np.clip(-beat, 0, 1)
    column = _step(0.105 - across, 0.08) * (0.75 + 0.2 * np.clip(2 * beat, -1, 1))
    shade: Grid = column + 0.35 * pedicle + 0.15 * spinous
    return shade


def _scapulae(a: Anatomy, x: Grid, y: Grid) -> Grid:
    across = np.abs(x)
    inner = a.breadth - 0.22 + 0.25 * (y + 0.5) ** 2 + 0.1 * (y + 0.7)
    tip = 0.9 * (a.breadth + 0.12 - across) - y - 0.08
    blade = _step(across - inner, 0.06) * _step(a.breadth + 0.2 - across, 0.2)
    border = np.exp(-(((across - inner - 0.03) / 0.03) ** 2))
    return blade * _step(y + 0.78, 0.1) * _step(tip, 0.12) * (0.7 + 0.8 * border)


def gas_density(a: Anatomy, x: Grid, y: Grid) -> Grid:
    """Density that the airways and the gas bubble of the stomach remove."""
    across = np.abs(x)
    trachea = np.exp(-np.square(((x + 0.015) / 0.055) ** 2)) * _step(-0.22 - y, 0.12)
    bronchi = np.exp(-(((y + 0.2 - 0.75 * across) / 0.05) ** 2)) * _step(0.24 - across, 0.12)
    gas: Grid = 0.2 * trachea + 0.12 * bronchi * _step(y + 0.24, 0.08)
    if a.stomach:
        middle = a.domes[1] + 0.8 * a.stomach + 0.06
        gas += 0.3 * _step(_ellipse(x - 0.45, y - middle, 1.4 * a.stomach, 0.75 * a.stomach), 0.4)
    return gas


def draw_vessels(a: Anatomy, exposure: Exposure) -> Grid:
    """Vessels of both lungs, (H, W) in [0, 1]."""
    size = (exposure.width_px, exposure.height_px)
    canvas = Image.new("L", size)
    pen = ImageDraw.Draw(canvas)
    scale, turn = exposure.px_per_unit, np.exp(1j * exposure.rotation_rad)
    starts, stops = a.vessels[:, 0] + 1j * a.vessels[:, 1], a.vessels[:, 2] + 1j * a.vessels[:, 3]
    middle = complex(size[0] - 1, size[1] - 1) / 2
    ends = [(p - complex(*exposure.shift)) * turn * scale + middle for p in (starts, stops)]
    for start, stop, width in zip(*ends, a.vessels[:, 4], strict=True):
        shade = int(70 + 185 * min(1, width / 0.06))
        line = [(start.real, start.imag), (stop.real, stop.imag)]
        pen.line(line, fill=shade, width=max(1, round(0.8 * width * scale)))
    ink = np.asarray(canvas, dtype=np.float32) / 255
    return np.asarray(ndimage.gaussian_filter(ink, 0.006 * scale))


def opacity_density(opacity: Opacity, x: Grid, y: Grid) -> Grid:
    """Density of an opacity, (H, W) in [0, 1]."""
    dx, dy = x - opacity.x, y - opacity.y
    inside = _ellipse(dx, dy, opacity.radius_x, opacity.radius_y)
    shade = _step(inside - 0.35 * wave_field(opacity.waves, x, y), 2 * opacity.softness)
    shade = shade * (x * opacity.side > 0)
    if opacity.fissure:
        edge = opacity.fissure * dy + 0.6 * opacity.radius_y + 0.2 * opacity.side * dx
        shade = shade * _step(edge, 0.06)
    return shade
