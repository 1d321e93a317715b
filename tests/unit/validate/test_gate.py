"""A clean manifest passes every expectation; each fault breaks its own and no other."""

from collections.abc import Callable

import pandas as pd
import pytest

from tasks.params import ValidateParams
from tasks.validate.gate import MAX_ROWS, Outcome, judge
from tasks.validate.rule import GROUPS, Rule
from tasks.validate.suite import build_suite

# Great Expectations imports a module that Python has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")

MIN_SIDE_PX = 64
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
    "patient_on_one_side": (
        setting_at(["test/NORMAL/08.png"], patient_id="patient-1"),
        ["test/NORMAL/08.png"],
    ),
    "picture_on_one_side": (
        setting_at(["test/NORMAL/08.png"], pixel_hash=PIXELS_OF_1),
        ["test/NORMAL/08.png"],
    ),
}


def broken(outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in outcomes if not outcome.passed}


def test_clean_manifest_passes_every_expectation(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    outcomes = judge(clean, build_suite(thresholds, MIN_SIDE_PX))
    assert broken(outcomes) == {}
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
    found = broken(judge(fault(clean), build_suite(thresholds, MIN_SIDE_PX)))
    assert set(found) == {name}
    assert [str(row["path"]) for row in found[name].rows] == paths
    assert found[name].n_failing == len(paths)


def test_class_with_too_few_films_is_named(clean: pd.DataFrame, thresholds: ValidateParams) -> None:
    # 20 to 5 films is a ratio of 4 as well: with that allowed, only the count is broken
    allowed = thresholds.model_copy(update={"max_class_ratio": 4.0, "min_films": 15})
    manifest = without(*train("NORMAL", 0, 1, 2, 3, 4))(clean)
    found = broken(judge(manifest, build_suite(allowed, MIN_SIDE_PX)))
    assert set(found) == {"class_has_films"}
    assert found["class_has_films"].rows == [
        {"path": "test/NORMAL/08.png", "label": "NORMAL", "n_films": 5, "n_patients": 5}
    ]


def test_every_expectation_has_a_fault_that_breaks_it(thresholds: ValidateParams) -> None:
    rules = build_suite(thresholds, MIN_SIDE_PX)
    assert {rule.name for rule in rules} == {*FAULTS, "class_has_films"}
    assert len({rule.name for rule in rules}) == len(rules)
    assert [rule.group for rule in rules] == sorted((r.group for r in rules), key=GROUPS.index)


def test_files_that_were_never_films_do_not_count_as_rejected_films(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    aside = clean.assign(path="masks/" + clean["path"], status="rejected", reason="mask")
    manifest = pd.concat([clean, aside], ignore_index=True)
    assert broken(judge(manifest, build_suite(thresholds, MIN_SIDE_PX))) == {}


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
    (outcome,) = judge(clean, [rule])
    assert not outcome.passed
    assert outcome.observed.startswith("could not be judged: ")
    assert "no_such_column" in outcome.observed


def test_failing_rows_are_capped_sorted_and_counted(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    more = pd.concat([clean, clean.assign(path="z/" + clean["path"])]).iloc[::-1]
    more = more.assign(n_bytes=0)
    outcomes = judge(more, build_suite(thresholds, MIN_SIDE_PX))
    empty = broken(outcomes)["file_not_empty"]
    assert empty.n_failing == 40
    assert [row["path"] for row in empty.rows] == sorted(more["path"])[:MAX_ROWS]
    assert empty.rows[0]["n_bytes"] == 0


def test_manifest_without_usable_films_does_not_pass(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    nothing = clean.assign(status="rejected", reason="truncated")
    found = broken(judge(nothing, build_suite(thresholds, MIN_SIDE_PX)))
    assert {"enough_films", "two_classes", "few_rejected"} <= set(found)
    empty = broken(judge(clean.iloc[:0], build_suite(thresholds, MIN_SIDE_PX)))
    assert {"enough_films", "two_classes"} <= set(empty)


def test_missing_column_hides_no_other_fault(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    manifest = setting(width=20)(clean).drop(columns="pixel_hash")
    found = broken(judge(manifest, build_suite(thresholds, MIN_SIDE_PX)))
    assert found["columns_present"].observed == "missing: pixel_hash"
    assert found["facts_complete"].n_failing == 20
    assert [row["path"] for row in found["side_long_enough"].rows] == [FILM]
