"""Facts of the file that holds a film: compression, profile, EXIF."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.core.examination.file_facts import file_facts
from tasks.core.film.decode import open_film
from tasks.core.film.quantisation import jpeg_quality, libjpeg_table
from tests.dicoms import dicom
from tests.films import encode, film_pixels, pack

GREY = Image.fromarray(film_pixels(1))
NOT_A_JPEG = {"jpeg_quality": None, "quantisation": None, "is_progressive": None}


def facts_of(data: bytes) -> dict[str, Any]:
    return file_facts(data, open_film(data))


@pytest.mark.parametrize("quality", range(1, 101))
def test_the_quality_of_a_libjpeg_file_is_exact(quality: int) -> None:
    data = encode(GREY, "JPEG", quality=quality)
    assert facts_of(data)["jpeg_quality"] == quality


@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_colour_file_has_the_quality_of_its_luminance(subsampling: int) -> None:
    data = encode(GREY.convert("RGB"), "JPEG", quality=63, subsampling=subsampling)
    assert facts_of(data)["jpeg_quality"] == 63


def test_libjpegs_table_equals_a_calculation_by_hand() -> None:
    # quality 75 halves Table K.1: 16 -> 8, 11 -> (11 * 50 + 50) // 100 = 6, 99 -> 50
    assert (libjpeg_table(75)[0], libjpeg_table(75)[1], libjpeg_table(75)[-1]) == (8, 6, 50)
    assert np.unique(libjpeg_table(100)).tolist() == [1]
    # quality 25 doubles it, quality 1 asks for 50 times as much, and a byte holds 255
    assert libjpeg_table(25)[0] == 32
    assert np.unique(libjpeg_table(1)).tolist() == [255]


def test_the_quality_of_another_table_follows_from_its_mean_ratio() -> None:
    table = libjpeg_table(75).copy()
    table[:4] += [1, -1, 1, -1]
    assert jpeg_quality(table.tolist()) == 75
    # every divisor 20: the mean of 20 / K.1 is 0.599, and quality 70 scales by 0.60
    assert jpeg_quality([20] * 64) == 70
    assert (jpeg_quality([1] * 64), jpeg_quality([60_000] * 64)) == (100, 1)


def test_tables_of_another_encoder_get_a_quality() -> None:
    data = encode(GREY, "JPEG", qtables=[[3, *[5] * 63], [9] * 64])
    assert 90 < facts_of(data)["jpeg_quality"] < 100


def test_files_with_the_same_tables_have_the_same_hash() -> None:
    other = Image.fromarray(film_pixels(2))
    codes = [
        facts_of(encode(image, "JPEG", quality=quality))["quantisation"]
        for image, quality in ((GREY, 75), (other, 75), (GREY, 76), (GREY.convert("RGB"), 75))
    ]
    assert codes[0] == codes[1]
    assert len(set(codes)) == 3  # a colour file has a second table
    assert all(len(code) == 16 and int(code, 16) for code in codes)


@pytest.mark.parametrize("progressive", [False, True])
def test_progressive_and_baseline_files_are_distinguished(progressive: bool) -> None:
    assert facts_of(encode(GREY, "JPEG", progressive=progressive))["is_progressive"] is progressive


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "WEBP"])
def test_other_formats_have_no_jpeg_facts(form: str) -> None:
    plain = {"has_icc_profile": False, "has_exif": False, "burned_in": None}
    assert facts_of(encode(GREY, form)) == NOT_A_JPEG | plain


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_profile_and_exif_are_found(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    with_both = facts_of(encode(GREY, form, icc_profile=b"x" * 200, exif=exif.tobytes()))
    assert (with_both["has_icc_profile"], with_both["has_exif"]) == (True, True)
    without = facts_of(encode(GREY, form))
    assert (without["has_icc_profile"], without["has_exif"]) == (False, False)


def test_a_profile_in_several_segments_is_found() -> None:
    data = encode(GREY, "JPEG", icc_profile=bytes(200_000))  # a JPEG segment holds 65,533
    assert facts_of(data)["has_icc_profile"] is True


@pytest.mark.parametrize(("said", "flag"), [("YES", True), ("NO", False), (None, None)])
def test_burned_in_text_is_read_from_dicom(said: str | None, flag: bool | None) -> None:
    data = dicom(film_pixels(1), BurnedInAnnotation=said)
    plain = {"has_icc_profile": False, "has_exif": False, "burned_in": flag}
    assert facts_of(data) == NOT_A_JPEG | plain
    assert facts_of(dicom(film_pixels(1), ICCProfile=b"any"))["has_icc_profile"] is True


def test_no_pixel_is_decoded() -> None:
    data = encode(GREY, "JPEG")
    film = open_film(data)
    file_facts(data, film)
    assert film.image is not None
    assert film.image.tile  # Pillow empties this list when it decodes


def test_the_first_image_of_a_file_with_several_is_described() -> None:
    buffer = io.BytesIO()
    GREY.save(buffer, "MPO", save_all=True, append_images=[GREY], quality=81)
    assert facts_of(buffer.getvalue())["jpeg_quality"] == 81


def test_the_colour_profile_tells_the_class_of_kermanys_films() -> None:
    # data/README.md: all 42 normal films have a colour profile, no pneumonia film has one
    films = sorted(pack("kermany-original").rglob("*.jpeg"))
    facts = [facts_of(film.read_bytes()) for film in films]
    is_normal = [film.parent.name == "NORMAL" for film in films]
    assert [fact["has_icc_profile"] for fact in facts] == is_normal
    assert sum(is_normal) == 42
    assert sum(fact["is_progressive"] for fact in facts) == 9
