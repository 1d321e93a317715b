"""The causes of rejections are counted, and the next step fits."""

import pandas as pd
import pytest

from tasks.core.reasons import REASONS, commonest_causes, is_lost_film, next_step
from tasks.ingest.causes import cause_in_words, count_causes


@pytest.mark.parametrize(
    ("code", "detail", "step"),
    [
        ("truncated", None, "again"),
        ("unreadable", "the file cannot be unpacked: size or checksum differ", "again"),
        ("unreadable", "the file is encrypted", "password"),
        ("unreadable", "the file is a link that leads out of the source", "links"),
        ("unreadable", "permission denied", "allow"),
        ("unreadable", "DICOM transfer syntax JPEG Lossless", "gdcmconv"),
        ("unreadable", "no picture: a web page", "signed in"),
        ("unsupported", "a GIF, which is not read; convert it to PNG", "PNG"),
        ("unsupported", "a PNG whose name ends with txt; rename it", "rename"),
        ("unsupported", "a zip archive inside the folder, which is not read; unpack it", "unpack"),
        ("unsupported", "a DICOM data set without preamble, which is not read", "dcmconv"),
        ("too_small", "20 x 20 px", "min_side_px"),
    ],
)
def test_the_next_step_fits_the_cause(code: str, detail: str | None, step: str) -> None:
    found = next_step(code, detail)
    assert step in found
    assert ("again" in found and "copy" in found) == (step == "again")


def rejected(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["path", "reason", "detail"])
    return table.assign(status="rejected")


def test_details_that_differ_in_numbers_are_one_cause_and_three_are_shown() -> None:
    rows = [(f"{n}.png", "truncated", f"{n} bytes not processed") for n in range(5)]
    rows += [(f"x{n}.png", "truncated", text) for n, text in enumerate(("b", "b", "c", "d"))]
    causes = commonest_causes(rejected(*rows, ("y.gif", "unsupported", "a GIF")), "truncated")
    assert [(cause.n_files, cause.detail) for cause in causes] == [
        (5, "0 bytes not processed"), (2, "b"), (1, "c"),
    ]  # fmt: skip
    assert causes[0].paths == ["0.png", "1.png", "2.png"]


def test_lost_films_are_counted_first() -> None:
    rows = [(f"m{n}.png", "mask", None) for n in range(9)]
    table = rejected(*rows, ("a.gif", "unsupported", "a GIF"), ("b.x", "of a later version", None))
    found = [cause_in_words(*cause) for cause in count_causes(table)]
    assert found == ["1 of a later version", "1 unsupported (a GIF)", "9 mask"]
    lost = is_lost_film(pd.Series(list(REASONS), index=list(REASONS)))
    assert lost[~lost].index.tolist() == [
        "mask", "nested_copy", "excluded_by_reviewer", "no_class", "not_frontal", "not_an_image",
        "junk",
    ]  # fmt: skip
