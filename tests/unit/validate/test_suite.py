"""A clean manifest passes every expectation; each fault breaks only its own."""

import pandas as pd
import pytest
import yaml

from tasks.core.errors import ParamsError
from tasks.core.params import ValidateParams
from tasks.validate.rules.broken import BROKEN
from tasks.validate.rules.rule import RULE_GROUPS
from tasks.validate.suite import build_suite
from tests.films import ROOT
from tests.unit.validate.cases import MIN_SIDE_PX, broken, check, pairs_of
from tests.unit.validate.faults import (
    FAULTS,
    FILM,
    NEAR,
    SHORTCUTS,
    setting,
    setting_at,
    train,
    without,
)

ABOUT_GROUPS = {"patients_told_apart", "negative_class_present", "class_at_every_site"}

# Great Expectations imports a module that Python has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")


def test_clean_manifest_passes_every_expectation(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    results, _ = check(clean, pairs_of(), thresholds)
    assert broken(results) == {}
    assert len(results) == 42
    observed = {result.name: result.observed for result in results}
    assert observed["enough_films"] == "20 films"
    assert observed["side_long_enough"] == "100 px"
    assert observed["two_classes"] == "2: NORMAL, PNEUMONIA"
    assert observed["class_has_films"] == "10 films"
    assert observed["few_rejected"] == "0.0 % (0 of 20)"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_only_its_own_expectation(
    name: str, clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    fault, paths = FAULTS[name]
    found = broken(check(fault(clean), pairs_of(), thresholds)[0])
    assert set(found) == {name}
    assert [str(row["path"]) for row in found[name].rows] == paths
    assert found[name].n_failing == len(paths)


def test_class_with_too_few_films_is_named(clean: pd.DataFrame, thresholds: ValidateParams) -> None:
    # 20 to 5 films is also a ratio of 4; the ratio is allowed, so only the count fails
    allowed = thresholds.model_copy(update={"max_class_ratio": 4.0, "min_films": 15})
    manifest = without(*train("NORMAL", 0, 1, 2, 3, 4))(clean)
    found = broken(check(manifest, pairs_of(), allowed)[0])
    assert set(found) == {"class_has_films"}
    assert found["class_has_films"].rows == [
        {"path": "test/NORMAL/08.png", "label": "NORMAL", "n_films": 5, "n_patients": 5}
    ]


@pytest.mark.parametrize("name", NEAR)
def test_near_duplicates_break_only_their_own_expectation(
    name: str, clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    pairs, paths = NEAR[name]
    found = broken(check(clean, pairs_of(*pairs), thresholds)[0])
    assert set(found) == {name}
    assert [row["path"] for row in found[name].rows] == paths


@pytest.fixture
def larger(clean: pd.DataFrame) -> pd.DataFrame:
    """120 films of 120 patients; 12 of each class are in the test split."""
    copies = []
    for copy in range(6):
        again = clean.assign(path=clean["path"].str.replace(".png", f"-{copy}.png"))
        for column in ("image_id", "pixel_hash"):
            again[column] = f"{copy}" + clean[column].str[1:]
        again["patient_id"] = clean["patient_id"] + f"-{copy}"
        copies.append(again)
    return pd.concat(copies).sort_values("path", ignore_index=True)


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_shortcut_breaks_only_its_own_expectation_and_is_described(
    name: str, larger: pd.DataFrame, thresholds: ValidateParams
) -> None:
    results, validation = check(SHORTCUTS[name](larger), pairs_of(), thresholds)
    found = broken(results)
    # a mark in the test split of one class also predicts the class, but below 0.8
    assert set(found) == {name}
    sentence = {
        "metadata_tell_no_class": "File size alone tells PNEUMONIA from NORMAL with AUROC 1.00",
        "pixels_tell_no_class": "Sharpness alone tells PNEUMONIA from NORMAL with AUROC 1.00",
        "metadata_tell_no_split": "File size alone tells the given test split of NORMAL from the "
        "rest of that class with AUROC 1.00",
        "pixels_tell_no_split": "Sharpness alone tells the given test split of NORMAL from the "
        "rest of that class with AUROC 1.00",
    }[name]
    assert any(row["finding"].startswith(sentence) for row in found[name].rows)
    assert any(row["words"].startswith(sentence) for row in validation["shortcuts"]["rows"])


def test_every_expectation_has_a_fault_that_breaks_it(thresholds: ValidateParams) -> None:
    rules = build_suite(thresholds, MIN_SIDE_PX)
    # these have tests of their own, here, in test_group_tables.py and in test_orientation.py
    alone = {"class_has_films", "films_upright", *ABOUT_GROUPS}
    tested = {*FAULTS, *NEAR, *SHORTCUTS, *alone}
    assert {rule.name for rule in rules} == tested
    assert len({rule.name for rule in rules}) == len(rules)
    assert [rule.group for rule in rules] == sorted((r.group for r in rules), key=RULE_GROUPS.index)


def test_severity_can_be_set_and_an_unknown_name_is_an_error(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    strict = thresholds.model_copy(update={"severity": {"patient_named": "error"}})
    found = broken(check(setting(patient_id=None)(clean), pairs_of(), strict)[0])
    assert found["patient_named"].severity == "error"
    wrong = thresholds.model_copy(update={"severity": {"pateint_named": "error"}})
    with pytest.raises(ParamsError, match=r"(?s)pateint_named.*patient_named"):
        build_suite(wrong, MIN_SIDE_PX)


def test_patient_in_train_and_val_is_a_leak(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    fault = setting_at(train("NORMAL", 1), given_split="val", patient_id="patient-0")
    results, validation = check(fault(clean), pairs_of(), thresholds)
    assert set(broken(results)) == {"patient_in_one_split"}
    assert validation["n_pairs"]["patient"] == {"all": 1, "across_classes": 0, "across_splits": 1}
    (pair,) = validation["pairs"]
    assert (pair["path"], pair["other_path"]) == (FILM, "train/NORMAL/01.png")


@pytest.mark.parametrize("reason", ["mask", "nested_copy", "no_class", "not_an_image", "junk"])
def test_files_that_are_no_films_do_not_count_as_rejected(
    reason: str, clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    aside = clean.assign(path="masks/" + clean["path"], status="rejected", reason=reason)
    manifest = pd.concat([clean, aside], ignore_index=True)
    assert broken(check(manifest, pairs_of(), thresholds)[0]) == {}


def test_every_expectation_says_what_it_means_to_break_it(thresholds: ValidateParams) -> None:
    rules = build_suite(thresholds.model_copy(update={"reference": "manifest.parquet"}), 64)
    assert {rule.name for rule in rules} == set(BROKEN)


def test_settings_of_limits_are_keys_of_params() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for broken_rule in BROKEN.values():
        section, _, key = broken_rule.setting.partition(".")
        assert not broken_rule.setting or key in params[section]
