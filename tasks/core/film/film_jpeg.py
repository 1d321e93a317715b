"""A decoded film as a small grey JPEG file for the reader's eye."""

import io

import numpy as np
from PIL import Image

from tasks.core.film.square import DecodedFilm

# A film of Kermany's set at 512 px takes about 30 kB
_QUALITY = 75


def film_jpeg(decoded: DecodedFilm, film_px: int) -> tuple[bytes, tuple[int, int]]:
    """Write a film in its own aspect ratio, without metadata.

    Args:
        decoded: A film of mode L.
        film_px: Shorter side of the picture; a smaller film is not enlarged.

    Returns:
        Bytes of the file, and the width and height of the picture in px.
    """
    scale = min(1.0, film_px / min(decoded.width, decoded.height))
    size = (max(1, round(decoded.width * scale)), max(1, round(decoded.height * scale)))
    scaled = decoded.grey.resize(size, Image.Resampling.LANCZOS, box=decoded.whole())
    picture = Image.fromarray(
        np.asarray(scaled)
    )  # a copy with the pixels only: no comment, no EXIF
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return buffer.getvalue(), size
