"""`python -m tasks.resample` as a process of its own."""

from pathlib import Path

import pytest

from tasks.tables import EXCLUDED, MANIFEST, SAMPLES, read_table, write_table
from tests.films import run_stage, workspace
from tests.unit.resample.frames import film, patients, usable_films

ROWS = [
    *patients("NORMAL", 20, given_split="train"),
    *patients("PNEUMONIA", 20, 2, given_split="train"),
    *patients("NORMAL", 4, given_split="test"),
    *patients("PNEUMONIA", 4, given_split="test"),
    film("leak", "NORMAL", "NORtest:0", given_split="train"),
    film("cut", "NORMAL", "IM:9", status="rejected", reason="truncated"),
]


def prepared(folder: Path, **changes: object) -> Path:
    workspace(folder, **changes)
    write_table(usable_films(ROWS), MANIFEST, folder / "data/manifest.parquet")
    return folder


def test_usable_films_become_samples_and_exclusions_that_add_up(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    end = run_stage("resample", folder)
    assert (end.returncode, end.stdout) == (0, "")
    samples = read_table(SAMPLES, folder / "data/samples.parquet")
    excluded = read_table(EXCLUDED, folder / "data/excluded.parquet")
    assert (len(samples), len(excluded)) == (68, 1)
    # val: 0.15 of 20 normals is 3 films, of 40 films in pairs 6
    assert end.stderr == ("[resample] 69 usable films: train 51, val 9, test 8, excluded 1\n")
    assert excluded["reason"].tolist() == ["leak"]
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "excluded.parquet", "manifest.parquet", "samples.parquet",
    ]  # fmt: skip


def test_a_second_run_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    outputs = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        folder = prepared(tmp_path / name, resample={"seed": seed})
        assert run_stage("resample", folder).returncode == 0
        outputs.append((folder / "data/samples.parquet").read_bytes())
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize("spoil", ["missing", "cut off", "one class"])
def test_a_manifest_that_cannot_be_used_ends_with_one_message(tmp_path: Path, spoil: str) -> None:
    folder = prepared(tmp_path)
    manifest = folder / "data/manifest.parquet"
    if spoil == "missing":
        manifest.unlink()
    elif spoil == "cut off":
        manifest.write_bytes(manifest.read_bytes()[:-100])
    else:
        write_table(usable_films(patients("NORMAL", 30)), MANIFEST, manifest)
    end = run_stage("resample", folder)
    lines = end.stderr.splitlines()
    assert end.returncode == 1
    assert [line.split(":")[0] for line in lines[1:]] == ["  found", "  where", "  next"]
    assert not (folder / "data/samples.parquet").exists()
