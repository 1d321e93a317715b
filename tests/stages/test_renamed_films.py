"""Kermany's films give the same cohort under Mooney's and under Dincer's names."""

import re
from pathlib import Path

import pandas as pd

from tasks.core.tables import SAMPLES_SCHEMA, read_table
from tests.films import Files, mooney_files, run_stage, workspace, write_tree


def renamed(files: Files) -> Files:
    """Mooney's tree with the names of Dincer's set; a patient keeps all of his films."""
    again = {}
    for path, data in files.items():
        folder, _, name = path.rpartition("/")
        subtype = re.search("bacteria|virus", name)
        family = subtype[0].upper() if subtype else "NORMAL"
        number = re.search(r"\d+", name)
        assert number
        film = 1 + sum(name.startswith(f"{family}-{int(number[0])}-") for name in again)
        again[f"{folder}/{family}-{int(number[0])}-{film:04d}.jpeg"] = data
    return again


def cohort(folder: Path, files: Files) -> pd.DataFrame:
    write_tree(folder / "films", files)
    run = workspace(folder / "run", ingest={"source": "../films"})
    for stage in ("ingest", "resample"):
        end = run_stage(stage, run)
        assert end.returncode == 0, end.stderr
    samples = read_table(SAMPLES_SCHEMA, run / "data/samples.parquet")
    samples["group"] = samples.groupby("group_id")["image_id"].transform("min")
    return samples.sort_values("image_id", ignore_index=True)


def test_the_cohort_is_the_same_except_for_names(tmp_path: Path) -> None:
    files = mooney_files(36)
    mooney, dincer = cohort(tmp_path / "a", files), cohort(tmp_path / "b", renamed(files))
    assert set(mooney["path"]).isdisjoint(dincer["path"])
    same = ["image_id", "label", "subtype", "class_index", "given_split", "group"]
    pd.testing.assert_frame_equal(mooney[same], dincer[same])
    assert (mooney["split"] == "test").equals(dincer["split"] == "test")
    # the hash draw depends on the patient key, so the same key gives the same split
    pneumonia = mooney["label"] == "PNEUMONIA"
    assert mooney.loc[pneumonia, "patient_id"].equals(dincer.loc[pneumonia, "patient_id"])
    assert mooney.loc[pneumonia, "split"].equals(dincer.loc[pneumonia, "split"])
