"""One file is examined by the same rules, whether it is listed or screened."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tasks.core.examination.examine_bytes import Examination, ExaminationSettings, examine_bytes
from tasks.core.film.decode import decode_grey, open_film
from tasks.core.reasons import REASONS
from tasks.ingest.examine import examine, open_worker
from tests.dicoms import dicom
from tests.films import encode, film_pixels, ingest_params, jpeg, png, write_tree

SETTINGS = ExaminationSettings(min_side_px=32, max_colour=10.0)
GREY = Image.fromarray(film_pixels(3))
COLOURED = Image.merge("RGB", (GREY, GREY.rotate(90), GREY))
# path -> bytes, reason
FILES: dict[str, tuple[bytes, str | None]] = {
    "a.jpeg": (jpeg(1), None),
    "b": (png(2), None),
    "c.dcm": (dicom(film_pixels(3)), None),
    "d.jpeg": (jpeg(1)[:-200], "truncated"),
    "e.png": (b"<html>", "unreadable"),
    "f.png": (encode(GREY.resize((20, 300)), "PNG"), "too_small"),
    "g.png": (encode(Image.new("L", (64, 64), 9), "PNG"), "constant"),
    "h.png": (encode(GREY.point(lambda level: 255 * (level > 99)), "PNG"), "mask"),
    "i.png": (encode(GREY.convert("1"), "PNG"), "mask"),
    "j.png": (encode(COLOURED, "PNG"), "colour_photograph"),
    "k.gif": (encode(GREY, "GIF"), "unsupported"),
    "l.png.txt": (png(2), "unsupported"),
    "m.dcm": (dicom(film_pixels(3), ViewPosition="LL"), "not_frontal"),
    "n.txt": (b"notes", "not_an_image"),
    "o.pdf": (b"%PDF-1.7\n", "unsupported"),
    ".DS_Store": (b"\0\0\0\1Bud1", "junk"),
    "p.png": (png(3)[:25] + b"\3" + png(3)[26:], "unreadable"),
    "q.png": (b"", "unreadable"),
}  # fmt: skip


def examined(path: str) -> Examination:
    return examine_bytes(FILES[path][0], path, SETTINGS)


@pytest.mark.parametrize("path", FILES)
def test_the_reason_and_the_facts_are_those_of_the_manifest(path: str, tmp_path: Path) -> None:
    data, _ = FILES[path]
    params = ingest_params(write_tree(tmp_path / "films", {path: data}))
    settings = ExaminationSettings(params.min_side_px, params.max_colour, params.patient_salt)
    open_worker(params)
    listed, thumbnail = examine(path)
    found = examine_bytes(data, path, settings)
    assert (found.reason, found.detail) == (listed["reason"], listed.get("detail"))
    assert found.facts.items() <= listed.items()
    assert (found.grey is None) == (thumbnail is None)


@pytest.mark.parametrize("path", FILES)
def test_each_file_has_the_reason_known_by_hand(path: str) -> None:
    found = examined(path)
    assert found.reason == FILES[path][1]
    assert found.reason is None or found.reason in REASONS
    assert found.facts["n_bytes"] == len(FILES[path][0])
    assert (found.grey is not None) or found.reason


def test_pixels_are_those_of_the_decoder_in_full_size() -> None:
    found = examined("a.jpeg")
    assert found.grey is not None
    assert found.grey.tobytes() == decode_grey(open_film(FILES["a.jpeg"][0])).tobytes()


def test_limits_are_those_of_the_settings() -> None:
    wide = ExaminationSettings(min_side_px=10, max_colour=200.0)
    for path in ("f.png", "j.png"):
        assert examine_bytes(FILES[path][0], path, wide).reason is None


def test_a_patient_key_is_made_only_with_a_salt() -> None:
    data = dicom(film_pixels(3), PatientID="PAT-7")
    salted = ExaminationSettings(min_side_px=32, max_colour=10.0, patient_salt="secret")
    key = examine_bytes(data, "a.dcm", salted).facts["patient_id"]
    assert key.startswith("dicom:")
    assert "PAT-7" not in key
    assert examine_bytes(data, "a.dcm", SETTINGS).facts["patient_id"] is None


def test_a_decoder_that_runs_out_of_memory_costs_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: io.BytesIO) -> None:
        raise MemoryError

    monkeypatch.setattr("tasks.core.examination.examine_bytes.decode_strictly", fail)
    found = examined("a.jpeg")
    assert (found.reason, found.detail) == ("unreadable", "the decoder failed with MemoryError")
    assert found.facts["width"] == GREY.width
