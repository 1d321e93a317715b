"""Draw radiographs of body parts other than the chest: hands, knees and skulls.

They test whether a film of another part is found. They are sketches: shapes and densities were
set by eye, and no person was X-rayed.
"""

from collections.abc import Mapping

import numpy as np

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats

# A rounded bar: x and y of both ends (-1 to 1, y down), radius, density along the beam
Bar = tuple[float, float, float, float, float, float]


def _finger(x0: float, y0: float, x1: float, y1: float) -> tuple[Bar, ...]:
    """Soft tissue and three bones of a finger, from its knuckle to its tip."""
    cuts = [(0.03, 0.42), (0.48, 0.72), (0.77, 0.95)]
    ends = [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for pair in cuts for t in pair]
    bones = ((*start, *stop, 0.03, 0.7) for start, stop in zip(ends[::2], ends[1::2], strict=True))
    return (x0, y0, x1, y1, 0.075, 0.35), *bones


# Knuckle and tip of each finger; the last one is the thumb
_FINGERS = (
    (-0.28, -0.1, -0.45, -0.66),
    (-0.1, -0.17, -0.14, -0.85),
    (0.07, -0.15, 0.15, -0.8),
    (0.23, -0.06, 0.4, -0.6),
    (-0.3, 0.25, -0.72, -0.12),
)
_HAND: tuple[Bar, ...] = (
    (-0.06, 0.1, 0.02, 0.3, 0.36, 0.5),  # palm
    (0.0, 0.45, 0.0, 1.2, 0.26, 0.55),  # forearm
    (-0.09, 0.58, -0.1, 1.2, 0.08, 0.7),  # radius
    (0.1, 0.6, 0.11, 1.2, 0.06, 0.7),  # ulna
    (-0.05, 0.48, 0.08, 0.48, 0.1, 0.5),  # carpal bones
    *((0.3 * x, 0.36, x, y + 0.06, 0.035, 0.65) for x, y, *_ in _FINGERS[:4]),  # metacarpal bones
    *(bar for ends in _FINGERS for bar in _finger(*ends)),
)
_KNEE: tuple[Bar, ...] = (
    (0.0, -1.3, 0.0, 0.0, 0.55, 0.8),  # thigh
    (0.0, 0.0, 0.0, 1.3, 0.46, 0.7),  # calf
    (0.0, -1.3, 0.0, -0.25, 0.19, 0.8),  # femur
    (-0.14, -0.14, -0.14, -0.1, 0.2, 0.5),  # its condyles
    (0.14, -0.14, 0.14, -0.1, 0.2, 0.5),
    (-0.18, 0.2, 0.18, 0.2, 0.14, 0.5),  # plateau of the tibia
    (0.0, 0.3, -0.04, 1.3, 0.16, 0.8),  # tibia
    (0.3, 0.36, 0.27, 1.3, 0.06, 0.6),  # fibula
    (0.0, -0.28, 0.0, -0.24, 0.15, 0.25),  # patella
)
_SKULL: tuple[Bar, ...] = (
    (0.0, -0.3, 0.0, -0.1, 0.66, 1.3),  # vault
    (0.0, -0.28, 0.0, -0.1, 0.58, -0.55),  # inside of it
    (0.0, 0.3, 0.0, 0.55, 0.34, 0.6),  # face and jaw
    (-0.22, 0.08, -0.22, 0.1, 0.17, -0.5),  # orbits
    (0.22, 0.08, 0.22, 0.1, 0.17, -0.5),
    (0.0, 0.22, 0.0, 0.34, 0.09, -0.5),  # nose
    (-0.16, 0.52, 0.16, 0.52, 0.06, 0.7),  # teeth
    (0.0, 0.8, 0.0, 1.3, 0.28, 0.8),  # neck
    (0.0, 0.6, 0.0, 1.3, 0.11, 0.5),  # cervical spine
)
BODY_PARTS: Mapping[str, tuple[Bar, ...]] = {"hand": _HAND, "knee": _KNEE, "skull": _SKULL}


def draw_body_part(part: str, size_px: int, rng: np.random.Generator) -> Pixels:
    """Draw one film of a body part; size, place, rotation, exposure and noise are random.

    Args:
        part: Key of `BODY_PARTS`.
        size_px: Side of the square.
        rng: Source of the random numbers.

    Returns:
        (size_px, size_px) uint8 in [0, 255], bright = dense.
    """
    ticks = np.linspace(-1, 1, size_px)
    scale, angle = rng.uniform(0.8, 1.1), rng.normal(0, 0.12)
    x, y = np.meshgrid(ticks - rng.uniform(-0.1, 0.1), ticks - rng.uniform(-0.1, 0.1))
    x, y = (np.cos(angle) * x + np.sin(angle) * y), (np.cos(angle) * y - np.sin(angle) * x)
    mirror = rng.choice([-1.0, 1.0])
    density = sum(_thickness(bar, mirror * x / scale, y / scale) for bar in BODY_PARTS[part])
    grey = 255 * (1 - np.exp(-rng.uniform(0.8, 1.6) * np.maximum(density, 0)))
    grey = grey + rng.normal(0, rng.uniform(2, 6), grey.shape)
    drawn: Pixels = np.clip(np.round(grey), 0, 255).astype(np.uint8)
    return drawn


def _thickness(bar: Bar, x: Floats, y: Floats) -> Floats:
    """Density of a rounded bar along the beam, at each pixel."""
    x0, y0, x1, y1, radius, density = bar
    dx, dy = x1 - x0, y1 - y0
    along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
    distance = np.hypot(x - x0 - along * dx, y - y0 - along * dy)
    thickness: Floats = density * np.sqrt(np.maximum(1 - (distance / radius) ** 2, 0))
    return thickness
