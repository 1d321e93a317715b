"""`python -m tasks.resample` as a process of its own."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core.tables import (
    ACQUISITION_SCHEMA,
    EXCLUDED_SCHEMA,
    MANIFEST_SCHEMA,
    PAIRS_SCHEMA,
    SAMPLES_SCHEMA,
    read_table,
    write_table,
)
from tests.films import run_stage, workspace
from tests.unit.resample.frames import film, pairs_of, patients, usable_films

HELD = "test/NORMAL/NORtest0000-0.jpeg"
ROWS = [
    *patients("NORMAL", 20, given_split="train"),
    *patients("PNEUMONIA", 20, 2, given_split="train"),
    *patients("NORMAL", 4, given_split="test"),
    *patients("PNEUMONIA", 4, given_split="test"),
    film("leak", "NORMAL", "NORtest:0", given_split="train"),
    film("alike", "NORMAL", "IM:8", given_split="train"),
    film("cut", "NORMAL", "IM:9", status="rejected", reason="truncated"),
]


def prepared(folder: Path, **changes: object) -> Path:
    workspace(folder, **changes)
    films = usable_films(ROWS)
    write_table(films, MANIFEST_SCHEMA, folder / "data/manifest.parquet")
    pairs = pairs_of(films[films["status"] == "ok"], [("train/NORMAL/alike.jpeg", HELD)])
    write_table(pairs, PAIRS_SCHEMA, folder / "data/pairs.parquet")
    return folder


def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    samples = read_table(SAMPLES_SCHEMA, folder / "data/samples.parquet")
    return samples, read_table(EXCLUDED_SCHEMA, folder / "data/excluded.parquet")


def test_usable_films_become_samples_and_exclusions_that_add_up(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    end = run_stage("resample", folder)
    assert (end.returncode, end.stdout) == (0, "")
    samples, excluded = tables(folder)
    assert (len(samples), len(excluded)) == (68, 2)
    n_train, n_val, n_test = samples["split"].value_counts()[["train", "val", "test"]]
    assert n_test == 8
    assert end.stderr.splitlines()[-1] == (
        f"[resample] 70 usable films: train {n_train}, val {n_val}, test 8, excluded 2"
    )
    assert dict(zip(excluded["path"], excluded["reason"], strict=True)) == {
        "train/NORMAL/alike.jpeg": "leak",
        "train/NORMAL/leak.jpeg": "leak",
    }
    assert samples["n_repeats"].tolist() == [1] * 68
    assert samples["fold"].isna().all()
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "acquisition.parquet", "corrections", "excluded.parquet", "manifest.parquet",
        "pairs.parquet", "samples.parquet",
    ]  # fmt: skip
    assert read_table(ACQUISITION_SCHEMA, folder / "data/acquisition.parquet").empty


def test_training_films_are_clustered_only_if_it_is_asked_for(tmp_path: Path) -> None:
    folder = prepared(tmp_path, resample={"acquisition_clusters": 2})
    end = run_stage("resample", folder)
    assert end.returncode == 1
    assert "films with the same facts" in end.stderr
    manifest = read_table(MANIFEST_SCHEMA, folder / "data/manifest.parquet")
    manifest["sharpness"] = [float(number % 2) for number in range(len(manifest))]
    write_table(manifest, MANIFEST_SCHEMA, folder / "data/manifest.parquet")
    assert run_stage("resample", folder).returncode == 0
    samples, _ = tables(folder)
    clusters = read_table(ACQUISITION_SCHEMA, folder / "data/acquisition.parquet")
    train = samples[samples["split"] == "train"]
    assert clusters["image_id"].tolist() == sorted(train["image_id"])


def test_folds_are_whole_numbers_with_nulls_in_the_file(tmp_path: Path) -> None:
    folder = prepared(tmp_path, resample={"n_folds": 4, "fold": 2})
    assert run_stage("resample", folder).returncode == 0
    column = pq.read_table(folder / "data/samples.parquet", columns=["split", "fold"])
    assert column.schema.field("fold").type == pa.int32()
    rows = column.to_pylist()
    assert {row["fold"] for row in rows if row["split"] == "test"} == {None}
    assert {row["fold"] for row in rows if row["split"] == "val"} == {2}
    assert {row["fold"] for row in rows if row["split"] == "train"} == {0, 1, 3}


@pytest.mark.parametrize("balance", ["oversample", "undersample"])
def test_classes_of_the_training_split_add_up_alike(tmp_path: Path, balance: str) -> None:
    folder = prepared(tmp_path, resample={"balance": balance})
    assert run_stage("resample", folder).returncode == 0
    samples, excluded = tables(folder)
    train = samples[samples["split"] == "train"]
    assert train.groupby("label")["n_repeats"].sum().nunique() == 1
    assert (excluded["reason"] == "undersampled").any() == (balance == "undersample")
    assert len(samples) + len(excluded) == 70


def test_a_second_run_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    outputs = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        folder = prepared(tmp_path / name, resample={"seed": seed})
        assert run_stage("resample", folder).returncode == 0
        outputs.append((folder / "data/samples.parquet").read_bytes())
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize("spoil", ["missing", "cut off", "one class", "no pairs"])
def test_a_manifest_that_cannot_be_used_ends_with_one_message(tmp_path: Path, spoil: str) -> None:
    folder = prepared(tmp_path)
    manifest = folder / "data/manifest.parquet"
    if spoil == "missing":
        manifest.unlink()
    elif spoil == "no pairs":
        (folder / "data/pairs.parquet").unlink()
    elif spoil == "cut off":
        manifest.write_bytes(manifest.read_bytes()[:-100])
    else:
        films = usable_films(patients("NORMAL", 30))
        write_table(films, MANIFEST_SCHEMA, manifest)
        write_table(pairs_of(films), PAIRS_SCHEMA, folder / "data/pairs.parquet")
    end = run_stage("resample", folder)
    lines = end.stderr.splitlines()
    assert end.returncode == 1
    assert [line.split(":")[0] for line in lines[1:]] == ["  found", "  where", "  next"]
    assert not (folder / "data/samples.parquet").exists()
