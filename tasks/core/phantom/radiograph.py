"""Draw one synthetic chest film from a patient, its opacities and an exposure.

The film is a projection: tissue attenuates the beam, air reduces the attenuation, bone adds to it,
and a film curve turns the sum into grey levels. An opacity replaces air by fluid, so it is visible
only in a lung.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from tasks.core.phantom.anatomy import Anatomy, Exposure, Grid, Opacity
from tasks.core.phantom.body_parts import (
    bone_density,
    draw_vessels,
    gas_density,
    heart_shape,
    lung_depth,
    lung_shape,
    opacity_density,
    soft_tissue,
    wave_field,
)

Mask = NDArray[np.bool_]

MASK_SHARE = 0.35  # the mask of an opacity holds the pixels above this share of full density


@dataclass(frozen=True)
class SyntheticFilm:
    """A film with the true masks of its lungs and opacities.

    Attributes:
        pixels: (H, W) uint8.
        lungs: (H, W) bool; the exposed part of both lungs, without the heart.
        opacities: One (H, W) bool mask per opacity, in the given order.
    """

    pixels: NDArray[np.uint8]
    lungs: Mask
    opacities: tuple[Mask, ...]


def draw_synthetic_film(
    anatomy: Anatomy, opacities: tuple[Opacity, ...], exposure: Exposure, rng: np.random.Generator
) -> SyntheticFilm:
    """Draw one film.

    Args:
        anatomy: Build of the patient.
        opacities: Opacities in the lungs; empty for a normal film.
        exposure: Size, framing and film curve.
        rng: Random numbers for the quantum noise.
    """
    x, y = _body_grid(exposure)
    x, y = x + 0.02 * wave_field(anatomy.bend, x, y), y + 0.025 * wave_field(anatomy.bend, y, x)
    heart = heart_shape(anatomy, x, y)
    lung = lung_shape(anatomy, x, y) * (1 - 0.93 * heart)
    exposed = _exposed(exposure)
    lungs = (lung > 0.5) & exposed
    vessels = draw_vessels(anatomy, exposure)
    shades = [opacity_density(opacity, x, y) for opacity in opacities]
    masks = tuple((shade > MASK_SHARE) & lungs for shade in shades)
    air = lung * lung_depth(anatomy, x, y)
    for opacity, shade in zip(opacities, shades, strict=True):
        airways = np.clip(1.3 * vessels, 0, 1) if opacity.bronchogram else 0.0
        air = air * (1 - opacity.strength * shade * (1 - 0.5 * airways))
    body = soft_tissue(anatomy, x, y)
    attenuation = body + 0.2 * heart + 0.3 * vessels * air + bone_density(anatomy, x, y)
    uneven = wave_field(anatomy.tissue, x, y) * (1 - 0.7 * lung)
    attenuation += 0.16 * uneven * np.clip(body, 0.3, 1)
    attenuation -= 0.72 * air + gas_density(anatomy, x, y)
    return SyntheticFilm(_expose(attenuation, exposed, exposure, rng), lungs, masks)


def _body_grid(exposure: Exposure) -> tuple[Grid, Grid]:
    """Body coordinates x and y of each pixel, (H, W) float32 each."""
    cols = np.arange(exposure.width_px, dtype=np.float32)[None, :]
    rows = np.arange(exposure.height_px, dtype=np.float32)[:, None]
    right = (cols - (exposure.width_px - 1) / 2) / exposure.px_per_unit
    down = (rows - (exposure.height_px - 1) / 2) / exposure.px_per_unit
    cos, sin = float(np.cos(exposure.rotation_rad)), float(np.sin(exposure.rotation_rad))
    return (
        cos * right + sin * down + exposure.shift[0],
        cos * down - sin * right + exposure.shift[1],
    )  # (H, W) each


def _exposed(exposure: Exposure) -> Mask:
    """The part of the film inside the collimated margins."""
    left, top, right, bottom = exposure.margins
    cols = (np.arange(exposure.width_px) + 0.5) / exposure.width_px
    rows = (np.arange(exposure.height_px) + 0.5) / exposure.height_px
    return np.outer((rows > top) & (rows < 1 - bottom), (cols > left) & (cols < 1 - right))


def _expose(
    attenuation: Grid, exposed: Mask, exposure: Exposure, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Turn attenuation into grey levels.

    The steps: scatter, quantum noise, blur, automatic exposure, film curve, collimation, marker.
    """
    scatter = ndimage.uniform_filter(attenuation, round(0.35 * exposure.height_px))
    signal = 0.88 * attenuation + 0.12 * scatter
    quanta = rng.standard_normal(signal.shape, dtype=np.float32)
    signal = signal + exposure.noise * np.exp(0.5 * signal) * quanta  # fewer photons, more noise
    signal = ndimage.gaussian_filter(signal, exposure.blur_px)
    patient = signal[signal > 0.12]  # without the air around the body
    dark, bright = np.percentile(patient, (10, 90)).tolist()
    level = (signal - (dark + bright) / 2) / (bright - dark) * 2.6
    level = level * exposure.contrast + exposure.brightness
    right, down = exposure.gradient
    rows, cols = (np.linspace(-1, 1, n, dtype=np.float32) for n in signal.shape)
    level = level + right * cols[None, :] + down * rows[:, None]
    grey = 255 / (1 + np.exp(-1.15 * level))
    grey = grey * ndimage.uniform_filter(exposed.astype(np.float32), 3)
    ink = _draw_marker(exposure)
    pixels: Grid = np.clip(np.round(grey + (245 - grey) * ink), 0, 255)
    return pixels.astype(np.uint8)


def _draw_marker(exposure: Exposure) -> Grid:
    """The side letter, (H, W) in [0, 1]."""
    across, down, size = exposure.marker_place
    canvas = Image.new("L", (exposure.width_px, exposure.height_px))
    font = ImageFont.load_default(max(10, round(size * exposure.height_px)))
    place = (across * exposure.width_px, down * exposure.height_px)
    ImageDraw.Draw(canvas).text(place, exposure.marker, fill=255, font=font, anchor="mm")
    return np.asarray(ndimage.gaussian_filter(np.asarray(canvas, dtype=np.float32) / 255, 0.5))
