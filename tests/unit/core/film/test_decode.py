"""From the bytes of a file to 8-bit grey pixels, and what is refused."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tasks.core.film.decode import bit_depth, colour_of, decode_grey, decode_reduced, open_film
from tasks.core.film.errors import MAX_PIXELS, FilmError
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


def test_pixels_of_1_bit_are_no_film() -> None:
    data = encode(Image.fromarray(GREY > 100), "PNG")
    assert open_film(data).mode == "1"  # what it is can still be told
    assert reason_of(data) == "bit_depth"


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_pixels_of_32_bits_have_no_range_that_anyone_states(dtype: Any) -> None:
    from_0_to_1 = encode((GREY / 255).astype(dtype), "TIFF")
    assert bit_depth(open_film(from_0_to_1).mode) == 32
    assert reason_of(from_0_to_1) == "bit_depth"


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bits_are_scaled_to_8_by_the_full_range_not_by_content(form: str) -> None:
    values = np.array([[0, 128, 129, 257, 32768, 65535]] * 6, dtype=np.uint16)
    # 128 / 257 = 0.498, 129 / 257 = 0.502, 32768 / 257 = 127.5 (to even: 128)
    assert decoded(encode(values, form))[0].tolist() == [0, 0, 1, 1, 128, 255]


def test_16_bits_are_read_in_either_byte_order() -> None:
    values = GREY.astype(np.uint16) * 257
    assert np.array_equal(decoded(encode(values, "TIFF")), GREY)
    big_endian = _tiff_with_directory_first(values.astype(">u2"))
    assert open_film(big_endian).mode == "I;16B"
    assert np.array_equal(decoded(big_endian), GREY)
    png = encode(values, "PNG")
    assert png[24] == 16  # bits, in the header; PNG is always big-endian
    assert np.array_equal(decoded(png), GREY)


def test_cmyk_by_hand() -> None:
    # Adobe's CMYK is stored inverted; light that neither ink nor black takes: 195 * 215 / 255
    ink = Image.new("CMYK", (40, 40), (60, 60, 60, 40))
    light = decoded(encode(ink, "JPEG", quality=100))
    assert np.abs(light.astype(int) - 164).max() <= 1


def test_ycck_is_turned_back_to_ink() -> None:
    data = bytearray(encode(Image.new("CMYK", (40, 40), (100, 127, 127, 0)), "JPEG", quality=100))
    at = data.index(b"Adobe") + 11
    assert data[at] == 0  # no transform
    assert np.unique(decoded(bytes(data)))[0] > 130  # three unequal inks
    data[at] = 2  # the same planes, now luma, blue and red differences
    # stored luma 155 and no colour: 155 of each ink stored inverted, so 255 - 155 = 100 of light
    assert np.abs(decoded(bytes(data)).astype(int) - 100).max() <= 1


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


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "turn"),  # the turn that undoes how it is shown
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),  # stored 90 degrees to the left: shown turned right
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_film_is_turned_upright(
    orientation: int, turn: Image.Transpose | None, form: str
) -> None:
    upright = Image.fromarray(GREY)
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(decoded(encode(stored, form, exif=exif, **options)), GREY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_turned_as_a_png_is(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg = encode(GREY, "JPEG", quality=95, exif=exif)
    same_pixels = encode(
        Image.fromarray(decoded(encode(GREY, "JPEG", quality=95))), "PNG", exif=exif
    )
    assert np.array_equal(decoded(jpeg), decoded(same_pixels))


@pytest.mark.parametrize("form", ["TIFF", "PNG", "WEBP"])
def test_the_first_of_several_pictures_counts(form: str) -> None:
    first, second = Image.fromarray(GREY), Image.fromarray(film_pixels(2))
    options = {"lossless": True} if form == "WEBP" else {}
    buffer = io.BytesIO()
    first.save(buffer, form, save_all=True, append_images=[second], **options)
    with Image.open(io.BytesIO(buffer.getvalue())) as several:
        assert getattr(several, "n_frames", 1) == 2
    assert np.array_equal(decoded(buffer.getvalue()), GREY)


def test_the_first_of_several_jpegs_in_one_file_counts() -> None:
    buffer = io.BytesIO()
    second = Image.fromarray(film_pixels(2))
    Image.fromarray(GREY).save(buffer, "MPO", save_all=True, append_images=[second], quality=90)
    assert open_film(buffer.getvalue()).format == "JPEG"
    assert np.array_equal(decoded(buffer.getvalue()), decoded(encode(GREY, "JPEG", quality=90)))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_colour_profile_changes_no_pixel(form: str) -> None:
    lab_curve = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for image in (Image.fromarray(GREY), coloured()):
        with_profile = encode(image, form, icc_profile=lab_curve)
        assert len(with_profile) > len(encode(image, form))
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


def test_the_box_of_a_reduced_decode_by_hand() -> None:
    data = encode(film_pixels(4, 605, 403), "JPEG")
    film = decode_reduced(open_film(data), at_least_px=50)
    assert film.image.size == (76, 51)  # 605 / 8 = 75.625 and 403 / 8 = 50.375, rounded up
    assert film.box == (0, 0, 75.625, 50.375)
    assert film.scale == 1 / 8
    for whole in (data, encode(film_pixels(4, 605, 403), "PNG")):
        film = decode_reduced(open_film(whole), at_least_px=404)
        assert (film.box, film.scale) == ((0, 0, 605, 403), 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_keeps_a_reduced_film_in_its_place_however_it_is_turned(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = film_pixels(4, 601, 409)  # 3 px of the last 4, or 7 of the last 8, are no film
    data = encode(pixels, "JPEG", quality=95, exif=exif)
    full = Image.fromarray(decoded(data))
    film = decode_reduced(open_film(data), at_least_px=102)
    rims = [4 * side - true for side, true in zip(film.image.size, full.size, strict=True)]
    assert rims == [3, 3]

    def error(part: tuple[float, float, float, float] | None) -> float:
        small = film.image.resize((64, 64), Image.Resampling.LANCZOS, box=part)
        true = full.resize((64, 64), Image.Resampling.LANCZOS)
        return float(np.abs(np.asarray(small, dtype=int) - true).mean())

    assert error(film.box) < 0.4
    assert error(film.box) < 0.6 * error(None)


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


def test_a_grey_film_has_no_colour_whatever_its_mode() -> None:
    image = Image.fromarray(GREY)
    for mode in ("L", "LA", "RGB", "RGBA", "P"):
        assert colour_of(open_film(encode(image.convert(mode), "PNG"))) == 0, mode
    assert colour_of(open_film(encode(image.convert("RGB"), "JPEG", quality=75))) == 0
    assert colour_of(open_film(encode(GREY.astype(np.uint16), "PNG"))) == 0


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "TIFF"])
def test_colour_is_the_largest_channel_less_the_smallest(form: str) -> None:
    picture = Image.new("RGB", (64, 48), (90, 90, 90))
    picture.paste((200, 100, 50), (0, 0, 16, 48))  # a quarter of the cells: (200 - 50) / 4
    options = {"quality": 100, "subsampling": 0} if form == "JPEG" else {}
    assert colour_of(open_film(encode(picture, form, **options))) == pytest.approx(37.5, abs=0.5)


def test_colour_under_transparency_is_not_seen() -> None:
    picture = Image.new("RGBA", (64, 64), (200, 100, 50, 0))
    assert colour_of(open_film(encode(picture, "PNG"))) == 0


def test_colour_can_be_asked_before_the_grey_film_is_decoded() -> None:
    data = encode(coloured(), "JPEG")
    film = open_film(data)
    assert colour_of(film) > 20
    assert np.array_equal(decode_grey(film), decoded(data))


def test_colour_of_a_film_cut_off_is_truncated() -> None:
    data = encode(coloured(), "PNG")
    with pytest.raises(FilmError) as caught:
        colour_of(open_film(data[: len(data) // 2]))
    assert caught.value.reason == "truncated"


def _tiff_with_directory_first(pixels: NDArray[Any] = GREY) -> bytes:
    """A TIFF whose pixels come last, in the byte order of the array."""
    order = ">" if pixels.dtype.byteorder == ">" else "<"
    height, width = pixels.shape
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 8 * pixels.dtype.itemsize), (259, 3, 1),
        (262, 3, 1), (273, 4, 8 + 2 + 8 * 12 + 4), (278, 4, height), (279, 4, pixels.nbytes),
    ]  # fmt: skip
    directory = struct.pack(f"{order}H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack(f"{order}HHI", tag, kind, 1)
        directory += struct.pack(f"{order}I" if kind == 4 else f"{order}Hxx", value)
    magic = b"MM\0*" if order == ">" else b"II*\0"
    return magic + struct.pack(f"{order}I", 8) + directory + bytes(4) + pixels.tobytes()
