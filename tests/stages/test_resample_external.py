"""The stage `resample-external`: each cohort is judged or is a gap, and nothing else is lost."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA, read_table
from tests.external_cohorts import SOURCES, make_sources, run_cohort, run_here, run_home, summary_of
from tests.films import pack, run_stage, workspace


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_sources(tmp_path_factory.mktemp("cohorts"))
    run_home(root)
    for cohort in SOURCES:
        run_cohort(root, cohort, "resample", gate=cohort in ("clinic", "gone"))
    return root


def set_classes(root: Path, **classes: dict[str, str | None]) -> None:
    params = yaml.safe_load((root / "params.yaml").read_text("utf-8"))
    params["evaluate"]["external_classes"] = classes
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


def test_a_cohort_is_mapped_and_every_file_is_counted_once(root: Path) -> None:
    summary = summary_of(root, "clinic")
    assert summary["status"] == "judged"
    assert summary["classes"] == {"COVID": "PNEUMONIA", "NORMAL": "NORMAL", "TUBERCULOSIS": None}
    assert summary["counts"] == {
        "files": 19,
        "rejected": {},
        "left_out": {"also_in_training": 1, "duplicate": 1, "no_class_of_model": 2},
        "chosen": 15,
        "chosen_by_class": {"NORMAL": 8, "PNEUMONIA": 7},
        "patients": 15,
        "also_in_test": 1,
    }
    samples = read_table(SAMPLES_SCHEMA, root / paths.external_samples("clinic"))
    excluded = read_table(EXCLUDED_SCHEMA, root / paths.external_excluded("clinic"))
    assert len(samples) + len(excluded) == 19
    assert excluded.set_index("path")["reason"]["Covid/seen.jpeg"] == "also_in_training"
    assert "Normal/tested.jpeg" in set(samples["path"])
    assert any(note.startswith("1 films are in the test split") for note in summary["notes"])


@pytest.mark.parametrize(
    ("cohort", "words"),
    [
        ("plain", "need films whose class is known"),
        ("strange", "the model has none of the classes FLU, RICKETS; next: map them"),
        ("empty", "evaluate.external.empty must hold films; found: no file at all"),
        ("half", "next: "),
        ("gone", "evaluate.external.gone must exist"),
    ],
)
def test_what_cannot_be_judged_is_a_gap_with_the_next_step(
    root: Path, cohort: str, words: str
) -> None:
    summary = summary_of(root, cohort)
    assert summary["status"] == "gap"
    assert words in summary["gap"]
    assert "next: " in summary["gap"]


def test_one_class_is_judged_with_a_note(root: Path) -> None:
    summary = summary_of(root, "ill")
    assert (summary["status"], summary["classes"]) == ("judged", {"COVID": "PNEUMONIA"})
    assert "All films are PNEUMONIA: there is no AUROC, and one side only." in summary["notes"]


def test_stated_classes_turn_a_gap_into_a_cohort(root: Path) -> None:
    set_classes(root, strange={"FLU": "PNEUMONIA", "RICKETS": "NORMAL"})
    run_here("resample.external", root, cohort="strange")
    assert summary_of(root, "strange")["counts"]["chosen_by_class"] == {
        "NORMAL": 4,
        "PNEUMONIA": 4,
    }
    set_classes(root, strange={"FLU": "ILL"})
    with pytest.raises(ParamsError, match="ILL; the classes are NORMAL, PNEUMONIA"):
        run_here("resample.external", root, cohort="strange")
    set_classes(root)


def test_the_program_repeats_itself_byte_by_byte_and_logs_the_gap(root: Path) -> None:
    before = (root / paths.external_summary("gone")).read_bytes()
    end = run_stage("resample.external", root, "--cohort", "gone")
    assert end.returncode == 0, end.stderr
    assert "gone has no metrics: evaluate.external.gone must exist" in end.stderr
    assert (root / paths.external_summary("gone")).read_bytes() == before


@pytest.mark.slow
def test_films_of_the_packs_that_the_training_set_holds_are_left_out(tmp_path: Path) -> None:
    """Of covid-radiography-mini, 120 viral and 14 normal films are Kermany's (its README)."""
    sources = {"mini": str(pack("covid-radiography-mini").resolve())}
    home = str(pack("kermany-224").resolve())
    changes: dict[str, Any] = {"ingest": {"source": home}, "evaluate": {"external": sources}}
    root = workspace(tmp_path, compute={"n_workers": 2}, **changes)
    for program in ("ingest", "resample"):
        run_here(program, root)
    run_cohort(root, "mini", "resample")
    counts = summary_of(root, "mini")["counts"]
    known = counts["left_out"]["also_in_training"] + counts["also_in_test"]
    assert 125 <= known <= 134
    assert counts["chosen"] + sum(counts["left_out"].values()) == 360
