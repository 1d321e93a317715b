"""Sample the random properties of a synthetic film: patient, opacities, exposure.

Body coordinates: `x` to the image right (the patient's left), `y` down, 0 in the middle of the
chest, 1 unit about half its height. All proportions were set by eye. None is a clinical
measurement.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Subtype = Literal["", "bacteria", "virus"]  # empty for a normal film
Grid = NDArray[np.floating[Any]]

LOBE_HEIGHTS = (-0.42, 0.02, 0.34)  # upper, middle, lower


@dataclass(frozen=True)
class Anatomy:
    """Build of one patient, the same on all films; lengths in body units.

    Attributes:
        apex: Height of the lung apices.
        breadth: Half width of the rib cage.
        domes: Heights of the right and the left diaphragm.
        wall: Thickness of the chest wall.
        heart: x, y, half length and half height; `heart_tilt_rad` turns its apex down.
        mediastinum: Half width beside the spine.
        ribs: First height, spacing, drop to the side, fall in front, half height of a rib.
        bone, thickness: Density of the bones and of the soft tissue; 1 is average.
        clavicle: Height at the sternum, rise to the shoulder.
        arm_angle_rad: Angle of the upper arms, 0 for hanging, pi for raised.
        stomach: Size of the gas bubble under the left diaphragm, 0 for none.
        vessels: (n, 5) float; x0, y0, x1, y1 and width of each piece.
        tissue, bend: (k, 4) float; waves of uneven tissue, and of the irregular outline.
    """

    apex: float
    breadth: float
    domes: tuple[float, float]
    wall: float
    heart: tuple[float, float, float, float]
    heart_tilt_rad: float
    mediastinum: float
    ribs: tuple[float, float, float, float, float]
    bone: float
    thickness: float
    clavicle: tuple[float, float]
    arm_angle_rad: float
    stomach: float
    vessels: Grid
    tissue: Grid
    bend: Grid


@dataclass(frozen=True)
class Opacity:
    """One soft opacity: an ellipse (body units) with an edge that `waves` make irregular.

    Attributes:
        side: -1 in the right lung (image left), 1 in the left lung.
        strength: Share of the air that fluid replaces, in (0, 1).
        softness: Width of the edge as a share of the radius.
        fissure: 1 or -1 for a straight upper or lower edge, 0 for none.
        bronchogram: Whether airways stay dark inside.
    """

    side: int
    x: float
    y: float
    radius_x: float
    radius_y: float
    strength: float
    softness: float
    fissure: int
    bronchogram: bool
    waves: Grid


@dataclass(frozen=True)
class Exposure:
    """Settings of one exposure; none depends on the disease of the patient.

    Attributes:
        half_height: Body units from the middle of the film to its upper edge.
        shift: Body point at the middle of the film.
        brightness, contrast: Offset and slope of the film curve.
        gradient: Increase of brightness to the right and downwards (heel effect).
        noise: Standard deviation of the quantum noise where nothing attenuates.
        margins: Collimated share of the film at the left, top, right and bottom.
        marker: Side letter, `L` or `R`; `marker_place` is x, y and size as shares of the film.
    """

    width_px: int
    height_px: int
    half_height: float
    shift: tuple[float, float]
    rotation_rad: float
    brightness: float
    contrast: float
    gradient: tuple[float, float]
    noise: float
    blur_px: float
    margins: tuple[float, ...]
    marker: str
    marker_place: tuple[float, float, float]

    @property
    def px_per_unit(self) -> float:
        """Pixels in one body unit."""
        return self.height_px / (2 * self.half_height)


def sample_anatomy(rng: np.random.Generator) -> Anatomy:
    """Sample the build of one patient."""
    u = rng.uniform
    dome = u(0.56, 0.74)
    return Anatomy(
        apex=u(-0.92, -0.8),
        breadth=u(0.78, 1.0),
        domes=(dome, dome + u(-0.01, 0.09)),
        wall=u(0.08, 0.24),
        heart=(u(0.08, 0.19), dome - u(0.24, 0.3), u(0.42, 0.52), u(0.28, 0.36)),
        heart_tilt_rad=u(0.35, 0.8),
        mediastinum=u(0.16, 0.24),
        ribs=(u(-0.97, -0.85), u(0.145, 0.18), u(0.2, 0.4), u(0.3, 0.55), u(0.026, 0.038)),
        bone=u(0.75, 1.25),
        thickness=u(0.85, 1.15),
        clavicle=(u(-0.72, -0.56), u(0.05, 0.25)),
        arm_angle_rad=u(0.15, 0.5) if rng.random() < 0.5 else u(1.7, 2.6),
        stomach=u(0.12, 0.26) if rng.random() < 0.5 else 0.0,
        vessels=_sample_vessels(rng),
        tissue=_sample_waves(rng, 8, 3.0, 12.0),
        bend=_sample_waves(rng, 4, 1.5, 4.5),
    )


def sample_opacities(
    rng: np.random.Generator, anatomy: Anatomy, subtype: Subtype
) -> tuple[Opacity, ...]:
    """Sample opacities: none if normal, one lobe if bacterial, 2 to 5 faint patches if viral.

    Source:
        Kermany et al., Cell 172 (2018), figure S6: bacterial pneumonia typically shows a focal
        lobar consolidation, viral pneumonia a more diffuse pattern in both lungs. The strengths
        are our choice.
    """
    if not subtype:
        return ()
    if subtype == "bacteria":
        side, height = int(rng.choice([-1, 1])), float(rng.choice(LOBE_HEIGHTS))
        return (_sample_lobar(rng, anatomy, side, height),)
    sides = [-1, 1, *rng.choice([-1, 1], int(rng.integers(0, 4))).tolist()]
    return tuple(_sample_patch(rng, anatomy, side) for side in sides)


def sample_exposure(rng: np.random.Generator) -> Exposure:
    """Sample size, framing, film curve, noise, collimation and marker of one film."""
    u = rng.uniform
    width_px = int(rng.integers(320, 561))
    marker = "R" if rng.random() < 0.7 else "L"
    margin = u(0.06, 0.13)
    return Exposure(
        width_px=width_px,
        height_px=round(width_px / u(1.0, 1.5)),
        half_height=u(1.0, 1.2),
        shift=(u(-0.1, 0.1), u(-0.1, 0.08)),
        rotation_rad=rng.normal(0, 0.04),
        brightness=u(-0.4, 0.4),
        contrast=u(0.8, 1.25),
        gradient=(rng.normal(0, 0.1), rng.normal(0, 0.1)),
        noise=u(0.01, 0.035),
        blur_px=u(0.5, 1.1),
        margins=tuple((u(0, 0.05, 4) * (rng.random(4) < 0.4)).tolist()),
        marker=marker,
        marker_place=(margin if marker == "R" else 1 - margin, u(0.1, 0.3), u(0.06, 0.09)),
    )


def _sample_lobar(rng: np.random.Generator, anatomy: Anatomy, side: int, height: float) -> Opacity:
    radius, stretch = rng.uniform(0.4, 0.56), rng.uniform(0.85, 1.2)
    return Opacity(
        side=side,
        x=_sample_x(rng, anatomy, side, height),
        y=height + rng.uniform(-0.08, 0.08),
        radius_x=radius * stretch,
        radius_y=radius / stretch,
        strength=rng.uniform(0.55, 0.95),
        softness=rng.uniform(0.2, 0.4),
        fissure=int(rng.integers(-1, 2)),
        bronchogram=bool(rng.random() < 0.5),
        waves=_sample_waves(rng, 10, 4.0, 22.0),
    )


def _sample_patch(rng: np.random.Generator, anatomy: Anatomy, side: int) -> Opacity:
    radius, height = rng.uniform(0.25, 0.36), rng.uniform(-0.35, 0.4)
    return Opacity(
        side=side,
        x=_sample_x(rng, anatomy, side, height),
        y=height,
        radius_x=radius,
        radius_y=radius * rng.uniform(0.8, 1.3),
        strength=rng.uniform(0.22, 0.46),
        softness=rng.uniform(0.5, 0.8),
        fissure=0,
        bronchogram=False,
        waves=_sample_waves(rng, 10, 4.0, 22.0),
    )


def _sample_x(rng: np.random.Generator, anatomy: Anatomy, side: int, height: float) -> float:
    behind_heart = 0.2 if side > 0 and height > 0.1 else 0.0  # opacities there are invisible
    inner = anatomy.mediastinum + 0.14 + behind_heart
    return float(side * rng.uniform(inner, max(inner, anatomy.breadth - 0.22)))


def _sample_waves(rng: np.random.Generator, n: int, low: float, high: float) -> Grid:
    angle, phase = rng.uniform(0, 2 * np.pi, (2, n))
    frequency = rng.uniform(low, high, n)
    weight = (low / frequency) ** 0.7 / np.sqrt(n)
    return np.stack([frequency * np.cos(angle), frequency * np.sin(angle), phase, weight], axis=1)


def _sample_vessels(rng: np.random.Generator) -> Grid:
    pieces = []
    for side in (-1, 1):
        angles = np.linspace(-1.25, 1.45, 6) + rng.normal(0, 0.12, 6)
        ends = [(side * 0.22, -0.05, angle, rng.uniform(0.05, 0.075)) for angle in angles]
        for _ in range(6):
            grown = []
            for x, y, angle, width in ends:
                length = rng.uniform(0.08, 0.17)
                x1, y1 = x + side * length * np.cos(angle), y + length * np.sin(angle)
                pieces.append((x, y, x1, y1, width))
                forks = rng.random() < 0.6
                turns = (-0.3, 0.3) if forks else (0.0,)
                thinner = width * (0.68 if forks else 0.85)
                grown += [(x1, y1, angle + turn + rng.normal(0, 0.13), thinner) for turn in turns]
            ends = [end for end in grown if end[3] > 0.007]
    return np.array(
        sorted(pieces, key=lambda piece: piece[4])
    )  # narrow ones first, so that wide ones are on top
