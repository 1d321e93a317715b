"""Real films in Kaggle's layouts, as folders and as zips: every count has a known reason."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table
from tests.films import pack, run_stage, workspace

# Usable films, rejected files by reason, exact pairs; README.md beside the packs explains them
PACKS: dict[str, tuple[int, dict[str, int], int]] = {
    "kermany-224": (5532, {}, 29),
    "kermany-original": (150, {}, 1),
    "covid-3class": (317, {"not_an_image": 1}, 10),
    "covid-radiography-mini": (360, {"mask": 360, "not_an_image": 1}, 0),
}


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, path.relative_to(folder))
    return archive


def ingested(folder: Path, source: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[bytes]]:
    run = workspace(folder, ingest={"source": str(source)})
    end = run_stage("ingest", run)
    assert end.returncode == 0, end.stderr
    files = [run / "data/manifest.parquet", run / "data/pairs.parquet"]
    files += sorted((run / "data/thumbnails").iterdir())
    manifest, pairs = read_table(MANIFEST_SCHEMA, files[0]), read_table(PAIRS_SCHEMA, files[1])
    return manifest, pairs, [path.read_bytes() for path in files]


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKS)
def test_a_pack_and_its_zip_give_the_same_tables_with_the_known_counts(
    tmp_path: Path, name: str
) -> None:
    folder = pack(name)
    manifest, pairs, written = ingested(tmp_path / "a", folder)
    n_usable, rejected, n_exact = PACKS[name]
    assert len(manifest) == sum(path.is_file() for path in folder.rglob("*"))
    assert (manifest["status"] == "ok").sum() == n_usable
    assert manifest["reason"].dropna().value_counts().to_dict() == rejected
    assert (pairs["kind"] == "exact").sum() == n_exact
    archive = zipped(folder, tmp_path / f"{name}.zip")
    assert ingested(tmp_path / "b", archive)[2] == written


def test_the_error_of_a_flat_folder_names_the_accepted_layouts(tmp_path: Path) -> None:
    run = workspace(tmp_path, ingest={"source": str(pack("nih-sample"))})
    end = run_stage("ingest", run)
    assert end.returncode == 1
    assert "12 images among 12 files" in end.stderr
    assert "index.csv" in end.stderr
