"""Files of all formats and modes are decoded to the same 8-bit grey pixels."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from tasks.core.film.decode import open_film
from tasks.core.film.grey import bit_depth
from tests.films import encode, film_pixels
from tests.unit.core.film.decoded_films import (
    GREY,
    coloured,
    decoded,
    tiff_with_directory_first,
)


def test_a_grey_png_keeps_its_pixels() -> None:
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


def test_transparent_pixels_are_black() -> None:
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


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bits_are_scaled_to_8_by_the_full_range_not_by_content(form: str) -> None:
    values = np.array([[0, 128, 129, 257, 32768, 65535]] * 6, dtype=np.uint16)
    # 128 / 257 = 0.498, 129 / 257 = 0.502, 32768 / 257 = 127.5 (to even: 128)
    assert decoded(encode(values, form))[0].tolist() == [0, 0, 1, 1, 128, 255]


def test_16_bits_are_read_in_either_byte_order() -> None:
    values = GREY.astype(np.uint16) * 257
    assert np.array_equal(decoded(encode(values, "TIFF")), GREY)
    big_endian = tiff_with_directory_first(values.astype(">u2"))
    assert open_film(big_endian).mode == "I;16B"
    assert np.array_equal(decoded(big_endian), GREY)
    png = encode(values, "PNG")
    assert png[24] == 16  # bits, in the header; PNG is always big-endian
    assert np.array_equal(decoded(png), GREY)


def test_cmyk_by_hand() -> None:
    # Adobe's CMYK is stored inverted; light that ink and black leave: 195 * 215 / 255
    ink = Image.new("CMYK", (40, 40), (60, 60, 60, 40))
    light = decoded(encode(ink, "JPEG", quality=100))
    assert np.abs(light.astype(int) - 164).max() <= 1


def test_ycck_is_converted_to_ink() -> None:
    data = bytearray(encode(Image.new("CMYK", (40, 40), (100, 127, 127, 0)), "JPEG", quality=100))
    at = data.index(b"Adobe") + 11
    assert data[at] == 0  # no transform
    assert np.unique(decoded(bytes(data)))[0] > 130  # three unequal inks
    data[at] = 2  # the same planes, now luma, blue and red differences
    # stored luma 155 and no colour: 155 of each ink stored inverted, so 255 - 155 = 100 of light
    assert np.abs(decoded(bytes(data)).astype(int) - 100).max() <= 1


def test_a_cmyk_jpeg_is_close_to_the_grey_film() -> None:
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


@pytest.mark.parametrize("form", ["TIFF", "PNG", "WEBP"])
def test_the_first_of_several_pictures_is_decoded(form: str) -> None:
    first, second = Image.fromarray(GREY), Image.fromarray(film_pixels(2))
    options = {"lossless": True} if form == "WEBP" else {}
    buffer = io.BytesIO()
    first.save(buffer, form, save_all=True, append_images=[second], **options)
    with Image.open(io.BytesIO(buffer.getvalue())) as several:
        assert getattr(several, "n_frames", 1) == 2
    assert np.array_equal(decoded(buffer.getvalue()), GREY)


def test_the_first_of_several_jpegs_in_one_file_is_decoded() -> None:
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
    profile = b"any bytes: they are not read"
    assert np.array_equal(decoded(encode(GREY, "PNG", icc_profile=profile)), GREY)


def test_text_and_exif_change_no_pixel() -> None:
    exif = Image.Exif()
    exif[0x010E] = "PNEUMONIA"
    assert np.array_equal(decoded(encode(GREY, "PNG", exif=exif, dpi=(1, 900))), GREY)


@pytest.mark.parametrize(
    ("mode", "bits"),
    [("1", 1), ("L", 8), ("RGB", 8), ("P", 8), ("I;16", 16), ("I;16B", 16), ("I", 32), ("F", 32)],
)
def test_bit_depth_of_a_mode(mode: str, bits: int) -> None:
    assert bit_depth(mode) == bits


def test_bit_depth_of_a_16_bit_png() -> None:
    assert bit_depth(open_film(encode(GREY.astype(np.uint16), "PNG")).mode) == 16
