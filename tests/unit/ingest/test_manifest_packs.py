"""Manifests of the real packs have the known counts, patients and duplicates."""

import pandas as pd
import pytest

from tasks.core.errors import SourceError
from tasks.ingest.manifest import build_manifest
from tests.films import ingest_params, only_row, pack


def shared_patients(films: pd.DataFrame, first: str, second: str) -> int:
    patients = [
        set(films.loc[films["given_split"] == name, "patient_id"]) for name in (first, second)
    ]
    return len(patients[0] & patients[1])


def duplicate_groups(films: pd.DataFrame, split: str) -> int:
    sizes = films[films["given_split"] == split].groupby("image_id").size()
    return int((sizes > 1).sum())


def real(name: str) -> pd.DataFrame:
    return build_manifest(ingest_params(pack(name), min_side_px=64))


def films_of(manifest: pd.DataFrame) -> pd.DataFrame:
    return manifest[manifest["status"] == "ok"]


@pytest.mark.slow
def test_kermanys_set_has_the_known_patients_leaks_and_duplicates() -> None:
    manifest = real("kermany-224")
    films = films_of(manifest)
    assert len(films) == len(manifest) == 5532
    assert manifest["layout"].unique().tolist() == ["mooney"]
    assert films["patient_id"].notna().all()
    assert films.groupby("given_split")["patient_id"].nunique().to_dict() == {
        "train": 3642, "val": 16, "test": 219,
    }  # fmt: skip
    assert shared_patients(films, "train", "test") == 0
    assert shared_patients(films, "train", "val") == 4
    assert shared_patients(films, "val", "test") == 0
    groups = [duplicate_groups(films, split) for split in ("train", "val", "test")]
    assert groups == [24, 0, 3]
    assert films.groupby("image_id")[["label", "given_split"]].nunique().to_numpy().max() == 1
    counts = films.groupby(["given_split", "label"]).size().to_dict()
    assert counts == {
        ("train", "NORMAL"): 1333, ("train", "PNEUMONIA"): 3867,
        ("val", "NORMAL"): 8, ("val", "PNEUMONIA"): 8,
        ("test", "NORMAL"): 117, ("test", "PNEUMONIA"): 199,
    }  # fmt: skip


def test_kermanys_originals_are_all_usable() -> None:
    manifest = real("kermany-original")
    films = films_of(manifest)
    assert len(films) == len(manifest) == 150
    assert films["label"].value_counts().to_dict() == {"PNEUMONIA": 108, "NORMAL": 42}
    assert films["subtype"].value_counts().to_dict() == {"bacteria": 58, "virus": 50}
    assert films["mode"].value_counts().to_dict() == {"L": 124, "RGB": 26}
    assert (films.groupby("image_id").size() > 1).sum() == 1


def test_the_covid_set_has_three_classes_and_the_known_duplicates() -> None:
    manifest = real("covid-3class/Covid19-dataset")
    films = films_of(manifest)
    assert len(films) == len(manifest) == 317
    assert films["label"].value_counts().to_dict() == {
        "COVID": 137, "NORMAL": 90, "VIRAL PNEUMONIA": 90,
    }  # fmt: skip
    assert (films.groupby("image_id").size() > 1).sum() == 10
    assert (films.groupby("image_id")["given_split"].nunique() > 1).sum() == 6


def test_the_masks_of_the_radiography_set_are_not_films() -> None:
    manifest = real("covid-radiography-mini/COVID-19_Radiography_Dataset")
    assert manifest["reason"].fillna("ok").value_counts().to_dict() == {"ok": 360, "mask": 360}
    counts = films_of(manifest)["label"].value_counts().to_dict()
    assert counts == {"COVID": 120, "NORMAL": 120, "VIRAL PNEUMONIA": 120}


def test_a_table_beside_the_films_has_a_row_and_is_rejected() -> None:
    manifest = real("covid-3class")
    row = only_row(manifest, "PROVENANCE.csv")
    assert (len(manifest), row["reason"]) == (318, "not_an_image")


def test_a_flat_folder_of_real_films_is_refused() -> None:
    with pytest.raises(SourceError, match="12 images among 12 files"):
        real("nih-sample")
