"""Where the square of the networks lies on the whole film, and the film within the square."""

from dataclasses import dataclass

Shares = tuple[float, float, float, float]  # left, top, right, bottom, 0 to 1


@dataclass(frozen=True)
class SquarePlace:
    """How a film and its square lie on each other.

    A place at the shares (x, y) of `box` is at the same shares of `square_box`.

    box: left, top, right, bottom of what the square shows, as shares of the film, 0 to 1.
    square_box: the part of the square that shows it, as shares of the square; the rest is padding.
    """

    box: Shares
    square_box: Shares
