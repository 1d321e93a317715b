"""What DICOM files say of patients and views, in the manifest."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.ingest.manifest import build_manifest
from tests.dicoms import dicom
from tests.films import encode, film_pixels, ingest_params, write_tree


def rows_of(folder: Path, films: dict[str, bytes]) -> pd.DataFrame:
    source = write_tree(folder / "films", films)
    return build_manifest(ingest_params(source)).set_index("path")


def test_the_patient_of_a_file_goes_before_the_name_of_its_folder(tmp_path: Path) -> None:
    films = {
        f"{label}/{study}/{i}.dcm": dicom(film_pixels(10 * study + i), PatientID=f"{label}{i}")
        for label in ("NORMAL", "PNEUMONIA")
        for study in (1, 2)
        for i in (0, 1)
    }
    films["NORMAL/3/no-id.dcm"] = dicom(film_pixels(99), PatientID="")
    patient = rows_of(tmp_path, films)["patient_id"]
    assert patient["NORMAL/1/0.dcm"] == patient["NORMAL/2/0.dcm"]
    assert patient.nunique() == 5
    assert patient["NORMAL/3/no-id.dcm"] == "3"


def test_a_lateral_view_is_rejected_by_its_header(tmp_path: Path) -> None:
    views = {"NORMAL/a.dcm": "PA", "NORMAL/b.dcm": "LL", "PNEUMONIA/c.dcm": "AP"}
    films = {
        path: dicom(film_pixels(i), ViewPosition=v) for i, (path, v) in enumerate(views.items())
    }
    rows = rows_of(tmp_path, films)
    assert rows["status"].tolist() == ["ok", "rejected", "ok"]
    assert rows.loc["NORMAL/b.dcm", "reason"] == "not_frontal"
    assert rows.loc["NORMAL/b.dcm", "detail"] == "ViewPosition LL"


def test_age_and_sex_are_read_from_the_header(tmp_path: Path) -> None:
    said = {
        "a": ("045Y", "F"), "b": ("006M", "M"), "c": ("010D", "O"), "d": ("412Y", ""),
        "e": ("093Y", "F"), "f": ("045Y\\046Y", "M\\F"),
    }  # fmt: skip
    films = {
        f"{'NORMAL' if name < 'd' else 'PNEUMONIA'}/{name}.dcm": dicom(
            film_pixels(i), PatientAge=age, PatientSex=sex
        )
        for i, (name, (age, sex)) in enumerate(said.items())
    }
    films["PNEUMONIA/g.png"] = encode(film_pixels(9), "PNG")
    rows = rows_of(tmp_path, films)
    assert (rows["status"] == "ok").all()
    ages = [45, 0.5, 10 / 365.25, np.nan, 90, np.nan, np.nan]
    assert rows["age_years"].tolist() == pytest.approx(ages, nan_ok=True)
    sexes = ["female", "male", None, None, "female", None, None]
    assert rows["sex"].astype(object).where(rows["sex"].notna(), None).tolist() == sexes


def test_an_age_or_sex_that_cannot_be_read_costs_no_film(tmp_path: Path) -> None:
    plain = dicom(film_pixels(1), PatientAge="045Y", PatientSex="F")
    damaged = plain.replace(b"AS\x04\x00", b"FD\x04\x00")
    damaged = damaged.replace(b"CS\x02\x00F ", b"CS\x02\x00\xff\xfe")
    assert b"FD\x04\x00" in damaged
    assert b"CS\x02\x00\xff\xfe" in damaged
    rows = rows_of(tmp_path, {"NORMAL/a.dcm": damaged, "PNEUMONIA/b.dcm": dicom(film_pixels(2))})
    assert rows["status"].tolist() == ["ok", "ok"]
    assert rows[["age_years", "sex"]].isna().all(axis=None)


def test_a_table_goes_before_the_header(tmp_path: Path) -> None:
    header = {"PatientAge": "045Y", "PatientSex": "F"}
    index = b"path,label,age,sex\na.dcm,NORMAL,7,\nb.dcm,PNEUMONIA,,male\n"
    films = {f"{name}.dcm": dicom(film_pixels(i), **header) for i, name in enumerate("ab")}
    rows = rows_of(tmp_path, {**films, "index.csv": index})
    assert list(rows["age_years"])[:2] == [7, 45]
    assert list(rows["sex"])[:2] == ["female", "male"]
