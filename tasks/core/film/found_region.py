"""The result of a search for the part of a film to show."""

from dataclasses import dataclass

from tasks.core.film.decode import Box

FULL_FRAME: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class FoundRegion:
    """A part of a film.

    box: left, top, right, bottom as shares of the film's width and height, 0 to 1.
    confidence: 0 to 1; 0 means that the search failed and that the box is the full frame.
    """

    box: Box
    confidence: float


NOT_FOUND = FoundRegion(FULL_FRAME, 0.0)
