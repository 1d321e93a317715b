"""The stage `validate` as `dvc repro` runs it: its files, its messages and its exit code."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from tasks.core.image_store.builder import write_store
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, write_table

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = (Path("reports/validation.json"), Path("reports/validation.html"))


def manifest_of(n_films: int) -> pd.DataFrame:
    digests = [f"{number:064x}" for number in range(n_films)]
    labels = ["NORMAL", "PNEUMONIA"] * (n_films // 2)
    films = {
        "image_id": digests,
        "path": [f"{label}/{n:03d}.png" for n, label in enumerate(labels)],
        "label": labels,
        "patient_id": [f"patient-{number}" for number in range(n_films)],
        "width": 128,
        "height": 128,
        "mode": "L",
        "bit_depth": 8,
        "format": "PNG",
        "n_bytes": 4000,
        "pixel_hash": digests,
        "perceptual_hash": digests,
        "layout": "class_folders",
        "status": "ok",
        "mean": 120.0,
        "contrast": 50.0,
        "sharpness": 60.0,
        "noise": 2.0,
        "border": 30.0,
        "black_share": 0.05,
        "colour": 0.0,
        "is_synthetic": False,
    }
    return pd.DataFrame(films).reindex(columns=MANIFEST_SCHEMA.names)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    write_table(
        pd.DataFrame(columns=PAIRS_SCHEMA.names), PAIRS_SCHEMA, tmp_path / "data/pairs.parquet"
    )
    ids = list(manifest_of(60)["image_id"])
    write_store(tmp_path / "data/thumbnails", ids, 64, [90] * len(ids))
    return tmp_path


def validate(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.validate", *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def written(repository: Path) -> list[bytes]:
    return [(repository / path).read_bytes() for path in OUTPUTS]


def test_sound_manifest_passes_and_gives_the_same_bytes_twice(repository: Path) -> None:
    write_table(manifest_of(60), MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    first = validate(repository)
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr == (
        "[validate] 42 of 42 expectations passed; 0 error(s), 0 warning(s); 60 of 60 files usable; "
        "see reports/validation.html\n"
    )
    before = written(repository)
    assert json.loads(before[0])["passed"] is True
    assert validate(repository).returncode == 0
    assert written(repository) == before


def test_failed_expectation_stops_the_run_names_the_row_and_writes_both_reports(
    repository: Path,
) -> None:
    manifest = manifest_of(60)
    manifest.loc[manifest["path"] == "NORMAL/004.png", "width"] = 20
    write_table(manifest, MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    done = validate(repository)
    assert done.returncode == 1
    assert "side_long_enough: 20 to 128 px, accepted: at least 64 px" in done.stderr
    assert "1 row(s): NORMAL/004.png" in done.stderr
    assert "reports/validation.html" in done.stderr
    assert "validate.severity" in done.stderr
    assert "Traceback" not in done.stderr
    verdict = json.loads((repository / OUTPUTS[0]).read_text(encoding="utf-8"))
    assert verdict["passed"] is False
    broken = {one["name"]: one for one in verdict["expectations"] if not one["passed"]}
    assert set(broken) == {"side_long_enough", "aspect_plausible"}
    assert broken["side_long_enough"]["rows"] == [
        {"path": "NORMAL/004.png", "width": 20, "height": 128}
    ]
    page = (repository / OUTPUTS[1]).read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in page
    assert "<span>NORMAL/004.png</span>" in page


@pytest.mark.slow
def test_warning_is_reported_and_does_not_stop_the_run(repository: Path) -> None:
    manifest = manifest_of(60)
    manifest.loc[3, "patient_id"] = None
    write_table(manifest, MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    done = validate(repository)
    assert done.returncode == 0, done.stderr
    assert "1 warning(s): patient_named; 60 of 60 files usable; see reports/" in done.stderr
    verdict = json.loads((repository / OUTPUTS[0]).read_text(encoding="utf-8"))
    broken = [one for one in verdict["expectations"] if not one["passed"]]
    assert [(one["name"], one["severity"]) for one in broken] == [("patient_named", "warning")]
    assert broken[0]["rows"] == [{"path": "PNEUMONIA/003.png"}]


@pytest.mark.parametrize("absent", ["manifest.parquet", "pairs.parquet", "thumbnails"])
def test_missing_input_is_one_message(repository: Path, absent: str) -> None:
    write_table(manifest_of(60), MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    (repository / "data" / absent).rename(repository / "elsewhere")
    done = validate(repository)
    assert done.returncode == 1
    assert absent in done.stderr
    assert "Traceback" not in done.stderr


def test_films_are_compared_with_the_reference_manifest(repository: Path) -> None:
    write_table(manifest_of(60), MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    darker = manifest_of(60).assign(mean=40.0)
    darker["label"] = darker["label"].replace("NORMAL", "COVID")
    write_table(darker, MANIFEST_SCHEMA, repository / "earlier.parquet")
    params = repository / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("reference: null", "reference: earlier.parquet"), "utf-8")
    done = validate(repository)
    assert done.returncode == 1
    assert "no_class_vanished: 0 to 30 films, accepted: at least 1 film; 1 row(s): COVID" in (
        done.stderr
    )
    verdict = json.loads((repository / OUTPUTS[0]).read_text(encoding="utf-8"))
    drift = [one for one in verdict["expectations"] if one["group"] == "drift"]
    assert len(drift) == 4
    assert {one["name"]: [next(iter(row.values())) for row in one["rows"]] for one in drift} == {
        "statistics_stable": ["mean"],
        "no_class_vanished": ["COVID"],
        "no_new_class": ["NORMAL"],
        "class_shares_stable": ["label"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("synthetic", [True, False])
def test_manifest_says_whether_the_films_are_synthetic(repository: Path, synthetic: bool) -> None:
    manifest = manifest_of(60).assign(is_synthetic=synthetic)
    write_table(manifest, MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    assert validate(repository).returncode == 0
    result = json.loads((repository / OUTPUTS[0]).read_text(encoding="utf-8"))
    assert result["source"]["synthetic"] is synthetic
    page = (repository / OUTPUTS[1]).read_text(encoding="utf-8")
    assert ("Synthetic films." in page) is synthetic


@pytest.mark.slow
def test_reference_of_an_older_version_needs_only_the_compared_columns(repository: Path) -> None:
    write_table(manifest_of(60), MANIFEST_SCHEMA, repository / "data/manifest.parquet")
    earlier = manifest_of(60).drop(columns=["is_synthetic", "burned_in"])
    earlier.to_parquet(repository / "earlier.parquet")
    params = repository / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("reference: null", "reference: earlier.parquet"), "utf-8")
    done = validate(repository)
    assert done.returncode == 0, done.stderr
    assert "46 of 46 expectations passed" in done.stderr


def test_help_answers_without_great_expectations(repository: Path) -> None:
    start = time.perf_counter()
    done = validate(repository, "--help")
    elapsed_s = time.perf_counter() - start
    assert done.returncode == 0
    assert "reports/validation.json" in done.stdout
    assert elapsed_s < 2.0
