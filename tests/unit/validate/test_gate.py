"""A clean manifest passes every expectation; each fault breaks its own and no other."""

from collections.abc import Callable

import pandas as pd
import pytest

from tasks.core.errors import ParamsError
from tasks.core.params import ValidateParams
from tasks.validate.gate import MAX_ROWS, Outcome, judge
from tasks.validate.rules.rule import GROUPS, Rule
from tasks.validate.suite import build_suite
from tests.unit.validate.cases import MIN_SIDE_PX, examine, pairs_of

# Great Expectations imports a module that Python has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")

Fault = Callable[[pd.DataFrame], pd.DataFrame]


def setting(**changes: object) -> Fault:
    """The film `train/NORMAL/00.png` with other facts."""
    return setting_at(["train/NORMAL/00.png"], **changes)


def setting_at(paths: list[str], **changes: object) -> Fault:
    def fault(manifest: pd.DataFrame) -> pd.DataFrame:
        manifest = manifest.astype(object).where(manifest.notna(), None)
        rows = manifest["path"].isin(paths)
        for column, value in changes.items():
            manifest.loc[rows, column] = value
        return manifest

    return fault


def without(*paths: str) -> Fault:
    return lambda manifest: manifest[~manifest["path"].isin(paths)]


def train(label: str, *numbers: int) -> list[str]:
    return [f"train/{label}/{number:02d}.png" for number in numbers]


def in_title_case(manifest: pd.DataFrame) -> pd.DataFrame:
    return manifest.assign(label=manifest["label"].replace("NORMAL", "Normal"))


def listed_twice(manifest: pd.DataFrame) -> pd.DataFrame:
    # its pixels are changed: a copy would be a duplicate picture as well
    again = manifest.head(1).assign(pixel_hash="f" * 64)
    return pd.concat([manifest, again], ignore_index=True)


FILM = "train/NORMAL/00.png"
PIXELS_OF_1 = f"{1:064x}"
# expectation -> (fault, paths of the rows named)
FAULTS: dict[str, tuple[Fault, list[str]]] = {
    "columns_present": (lambda manifest: manifest.drop(columns="subtype"), []),
    "path_unique": (listed_twice, ["test/NORMAL/08.png", "test/NORMAL/08.png"]),
    "image_id_is_sha256": (setting(image_id="0" * 63 + "G"), [FILM]),
    "path_named": (setting(path=None), ["None"]),
    "image_id_named": (setting(image_id=None), [FILM]),
    "label_named": (setting(label=None), [FILM]),
    "patient_named": (setting(patient_id=None), [FILM]),
    "facts_complete": (setting(mode=None), [FILM]),
    "side_long_enough": (setting(width=63, height=63), [FILM]),
    "aspect_plausible": (setting(width=401), [FILM]),
    "bit_depth_known": (setting(bit_depth=1), [FILM]),
    "file_not_empty": (setting(n_bytes=0), [FILM]),
    "enough_films": (
        without(*train("NORMAL", 0, 1), *train("PNEUMONIA", 10, 11, 12)),
        [],
    ),
    "two_classes": (lambda manifest: manifest.assign(label="NORMAL"), []),
    "label_canonical": (in_title_case, ["test/NORMAL/08.png"]),
    "class_on_both_sides": (
        setting_at(["test/NORMAL/08.png", "test/NORMAL/09.png"], given_split="train"),
        ["test/NORMAL/08.png"],
    ),
    "class_has_patients": (
        setting_at(train("NORMAL", *range(8)), patient_id="patient-0"),
        ["test/NORMAL/08.png"],
    ),
    "classes_balanced": (without(*train("NORMAL", 0, 1, 2, 3)), ["test/NORMAL/08.png"]),
    "status_known": (setting(status="maybe"), [FILM]),
    "rejection_has_reason": (setting(status="rejected"), [FILM]),
    "usable_has_no_reason": (setting(reason="constant"), [FILM]),
    "few_rejected": (
        setting_at(train("NORMAL", 0, 1, 2), status="rejected", reason="truncated"),
        train("NORMAL", 0, 1, 2),
    ),
    "few_duplicates": (
        setting_at(train("NORMAL", 0, 1, 2, 3), pixel_hash=PIXELS_OF_1),
        train("NORMAL", 1, 2, 3),
    ),
    "one_class_per_picture": (
        setting_at(train("PNEUMONIA", 10), pixel_hash=PIXELS_OF_1),
        train("NORMAL", 1),
    ),
    "patient_in_one_split": (
        setting_at(["test/NORMAL/08.png"], patient_id="patient-1"),
        ["test/NORMAL/08.png"],
    ),
    "picture_in_one_split": (
        setting_at(["test/NORMAL/08.png"], pixel_hash=PIXELS_OF_1),
        ["test/NORMAL/08.png"],
    ),
    "one_bit_depth": (setting(bit_depth=16), [FILM]),
    "no_burned_in_text": (setting(burned_in=True), [FILM]),
}
# expectation -> (pairs of near duplicates, rows named)
NEAR: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "few_near_duplicates": (
        [(f"train/NORMAL/{k:02d}.png", f"train/NORMAL/{k + 1:02d}.png") for k in (0, 2, 4)],
        train("NORMAL", 1, 3, 5),
    ),
    "one_class_per_near_pair": ([(FILM, "train/PNEUMONIA/10.png")], [FILM]),
    "near_pair_in_one_split": ([(FILM, "test/NORMAL/08.png")], ["test/NORMAL/08.png"]),
}


def telling_class(column: str, split: str | None = None) -> Fault:
    """Adds 1 to a number of every PNEUMONIA film, or of every test film of NORMAL."""

    def fault(manifest: pd.DataFrame) -> pd.DataFrame:
        marked = manifest["label"] == ("PNEUMONIA" if split is None else "NORMAL")
        if split is not None:
            marked &= manifest["given_split"] == split
        return manifest.assign(**{column: manifest[column] + marked})

    return fault


SHORTCUTS: dict[str, Fault] = {
    "metadata_tell_no_class": telling_class("n_bytes"),
    "pixels_tell_no_class": telling_class("sharpness"),
    "metadata_tell_no_split": telling_class("n_bytes", "test"),
    "pixels_tell_no_split": telling_class("sharpness", "test"),
}


def broken(outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in outcomes if not outcome.passed}


def test_clean_manifest_passes_every_expectation(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    outcomes, _ = examine(clean, pairs_of(), thresholds)
    assert broken(outcomes) == {}
    assert len(outcomes) == 37
    observed = {outcome.name: outcome.observed for outcome in outcomes}
    assert observed["enough_films"] == "20 films"
    assert observed["side_long_enough"] == "100 px"
    assert observed["two_classes"] == "2: NORMAL, PNEUMONIA"
    assert observed["class_has_films"] == "10 films"
    assert observed["few_rejected"] == "0.0 % (0 of 20)"


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_breaks_its_own_expectation_only(
    name: str, clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    fault, paths = FAULTS[name]
    found = broken(examine(fault(clean), pairs_of(), thresholds)[0])
    assert set(found) == {name}
    assert [str(row["path"]) for row in found[name].rows] == paths
    assert found[name].n_failing == len(paths)


def test_class_with_too_few_films_is_named(clean: pd.DataFrame, thresholds: ValidateParams) -> None:
    # 20 to 5 films is a ratio of 4 as well: with that allowed, only the count is broken
    allowed = thresholds.model_copy(update={"max_class_ratio": 4.0, "min_films": 15})
    manifest = without(*train("NORMAL", 0, 1, 2, 3, 4))(clean)
    found = broken(examine(manifest, pairs_of(), allowed)[0])
    assert set(found) == {"class_has_films"}
    assert found["class_has_films"].rows == [
        {"path": "test/NORMAL/08.png", "label": "NORMAL", "n_films": 5, "n_patients": 5}
    ]


@pytest.mark.parametrize("name", NEAR)
def test_near_duplicates_break_their_own_expectation_only(
    name: str, clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    pairs, paths = NEAR[name]
    found = broken(examine(clean, pairs_of(*pairs), thresholds)[0])
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
def test_shortcut_breaks_its_own_expectation_only_and_is_said_in_words(
    name: str, larger: pd.DataFrame, thresholds: ValidateParams
) -> None:
    outcomes, verdict = examine(SHORTCUTS[name](larger), pairs_of(), thresholds)
    found = broken(outcomes)
    # a mark of the class within its test split tells a little of the class too, not 0.8
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
    assert any(row["words"].startswith(sentence) for row in verdict["shortcuts"]["rows"])


def test_every_expectation_has_a_fault_that_breaks_it(thresholds: ValidateParams) -> None:
    rules = build_suite(thresholds, MIN_SIDE_PX)
    # the two more have tests of their own: below, and in test_orientation.py
    tested = {*FAULTS, *NEAR, *SHORTCUTS, "class_has_films", "films_upright"}
    assert {rule.name for rule in rules} == tested
    assert len({rule.name for rule in rules}) == len(rules)
    assert [rule.group for rule in rules] == sorted((r.group for r in rules), key=GROUPS.index)


def test_severity_can_be_overruled_and_unknown_names_are_refused(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    strict = thresholds.model_copy(update={"severity": {"patient_named": "error"}})
    found = broken(examine(setting(patient_id=None)(clean), pairs_of(), strict)[0])
    assert found["patient_named"].severity == "error"
    wrong = thresholds.model_copy(update={"severity": {"pateint_named": "error"}})
    with pytest.raises(ParamsError, match=r"(?s)pateint_named.*patient_named"):
        build_suite(wrong, MIN_SIDE_PX)


def test_patient_in_train_and_val_is_a_leak(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    fault = setting_at(train("NORMAL", 1), given_split="val", patient_id="patient-0")
    outcomes, verdict = examine(fault(clean), pairs_of(), thresholds)
    assert set(broken(outcomes)) == {"patient_in_one_split"}
    assert verdict["n_pairs"]["patient"] == {"all": 1, "across_classes": 0, "across_splits": 1}
    (pair,) = verdict["pairs"]
    assert (pair["path"], pair["other_path"]) == (FILM, "train/NORMAL/01.png")


def test_files_that_were_never_films_do_not_count_as_rejected_films(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    aside = clean.assign(path="masks/" + clean["path"], status="rejected", reason="mask")
    manifest = pd.concat([clean, aside], ignore_index=True)
    assert broken(examine(manifest, pairs_of(), thresholds)[0]) == {}


def test_expectation_that_raises_is_broken_with_its_text(clean: pd.DataFrame) -> None:
    rule = Rule(
        "schema",
        "no_such_column",
        "A column that is not there",
        "error",
        "at least 1",
        "ExpectColumnValuesToBeBetween",
        {"column": "no_such_column", "min_value": 1},
    )
    (outcome,) = judge({"films": clean}, [rule])
    assert not outcome.passed
    assert outcome.observed.startswith("could not be judged: ")
    assert "no_such_column" in outcome.observed


def test_failing_rows_are_capped_sorted_and_counted(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    more = pd.concat([clean, clean.assign(path="z/" + clean["path"])]).iloc[::-1]
    more = more.assign(n_bytes=0).reset_index(drop=True)
    outcomes = examine(more, pairs_of(), thresholds)[0]
    empty = broken(outcomes)["file_not_empty"]
    assert empty.n_failing == 40
    assert [row["path"] for row in empty.rows] == sorted(more["path"])[:MAX_ROWS]
    assert empty.rows[0]["n_bytes"] == 0


def test_manifest_without_usable_films_does_not_pass(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    nothing = clean.assign(status="rejected", reason="truncated")
    found = broken(examine(nothing, pairs_of(), thresholds)[0])
    assert {"enough_films", "two_classes", "few_rejected"} <= set(found)
    empty = broken(examine(clean.iloc[:0], pairs_of(), thresholds)[0])
    assert {"enough_films", "two_classes"} <= set(empty)


def test_missing_column_hides_no_other_fault(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    manifest = setting(width=20)(clean).drop(columns="pixel_hash")
    found = broken(examine(manifest, pairs_of(), thresholds)[0])
    assert found["columns_present"].observed == "missing: pixel_hash"
    assert found["facts_complete"].n_failing == 20
    assert [row["path"] for row in found["side_long_enough"].rows] == [FILM]
