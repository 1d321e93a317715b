"""The capture: its pixels, and what its header says of them."""

import io
from datetime import UTC, datetime
from typing import Any

import highdicom
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread

from tasks.core.film.square import square_of_film
from tasks.screen.dicom.answer_words import RESEARCH_USE
from tasks.screen.dicom.answers import as_file
from tasks.screen.dicom.capture_picture import Capture, ClassHeat, draw_capture
from tasks.screen.dicom.film_header import read_header
from tasks.screen.dicom.report_content import AnsweredFilm
from tasks.screen.dicom.secondary_capture import secondary_capture
from tests.dicom_senders import CR, IDENTITY, as_dataset, film_bytes
from tests.dicoms import compressed
from tests.screened_answers import RESIZE, SCORED, HeatOfOneCorner

AT = datetime(2026, 11, 26, 15, 30, 12, tzinfo=UTC)
GREY = np.full((60, 90), 100, dtype=np.uint8)


def drawn(data: bytes) -> Capture:
    square = square_of_film(data, RESIZE)
    heat = HeatOfOneCorner().heat(square.image, 1)
    shown = ClassHeat("PNEUMONIA", heat, square.box)
    return draw_capture(data, shown, RESIZE, "RESEARCH", ["one", "two"])


def image(data: bytes) -> Dataset:
    film = AnsweredFilm(SCORED, read_header(data), is_synthetic=False)
    return dcmread(io.BytesIO(as_file(secondary_capture(film, drawn(data), AT))))


def test_the_heat_lies_where_the_network_looked_and_grey_stays_grey() -> None:
    pixels = drawn(film_bytes(1, GREY)).pixels
    top = next(row for row in range(200) if (pixels[row] == (100, 100, 100)).all(axis=1).any())
    film = pixels[top : top + 683]  # 60 of 90 px, 1,024 px wide
    assert film.shape == (683, 1024, 3)
    red, green, blue = film[20, 1000].astype(int)
    assert red > 150 > green > blue  # the upper right corner is orange
    assert (film[400:, :500] == 100).all()  # the rest is the film


def test_the_title_is_burned_in_large_enough_to_be_read() -> None:
    band = drawn(film_bytes(1, GREY)).pixels[:45]  # above the film
    rows = np.flatnonzero((band > 200).any(axis=(1, 2)))
    assert 18 <= rows.max() - rows.min() <= 30  # height of the capitals, px of 1,024


@pytest.mark.parametrize("shape", [(64, 400), (400, 64), (300, 300)])
def test_no_film_is_cut(shape: tuple[int, int]) -> None:
    grey = np.full(shape, 100, dtype=np.uint8)
    shown = ClassHeat("PNEUMONIA", np.zeros((8, 8), np.float32), (0, 0, shape[1], shape[0]))
    capture = draw_capture(film_bytes(1, grey), shown, RESIZE, "TITLE", [])
    n_film = int((capture.pixels == 100).all(axis=2).sum())
    scale = 1024 / max(shape)
    expected = round(shape[0] * scale) * round(shape[1] * scale)
    assert 0 <= n_film - expected < 10  # a soft edge of a letter may have this grey
    assert capture.film_px == shape[::-1]


def test_the_header_says_what_the_picture_is() -> None:
    made = image(film_bytes(1, GREY))
    assert list(made.ImageType) == ["DERIVED", "SECONDARY"]
    assert RESEARCH_USE in made.DerivationDescription
    assert "90 x 60 px" in made.DerivationDescription
    assert made.SeriesDescription.startswith(RESEARCH_USE)
    (source,) = made.SourceImageSequence
    assert source.ReferencedSOPClassUID == CR
    assert source.ReferencedSOPInstanceUID == "2.25.91"
    assert made.StudyInstanceUID == "2.25.71"
    assert made.SeriesInstanceUID != "2.25.81"
    film = as_dataset(film_bytes())
    for keyword in set(IDENTITY) - {"InstitutionName"}:
        assert made[keyword] == film[keyword]


def test_highdicom_reads_the_pixels_that_were_drawn() -> None:
    data = film_bytes(1, GREY)
    read = highdicom.imread(io.BytesIO(as_file(image(data))))
    assert np.array_equal(read.pixel_array, drawn(data).pixels)


@pytest.mark.parametrize(("stated", "kept"), [("YES", "YES"), ("NO", "NO"), (None, None)])
def test_burned_in_annotation_is_what_the_film_states(stated: str | None, kept: str | None) -> None:
    elements = {"BurnedInAnnotation": stated} if stated else {}
    assert image(film_bytes(1, GREY, **elements)).get("BurnedInAnnotation") == kept


def test_a_film_without_loss_has_no_mark_of_loss() -> None:
    assert "LossyImageCompression" not in image(film_bytes(1, GREY))


def test_a_loss_that_the_film_states_is_repeated() -> None:
    stated: dict[str, Any] = {
        "LossyImageCompression": "01", "LossyImageCompressionRatio": "12.5",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }  # fmt: skip
    made = image(film_bytes(1, GREY, **stated))
    assert {keyword: str(made[keyword].value) for keyword in stated} == stated


def test_a_film_in_a_lossy_syntax_is_marked_with_its_ratio() -> None:
    buffer = io.BytesIO()
    Image.fromarray(GREY).save(buffer, "JPEG")
    uids = {"StudyInstanceUID": "2.25.7", "SeriesInstanceUID": "2.25.8"}
    data = compressed(GREY, buffer.getvalue(), "1.2.840.10008.1.2.4.50", **uids)
    made = image(data)
    assert (made.LossyImageCompression, made.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert float(made.LossyImageCompressionRatio) == pytest.approx(60 * 90 / len(data), abs=0.01)
