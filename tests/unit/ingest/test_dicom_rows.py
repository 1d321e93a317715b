"""What DICOM files say of patients and views, in the manifest."""

from pathlib import Path

import pandas as pd

from tasks.ingest.manifest import build_manifest
from tests.dicoms import dicom
from tests.films import film_pixels, ingest_params, write_tree


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
