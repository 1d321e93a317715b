"""From the stored values of a picture to grey levels."""

import numpy as np
from PIL import Image


def bit_depth(mode: str) -> int:
    """Bits per channel of one of Pillow's modes."""
    if mode == "1":
        return 1
    if ";16" in mode:
        return 16
    return 32 if mode in ("I", "F") else 8


def to_8_bit_grey(image: Image.Image) -> Image.Image:
    """Convert a decoded picture to mode L; transparent pixels become black."""
    if bit_depth(image.mode) == 16:
        # map the full range of 16 bits to the full range of 8 bits
        values = np.asarray(image, dtype=np.float64) / 257.0
        return Image.fromarray(np.rint(values).astype(np.uint8))
    image = on_black(image)
    return image if image.mode == "L" else image.convert("L")


def on_black(image: Image.Image) -> Image.Image:
    """Put a picture with transparent pixels on black; return any other as it is."""
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
