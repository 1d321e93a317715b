"""The data gate tests itself: each planted defect is caught by its own gates and by no other."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tasks.core.atomic import read_json
from tasks.core.params import load_params
from tasks.core.phantom.write import write_phantom
from tasks.report.readme_results import README_FILE, RECORDS, read_records, with_table
from tasks.validate.suite import build_suite
from tests.films import ROOT, tree_hash
from tests.studies.defects.catalogue import CORE, MORE, Defect
from tests.studies.defects.score import Trial, row, try_defects
from tests.studies.defects.table import RECORD, defects_table
from tests.studies.defects.tree import SETTINGS

# A table written by `ingest` cannot break these: they guard against tables that others wrote
UNBREAKABLE = {
    *("columns_present", "path_unique", "image_id_is_sha256", "path_named", "image_id_named"),
    *("label_named", "facts_complete", "side_long_enough", "bit_depth_known", "file_not_empty"),
    *("label_canonical", "status_known", "rejection_has_reason", "usable_has_no_reason"),
}


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean films."""
    folder = tmp_path_factory.mktemp("defects") / "phantom"
    write_phantom(folder, SETTINGS)
    return folder


def test_each_gate_catches_its_own_defect_and_no_other(phantom: Path, tmp_path: Path) -> None:
    before = tree_hash(phantom / "kaggle")
    clean, *trials = try_defects(phantom, tmp_path, CORE)
    assert clean.spoken == {}
    assert_caught_as_recorded(trials)
    assert tree_hash(phantom / "kaggle") == before


@pytest.mark.slow
def test_each_gate_catches_the_rarer_defects_as_well(phantom: Path, tmp_path: Path) -> None:
    _, *trials = try_defects(phantom, tmp_path, MORE)
    assert_caught_as_recorded(trials)


def assert_caught_as_recorded(trials: Sequence[Trial]) -> None:
    """Every trial passed, and says the same as reports/results/defects.json."""
    recorded = {defect["name"]: defect for defect in read_json(ROOT / RECORD)["defects"]}
    assert [row(trial) for trial in trials if not trial.passed] == []
    assert [row(trial) for trial in trials] == [recorded[trial.defect.name] for trial in trials]


def test_a_missed_film_a_false_alarm_and_a_strange_gate_each_fail_a_trial() -> None:
    defect = Defect("two files", CORE[0].plant, ("ingest:bomb",))
    planted = [frozenset({"a"}), frozenset({"b", "its twin"})]

    def passed(**spoken: set[str]) -> bool:
        named = {gate.replace("_", ":", 1): frozenset(files) for gate, files in spoken.items()}
        return Trial(defect, planted, named).passed

    assert passed(ingest_bomb={"a", "its twin"})
    assert not passed(ingest_bomb={"a"})
    assert not passed(ingest_bomb={"a", "b", "another"})
    assert not passed(ingest_bomb={"a", "b"}, ingest_junk={"a"})
    assert not passed()


def test_every_expectation_that_films_can_break_has_a_defect() -> None:
    params = load_params(ROOT / "params.yaml")
    validate = params.validate_.model_copy(update={"reference": "data/manifest.parquet"})
    names = {rule.name for rule in build_suite(validate, params.ingest.min_side_px)}
    gates = {gate for defect in (*CORE, *MORE) for gate in defect.gates}
    planted = {gate.removeprefix("validate:") for gate in gates if gate.startswith("validate:")}
    assert planted == names - UNBREAKABLE


def test_the_record_holds_every_defect_once_and_is_no_record_of_metrics() -> None:
    recorded = [defect["name"] for defect in read_json(ROOT / RECORD)["defects"]]
    assert recorded == [defect.name for defect in (*CORE, *MORE)]
    assert all("test" in record for record in read_records(ROOT / RECORDS))


def test_the_readme_prints_the_recorded_score() -> None:
    text = (ROOT / README_FILE).read_text(encoding="utf-8")
    table = defects_table(read_json(ROOT / RECORD))
    assert with_table(text, "defects", table) == text
