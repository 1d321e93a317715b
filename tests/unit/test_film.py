"""From the bytes of a file to 8-bit grey pixels, and what is refused."""

import random
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tasks.film import MAX_PIXELS, FilmError, bit_depth, decode_grey, open_film
from tests.films import encode, film_pixels, png_of_size

GREY = film_pixels(1)


def decoded(data: bytes, at_least_px: int | None = None) -> NDArray[np.uint8]:
    image = decode_grey(open_film(data), at_least_px)
    assert image.mode == "L"
    return np.asarray(image)


def reason_of(data: bytes) -> str:
    with pytest.raises(FilmError) as caught:
        decode_grey(open_film(data))
    return caught.value.reason


def coloured() -> Image.Image:
    return Image.merge("RGB", [Image.fromarray(film_pixels(seed)) for seed in (1, 2, 3)])


def test_grey_png_comes_back_as_it_is() -> None:
    assert np.array_equal(decoded(encode(GREY, "PNG")), GREY)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P"])
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_a_grey_film_in_another_mode_has_the_same_pixels(mode: str, form: str) -> None:
    image = Image.fromarray(GREY)
    if mode == "P":
        image.putpalette([value for grey in range(256) for value in (grey, grey, grey)])
    else:
        image = image.convert(mode)
    data = encode(image, form)
    assert open_film(data).mode == mode
    assert np.array_equal(decoded(data), GREY)


@pytest.mark.parametrize("form", ["BMP", "WEBP"])
def test_other_lossless_formats_have_the_same_pixels(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(decoded(encode(Image.fromarray(GREY), form, **options)), GREY)


def test_colour_becomes_luma_by_itu_r_601() -> None:
    colour = Image.new("RGB", (40, 40), (200, 100, 50))
    # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 59.8 + 58.7 + 5.7 = 124.2
    assert np.unique(decoded(encode(colour, "PNG"))).tolist() == [124]


def test_what_is_transparent_is_black() -> None:
    half = Image.new("LA", (40, 40), (60, 128))
    half.putpixel((0, 0), (60, 0))
    half.putpixel((1, 0), (60, 255))
    grey = decoded(encode(half, "PNG"))
    # 60 * 128 / 255 = 30.1
    assert (grey[0, 0], grey[0, 1], grey[5, 5]) == (0, 60, 30)


def test_a_transparent_palette_colour_is_black() -> None:
    image = Image.fromarray(np.repeat([[7, 9]], 40, axis=0).astype(np.uint8))
    image.putpalette([value for grey in range(256) for value in (grey, grey, grey)])
    assert np.unique(decoded(encode(image, "PNG", transparency=9))).tolist() == [0, 7]


def test_one_bit_becomes_black_and_white() -> None:
    data = encode(Image.fromarray(GREY > 100), "PNG")
    assert open_film(data).mode == "1"
    assert np.array_equal(decoded(data), np.where(GREY > 100, 255, 0))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bits_are_scaled_to_8_by_the_full_range_not_by_content(form: str) -> None:
    values = np.array([[0, 128, 129, 257, 32768, 65535]] * 6, dtype=np.uint16)
    # 128 / 257 = 0.498, 129 / 257 = 0.502, 32768 / 257 = 127.5 (to even: 128)
    assert decoded(encode(values, form))[0].tolist() == [0, 0, 1, 1, 128, 255]


def test_float_films_with_no_numbers_in_them_are_clipped_without_a_warning() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, -5.0, 257.0, 1e9]] * 6, dtype=np.float32)
    assert decoded(encode(values, "TIFF"))[0].tolist() == [0, 255, 0, 0, 1, 255]


def test_cmyk_jpeg_is_close_to_its_grey() -> None:
    data = encode(Image.fromarray(GREY).convert("CMYK"), "JPEG", quality=98)
    assert open_film(data).mode == "CMYK"
    assert np.abs(decoded(data).astype(int) - GREY).mean() < 2


def test_progressive_and_baseline_jpeg_have_the_same_pixels() -> None:
    baseline, progressive = (encode(GREY, "JPEG", progressive=flag) for flag in (False, True))
    assert np.array_equal(decoded(baseline), decoded(progressive))


def test_grey_and_rgb_jpeg_of_a_grey_film_have_nearly_the_same_pixels() -> None:
    grey = decoded(encode(GREY, "JPEG", quality=95))
    rgb = decoded(encode(Image.fromarray(GREY).convert("RGB"), "JPEG", quality=95))
    assert np.abs(grey.astype(int) - rgb).max() <= 1


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),  # stored 90 degrees to the left: shown turned right
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_film_is_turned_upright(orientation: int, turn: Image.Transpose | None) -> None:
    upright = Image.fromarray(GREY)
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(decoded(encode(stored, "PNG", exif=exif)), GREY)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_colour_profile_changes_no_pixel(form: str) -> None:
    lab_curve = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for image in (Image.fromarray(GREY), coloured()):
        with_profile = encode(image, form, icc_profile=lab_curve)
        assert "icc_profile" in open_film(with_profile).info
        assert np.array_equal(decoded(with_profile), decoded(encode(image, form)))


def test_a_grey_profile_of_another_gamma_changes_no_pixel() -> None:
    profile = b"any bytes whatsoever: they are not read"
    assert np.array_equal(decoded(encode(GREY, "PNG", icc_profile=profile)), GREY)


def test_text_and_exif_change_no_pixel() -> None:
    exif = Image.Exif()
    exif[0x010E] = "PNEUMONIA"
    assert np.array_equal(decoded(encode(GREY, "PNG", exif=exif, dpi=(1, 900))), GREY)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.98])
def test_a_film_cut_off_is_truncated(form: str, share: float) -> None:
    options = {"tiffinfo": {}} if form == "TIFF" else {}
    data = encode(GREY, form, **options)
    if form == "TIFF":  # its directory lies at the end: move it to the front by writing it again
        data = _tiff_with_directory_first()
    assert reason_of(data[: int(len(data) * share)]) == "truncated"


def test_a_jpeg_cut_off_in_its_header_is_truncated() -> None:
    assert reason_of(encode(GREY, "JPEG")[:300]) == "truncated"


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"<html>no film</html>", bytes(500)])
def test_bytes_of_no_image_are_unreadable(data: bytes) -> None:
    assert reason_of(data) == "unreadable"


@pytest.mark.parametrize("form", ["GIF", "EPS", "PPM", "ICO", "PDF", "TGA"])
def test_other_formats_are_unreadable_whatever_the_suffix(form: str) -> None:
    # Pillow would hand EPS to Ghostscript: no program is run on the bytes of strangers
    assert reason_of(encode(coloured(), form)) == "unreadable"


@pytest.mark.parametrize("size", [(10_000, 10_001), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_promises_too_many_pixels_is_a_bomb(size: tuple[int, int]) -> None:
    assert reason_of(png_of_size(*size)) == "bomb"


def test_the_largest_film_allowed_is_opened() -> None:
    image = open_film(png_of_size(10_000, 10_000))
    assert image.width * image.height == MAX_PIXELS


@pytest.mark.parametrize(("side", "scale"), [(50, 8), (70, 4), (100, 4), (190, 2), (300, 1)])
def test_reduced_decode_keeps_both_sides_and_stays_close_to_full_decode(
    side: int, scale: int
) -> None:
    data = encode(film_pixels(4, 600, 400), "JPEG", quality=90)
    reduced, full = decoded(data, at_least_px=side), decoded(data)
    assert reduced.shape == (400 // scale, 600 // scale)
    by_boxes = full.reshape(400 // scale, scale, 600 // scale, scale).mean((1, 3))
    assert np.abs(reduced - by_boxes).mean() < 1


def test_reduced_decode_does_nothing_to_other_formats() -> None:
    assert decoded(encode(GREY, "PNG"), at_least_px=16).shape == GREY.shape


@pytest.mark.parametrize(
    ("mode", "bits"),
    [("1", 1), ("L", 8), ("RGB", 8), ("P", 8), ("I;16", 16), ("I;16B", 16), ("I", 32), ("F", 32)],
)
def test_bit_depth_of_a_mode(mode: str, bits: int) -> None:
    assert bit_depth(mode) == bits


def test_every_bit_depth_named_is_what_pillow_opens() -> None:
    assert bit_depth(open_film(encode(GREY.astype(np.uint16), "PNG")).mode) == 16


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0"])
)
@settings(max_examples=100, deadline=None)
def test_random_bytes_are_a_film_error(tail: bytes, start: bytes) -> None:
    assert reason_of(start + tail) in ("unreadable", "truncated", "bomb")


def whole_films() -> dict[str, bytes]:
    image = Image.fromarray(GREY)
    exif = Image.Exif()
    exif[0x0112] = 6
    wide: dict[str, Any] = {"PNG": GREY.astype(np.uint16) * 257, "TIFF": GREY.astype(np.float32)}
    return {
        "jpeg": encode(image, "JPEG"),
        "jpeg rgb exif": encode(image.convert("RGB"), "JPEG", exif=exif),
        "jpeg progressive": encode(image, "JPEG", progressive=True),
        "jpeg cmyk": encode(image.convert("CMYK"), "JPEG"),
        "png": encode(image, "PNG"),
        "png rgba": encode(image.convert("RGBA"), "PNG"),
        "png palette": encode(image.convert("P"), "PNG"),
        "png 16 bit": encode(wide["PNG"], "PNG"),
        "tiff": encode(image, "TIFF"),
        "tiff lzw": encode(image, "TIFF", compression="tiff_lzw"),
        "tiff float": encode(wide["TIFF"], "TIFF"),
        "bmp": encode(image, "BMP"),
        "webp": encode(image.convert("RGB"), "WEBP", exif=exif),
    }


def damage(data: bytes, chance: random.Random) -> bytes:
    how = chance.choice(["cut", "flip anywhere", "flip in the header"])
    if how == "cut":
        return data[: chance.randrange(len(data))]
    damaged = bytearray(data)
    end = len(data) if how == "flip anywhere" else min(400, len(data))
    for _ in range(chance.randrange(1, 12)):
        damaged[chance.randrange(end)] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def refusals(n_films: int, seed: int) -> int:
    """Damage so many films; count those refused. Anything but a FilmError fails the test."""
    chance, films, n_refused = random.Random(seed), list(whole_films().values()), 0
    for _ in range(n_films):
        data = damage(chance.choice(films), chance)
        try:
            decoded(data, chance.choice([None, 64]))
        except FilmError as error:
            n_refused += error.reason in ("unreadable", "truncated", "bomb")
    return n_refused


def test_a_damaged_film_is_decoded_or_a_film_error() -> None:
    assert refusals(1000, seed=1) > 400


@pytest.mark.slow
def test_many_damaged_films_are_decoded_or_a_film_error() -> None:
    assert refusals(20_000, seed=2) > 8_000


def _tiff_with_directory_first() -> bytes:
    height, width = GREY.shape
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1),
        (273, 4, 8 + 2 + 8 * 12 + 4), (278, 4, height), (279, 4, GREY.size),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack("<HHI", tag, kind, 1)
        directory += struct.pack("<I", value) if kind == 4 else struct.pack("<HH", value, 0)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + GREY.tobytes()
