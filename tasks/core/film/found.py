"""A part of a film that a rule found, or did not find."""

from dataclasses import dataclass

from tasks.core.film.geometry import Box

FULL_FRAME: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Found:
    """A part of a film.

    box: left, top, right, bottom as shares of the film's width and height, 0 to 1.
    confidence: 0 to 1; 0 means that nothing was found and that the box is the full frame.
    """

    box: Box
    confidence: float


NOT_FOUND = Found(FULL_FRAME, 0.0)
