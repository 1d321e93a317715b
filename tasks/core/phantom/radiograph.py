"""Draw one synthetic chest film, as arrays, from a patient, its opacities and an exposure.

The drawing is a projection: tissue attenuates, air takes attenuation away, bone adds it again, and
a film curve turns the sum into grey. An opacity replaces air by fluid, so it shows only in a lung.

Body coordinates: `x` to the image right (the patient's left), `y` down, 0 in the middle of the
chest, 1 unit about half its height. All proportions were set by eye; none is a clinical figure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from tasks.core.phantom.anatomy import Anatomy, Exposure, Field, Opacity

Mask = NDArray[np.bool_]

MASK_SHARE = 0.35  # an opacity's mask begins where this share of its full density is reached


@dataclass(frozen=True)
class Film:
    """A film and the truth about it.

    Attributes:
        pixels: (H, W) uint8.
        lungs: (H, W) bool, both lungs as far as they are exposed, without the heart.
        opacities: one (H, W) bool per opacity, in the order given.
    """

    pixels: NDArray[np.uint8]
    lungs: Mask
    opacities: tuple[Mask, ...]


def draw_film(
    anatomy: Anatomy, opacities: tuple[Opacity, ...], exposure: Exposure, rng: np.random.Generator
) -> Film:
    """Draw one film.

    Args:
        anatomy: The patient.
        opacities: What is in the lungs; empty for a normal film.
        exposure: Size, framing and film curve.
        rng: Source of the quantum noise.

    Returns:
        The film, its lungs and one mask per opacity.
    """
    x, y = _body_grid(exposure)
    x, y = x + 0.02 * _waves(anatomy.bend, x, y), y + 0.025 * _waves(anatomy.bend, y, x)
    heart = _heart(anatomy, x, y)
    lung = _lungs(anatomy, x, y) * (1 - 0.93 * heart)
    exposed = _exposed(exposure)
    lungs = (lung > 0.5) & exposed
    vessels = _draw_vessels(anatomy, exposure)
    shades = [_shade(opacity, x, y) for opacity in opacities]
    masks = tuple((shade > MASK_SHARE) & lungs for shade in shades)
    air = lung * _depth(anatomy, x, y)
    for opacity, shade in zip(opacities, shades, strict=True):
        airways = np.clip(1.3 * vessels, 0, 1) if opacity.bronchogram else 0.0
        air = air * (1 - opacity.strength * shade * (1 - 0.5 * airways))
    body = _body(anatomy, x, y)
    attenuation = body + 0.2 * heart + 0.3 * vessels * air + _bones(anatomy, x, y)
    uneven = _waves(anatomy.tissue, x, y) * (1 - 0.7 * lung)
    attenuation += 0.16 * uneven * np.clip(body, 0.3, 1)
    attenuation -= 0.72 * air + _airways_and_stomach(anatomy, x, y)
    return Film(_expose(attenuation, exposed, exposure, rng), lungs, masks)


def _waves(waves: Field, x: Field, y: Field) -> Field:
    field = np.zeros(np.broadcast(x, y).shape, dtype=np.float32)
    for kx, ky, phase, weight in waves.tolist():
        field += weight * np.cos(kx * x + ky * y + phase)
    return field


def _step(distance: Field, width: float) -> Field:
    """Smooth step from 0 to 1, one half at 0."""
    t = np.clip(distance / width + 0.5, 0, 1)
    step: Field = t * t * (3 - 2 * t)
    return step


def _body_grid(exposure: Exposure) -> tuple[Field, Field]:
    cols = np.arange(exposure.width_px, dtype=np.float32)[None, :]
    rows = np.arange(exposure.height_px, dtype=np.float32)[:, None]
    right = (cols - (exposure.width_px - 1) / 2) / exposure.px_per_unit
    down = (rows - (exposure.height_px - 1) / 2) / exposure.px_per_unit
    cos, sin = float(np.cos(exposure.rotation_rad)), float(np.sin(exposure.rotation_rad))
    return (
        cos * right + sin * down + exposure.shift[0],
        cos * down - sin * right + exposure.shift[1],
    )  # (H, W) each


def _rib_cage(a: Anatomy, y: Field) -> Field:
    above = np.clip((y - a.apex) / 0.8, 0, 1)
    below = np.clip((y - 0.2) / 0.8, 0, 1)
    rounded = np.sqrt(1 - (1 - above) ** 2.2)
    half: Field = 0.3 + (a.breadth - 0.3) * rounded - 0.05 * below**2
    return half


def _lungs(a: Anatomy, x: Field, y: Field) -> Field:
    across = np.abs(x)
    inner = a.mediastinum + 0.12 * np.clip((a.apex + 0.45 - y) / 0.45, 0, 1) ** 2
    floor = (
        a.domes[1]
        + (a.domes[0] - a.domes[1]) * (x < 0).astype(x.dtype)
        + 0.26 * ((across - 0.38) / 0.5) ** 2
    )
    sides = _step(across - inner, 0.06) * _step(_rib_cage(a, y) - across, 0.045)
    return sides * _step(floor - y, 0.045) * _step(y - a.apex, 0.08)


def _depth(a: Anatomy, x: Field, y: Field) -> Field:
    """Thickness of a lung along the beam, 1 at most: thin at the edges, the apex and the base."""
    cage = _rib_cage(a, y)
    q = (np.abs(x) - (cage + a.mediastinum) / 2) / ((cage - a.mediastinum) / 2 + 0.05)
    ends = 1 - 0.3 * np.clip((y - 0.3) / 0.6, 0, 1) - 0.3 * np.clip((-0.35 - y) / 0.6, 0, 1)
    depth: Field = (0.62 + 0.38 * np.sqrt(np.clip(1 - q * q, 0, 1))) * ends
    return depth


def _ellipse(x: Field, y: Field, radius_x: float, radius_y: float) -> Field:
    """How far inside an ellipse: 1 at its centre, 0 on its edge, negative outside."""
    return 1 - np.sqrt((x / radius_x) ** 2 + (y / radius_y) ** 2)


def _heart(a: Anatomy, x: Field, y: Field) -> Field:
    """Heart and great vessels as one outline."""
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


def _body(a: Anatomy, x: Field, y: Field) -> Field:
    flank = a.breadth + a.wall + 0.12 * _step(-0.45 - y, 0.5)
    shoulder = 0.3 + 2.4 * np.clip(y + 1.12, 0, 2)
    width = np.maximum(flank - np.logaddexp(0, (flank - shoulder) * 12) / 12, 0.3)
    thick = 0.92 + 0.25 * _step(y - 0.6, 0.6) - 0.1 * _step(-0.9 - y, 0.6)
    trunk = np.sqrt(np.clip(1 - (x / width) ** 2, 0, 1)) * thick
    arms = np.sqrt(np.clip(1 - (_from_arm(a, x, y) / 0.21) ** 2, 0, 1))
    thickest: Field = np.maximum(trunk, 0.62 * arms)
    return a.thickness * thickest


def _from_arm(a: Anatomy, x: Field, y: Field) -> Field:
    """Distance to the axis of the nearer upper arm."""
    right, down = float(np.sin(a.arm_angle_rad)), float(np.cos(a.arm_angle_rad))
    dx, dy = np.abs(x) - a.breadth - 0.06, y + 0.72
    along = np.clip(dx * right + dy * down, 0, 2)
    return np.hypot(dx - along * right, dy - along * down)


def _tube(offset: Field) -> Field:
    """Shade across a bone: bright cortex at |offset| near 1, paler marrow at 0."""
    t = np.abs(offset)
    return np.clip((1 - t) / 0.3, 0, 1) * (0.6 + 0.4 * np.clip(t, 0, 1) ** 2)


def _bones(a: Anatomy, x: Field, y: Field) -> Field:
    across = np.abs(x)
    top, rise = a.clavicle
    reach = (across - 0.1) / (a.breadth - 0.1)
    line = top - rise * reach + 0.05 * np.sin(2 * np.pi * np.clip(reach, 0, 1))
    clavicle = _tube((y - line) / (0.04 + 0.012 * np.cos(3 * reach)))
    clavicle *= _step(reach, 0.06) * _step(1.02 - reach, 0.06)
    humerus = _tube(_from_arm(a, x, y) / 0.062) * _step(across - a.breadth - 0.03, 0.1)
    bones = 0.19 * _ribs(a, x, y) + 0.33 * _spine(a, x, y) + 0.09 * _scapulae(a, x, y)
    shade: Field = a.bone * (bones + 0.2 * clavicle + 0.22 * humerus)
    return shade


def _ribs(a: Anatomy, x: Field, y: Field) -> Field:
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


def _spine(a: Anatomy, x: Field, y: Field) -> Field:
    across = np.abs(x)
    beat = np.cos(2 * np.pi * (y - a.ribs[0]) / a.ribs[1])  # 1 in a vertebra, -1 in a disc
    pedicle = np.exp(-(((across - 0.06) / 0.022) ** 2)) * np.clip(beat, 0, 1) ** 3
    spinous = np.exp(-((x / 0.02) ** 2)) * np.clip(-beat, 0, 1)
    column = _step(0.105 - across, 0.08) * (0.75 + 0.2 * np.clip(2 * beat, -1, 1))
    shade: Field = column + 0.35 * pedicle + 0.15 * spinous
    return shade


def _scapulae(a: Anatomy, x: Field, y: Field) -> Field:
    across = np.abs(x)
    inner = a.breadth - 0.22 + 0.25 * (y + 0.5) ** 2 + 0.1 * (y + 0.7)
    tip = 0.9 * (a.breadth + 0.12 - across) - y - 0.08
    blade = _step(across - inner, 0.06) * _step(a.breadth + 0.2 - across, 0.2)
    border = np.exp(-(((across - inner - 0.03) / 0.03) ** 2))
    return blade * _step(y + 0.78, 0.1) * _step(tip, 0.12) * (0.7 + 0.8 * border)


def _airways_and_stomach(a: Anatomy, x: Field, y: Field) -> Field:
    across = np.abs(x)
    trachea = np.exp(-np.square(((x + 0.015) / 0.055) ** 2)) * _step(-0.22 - y, 0.12)
    bronchi = np.exp(-(((y + 0.2 - 0.75 * across) / 0.05) ** 2)) * _step(0.24 - across, 0.12)
    gas: Field = 0.2 * trachea + 0.12 * bronchi * _step(y + 0.24, 0.08)
    if a.stomach:
        middle = a.domes[1] + 0.8 * a.stomach + 0.06
        gas += 0.3 * _step(_ellipse(x - 0.45, y - middle, 1.4 * a.stomach, 0.75 * a.stomach), 0.4)
    return gas


def _draw_vessels(a: Anatomy, exposure: Exposure) -> Field:
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


def _shade(opacity: Opacity, x: Field, y: Field) -> Field:
    """Density of an opacity, (H, W) in [0, 1]."""
    dx, dy = x - opacity.x, y - opacity.y
    inside = _ellipse(dx, dy, opacity.radius_x, opacity.radius_y)
    shade = _step(inside - 0.35 * _waves(opacity.waves, x, y), 2 * opacity.softness)
    shade = shade * (x * opacity.side > 0)
    if opacity.fissure:
        edge = opacity.fissure * dy + 0.6 * opacity.radius_y + 0.2 * opacity.side * dx
        shade = shade * _step(edge, 0.06)
    return shade


def _exposed(exposure: Exposure) -> Mask:
    left, top, right, bottom = exposure.margins
    cols = (np.arange(exposure.width_px) + 0.5) / exposure.width_px
    rows = (np.arange(exposure.height_px) + 0.5) / exposure.height_px
    return np.outer((rows > top) & (rows < 1 - bottom), (cols > left) & (cols < 1 - right))


def _expose(
    attenuation: Field, exposed: Mask, exposure: Exposure, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Scatter, quantum noise, blur, automatic exposure, film curve, collimation and marker."""
    scatter = ndimage.uniform_filter(attenuation, round(0.35 * exposure.height_px))
    signal = 0.88 * attenuation + 0.12 * scatter
    quanta = rng.standard_normal(signal.shape, dtype=np.float32)
    signal = signal + exposure.noise * np.exp(0.5 * signal) * quanta  # fewer photons, more noise
    signal = ndimage.gaussian_filter(signal, exposure.blur_px)
    patient = signal[signal > 0.12]  # without the air around
    dark, bright = np.percentile(patient, (10, 90)).tolist()
    level = (signal - (dark + bright) / 2) / (bright - dark) * 2.6
    level = level * exposure.contrast + exposure.brightness
    right, down = exposure.gradient
    rows, cols = (np.linspace(-1, 1, n, dtype=np.float32) for n in signal.shape)
    level = level + right * cols[None, :] + down * rows[:, None]
    grey = 255 / (1 + np.exp(-1.15 * level))
    grey = grey * ndimage.uniform_filter(exposed.astype(np.float32), 3)
    ink = _draw_marker(exposure)
    pixels: Field = np.clip(np.round(grey + (245 - grey) * ink), 0, 255)
    return pixels.astype(np.uint8)


def _draw_marker(exposure: Exposure) -> Field:
    """The side letter, (H, W) in [0, 1]."""
    across, down, size = exposure.marker_place
    canvas = Image.new("L", (exposure.width_px, exposure.height_px))
    font = ImageFont.load_default(max(10, round(size * exposure.height_px)))
    place = (across * exposure.width_px, down * exposure.height_px)
    ImageDraw.Draw(canvas).text(place, exposure.marker, fill=255, font=font, anchor="mm")
    return np.asarray(ndimage.gaussian_filter(np.asarray(canvas, dtype=np.float32) / 255, 0.5))
