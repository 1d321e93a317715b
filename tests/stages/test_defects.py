"""Each planted defect is reported by its own gates and by no other gate."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.params import load_params
from tasks.core.phantom.write import write_phantom
from tasks.core.reasons import REASONS
from tasks.report.readme_results import read_records
from tasks.validate.suite import build_suite
from tests.films import ROOT, tree_hash
from tests.studies.defects.catalogue import CORE, HARMLESS, MORE, Defect
from tests.studies.defects.page import RECORD
from tests.studies.defects.score import N_FILMS, Trial, harmless_row, row, try_defects
from tests.studies.defects.tree import SETTINGS

# A table of `ingest` cannot break these expectations; they check tables from other programs
UNBREAKABLE = {
    *("columns_present", "path_unique", "image_id_is_sha256", "path_named", "image_id_named"),
    *("label_named", "facts_complete", "side_long_enough", "bit_depth_known", "file_not_empty"),
    *("label_canonical", "status_known", "rejection_has_reason", "usable_has_no_reason"),
}


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic films without a defect."""
    folder = tmp_path_factory.mktemp("defects") / "phantom"
    write_phantom(folder, SETTINGS)
    return folder


@pytest.mark.slow
def test_each_defect_is_reported_by_its_own_gates_only(phantom: Path, tmp_path: Path) -> None:
    before = tree_hash(phantom / "kaggle")
    clean, *trials = try_defects(phantom, tmp_path, CORE)
    assert clean.findings == {}
    assert_passed_as_recorded(trials)
    assert tree_hash(phantom / "kaggle") == before


@pytest.mark.slow
def test_each_rare_defect_is_reported_by_its_own_gates_only(phantom: Path, tmp_path: Path) -> None:
    _, *trials = try_defects(phantom, tmp_path, MORE)
    assert_passed_as_recorded(trials)


@pytest.mark.slow
def test_no_gate_reports_sound_films_in_an_unusual_form(phantom: Path, tmp_path: Path) -> None:
    _, *trials = try_defects(phantom, tmp_path, HARMLESS)
    assert [harmless_row(trial) for trial in trials if not trial.passed] == []
    assert [harmless_row(trial) for trial in trials] == read_json(ROOT / RECORD)["harmless"]


def assert_passed_as_recorded(trials: Sequence[Trial]) -> None:
    """Every trial passed, and equals its entry in reports/results/defects.json."""
    recorded = {defect["name"]: defect for defect in read_json(ROOT / RECORD)["defects"]}
    assert [row(trial) for trial in trials if not trial.passed] == []
    assert [row(trial) for trial in trials] == [recorded[trial.defect.name] for trial in trials]


def test_a_missed_film_a_false_alarm_and_another_gate_each_fail_a_trial() -> None:
    defect = Defect("two files", CORE[0].plant, ("ingest:bomb",))
    planted = [frozenset({"a"}), frozenset({"b", "its copy"})]

    def passed(**findings: set[str]) -> bool:
        named = {gate.replace("_", ":", 1): frozenset(files) for gate, files in findings.items()}
        return Trial(defect, planted, named).passed

    assert passed(ingest_bomb={"a", "its copy"})
    assert not passed(ingest_bomb={"a"})
    assert not passed(ingest_bomb={"a", "b", "another"})
    assert not passed(ingest_bomb={"a", "b"}, ingest_junk={"a"})
    assert not passed()


def test_an_alarm_or_a_lost_film_fails_a_sound_set() -> None:
    sound = Defect("sound", CORE[0].plant, ())
    assert Trial(sound, [], {}, N_FILMS).passed
    assert not Trial(sound, [], {}, N_FILMS - 1).passed
    assert not Trial(sound, [], {"ingest:junk": frozenset({"a"})}, N_FILMS).passed


def test_every_expectation_that_films_can_break_has_a_defect() -> None:
    params = load_params(ROOT / "params.yaml")
    validate = params.validate_.model_copy(update={"reference": "data/manifest.parquet"})
    names = {rule.name for rule in build_suite(validate, params.ingest.min_side_px)}
    gates = {gate for defect in (*CORE, *MORE) for gate in defect.gates}
    planted = {gate.removeprefix("validate:") for gate in gates if gate.startswith("validate:")}
    assert planted == names - UNBREAKABLE


def test_every_reason_of_a_rejected_file_has_a_defect() -> None:
    gates = {gate for defect in (*CORE, *MORE) for gate in defect.gates}
    of_files = REASONS.keys() - {"excluded_by_reviewer"}  # a person's decision, not a defect
    assert {f"ingest:{code}" for code in of_files} <= gates


def test_the_record_holds_every_defect_once_and_is_not_read_as_a_record_of_metrics() -> None:
    recorded = [defect["name"] for defect in read_json(ROOT / RECORD)["defects"]]
    assert recorded == [defect.name for defect in (*CORE, *MORE)]
    harmless = [made["name"] for made in read_json(ROOT / RECORD)["harmless"]]
    assert harmless == [made.name for made in HARMLESS]
    assert all("test" in record for record in read_records(ROOT / paths.RECORDS))
