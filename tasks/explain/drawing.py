"""Draw squares as small PNG files that contain pixels only."""

from pathlib import Path

from PIL import Image

from tasks.core.image_store.store import Pixels

FILM_PX = 256  # longest side of a drawn square


def draw_input(film: Pixels) -> Image.Image:
    """The film as the network gets it: (H, W) uint8 in [0, 255], enlarged without smoothing.

    A larger film is reduced: blocks of whole pixels are averaged.
    """
    picture = Image.fromarray(film)
    factor = FILM_PX // max(picture.size)
    if factor < 1:
        return picture.reduce(-(-max(picture.size) // FILM_PX))
    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Image.Resampling.NEAREST)


def save_png(picture: Image.Image, path: Path) -> None:
    """Write a PNG without text, time or colour profile. Equal pixels give equal bytes."""
    picture.save(path, format="PNG", compress_level=6)
