"""Rules about groups: patients that are one key, the negative class, classes of each site."""

import pandas as pd
import pytest

from tasks.core.params import ValidateParams
from tasks.validate.group_tables import class_losses, negative_class_table
from tasks.validate.validation_result import validation_error
from tests.unit.validate.cases import broken, check, pairs_of
from tests.unit.validate.faults import one_class_at_a_site

# Great Expectations imports a module that Python has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")


@pytest.fixture
def any_patients(thresholds: ValidateParams) -> ValidateParams:
    return thresholds.model_copy(update={"min_class_patients": 1})


@pytest.mark.parametrize(
    ("labels", "n_rows"), [(("NORMAL", "PNEUMONIA"), 2), (("NORMAL",), 1)], ids=["all", "a class"]
)
def test_one_key_for_all_films_of_a_class_stops_the_run_and_says_how_to_go_on(
    clean: pd.DataFrame, any_patients: ValidateParams, labels: tuple[str, ...], n_rows: int
) -> None:
    clean.loc[clean["label"].isin(labels), "patient_id"] = "dicom:0123456789abcdef"
    clean["given_split"] = None
    results, _ = check(clean, pairs_of(), any_patients)
    found = broken(results)
    assert set(found) == {"patients_told_apart"}
    assert found["patients_told_apart"].n_failing == n_rows
    message = str(validation_error(results))
    assert "patients_told_apart: give the patients in an index.csv" in message


def test_a_patient_with_some_films_of_a_class_is_no_stand_in(
    clean: pd.DataFrame, any_patients: ValidateParams
) -> None:
    copies = [clean.assign(path=clean["path"] + str(copy)) for copy in range(3)]
    films = pd.concat(copies, ignore_index=True)
    films["pixel_hash"] = [f"{number:064x}" for number in range(len(films))]
    films["given_split"] = None
    normal = films.index[films["label"] == "NORMAL"]
    films.loc[normal[:14], "patient_id"] = "follow-up"  # 14 of 30
    assert broken(check(films, pairs_of(), any_patients)[0]) == {}
    films.loc[normal[:16], "patient_id"] = "follow-up"
    assert set(broken(check(films, pairs_of(), any_patients)[0])) == {"patients_told_apart"}


def test_the_negative_class_must_be_a_class(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    found = broken(check(clean, pairs_of(), thresholds, negative_class="HEALTHY")[0])
    assert set(found) == {"negative_class_present"}
    assert found["negative_class_present"].rows == [
        {"negative_class": "HEALTHY", "classes": "NORMAL, PNEUMONIA"}
    ]


@pytest.mark.parametrize(
    ("wanted", "scheme", "label", "is_class"),
    [
        ("Normal", "folder", "NORMAL", 1),
        ("no_finding", "folder", "NO FINDING", 1),
        ("0", "folder", "0", 1),
        ("NORMAL", "folder", "HEALTHY", 0),
        ("NORMAL", "binary", "NORMAL", 1),
        ("COVID", "binary", "COVID", 0),
        ("VIRUS", "subtype", "PNEUMONIA", 1),
    ],
)
def test_the_negative_class_is_compared_in_canonical_form_after_the_label_scheme(
    clean: pd.DataFrame, wanted: str, scheme: str, label: str, is_class: int
) -> None:
    films = clean.assign(label=clean["label"].replace("NORMAL", label))
    assert negative_class_table(films, wanted, scheme)["is_class"].tolist() == [is_class]


def test_without_a_negative_class_the_question_is_not_asked(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    films = clean.assign(label=clean["label"].replace("NORMAL", "HEALTHY"))
    assert negative_class_table(films, None, "folder").empty
    results, _ = check(films, pairs_of(), thresholds, negative_class=None)
    assert broken(results) == {}
    (asked,) = [result for result in results if result.name == "negative_class_present"]
    assert asked.observed == "no classes to check"


def test_a_site_without_a_class_is_named(clean: pd.DataFrame, thresholds: ValidateParams) -> None:
    results, validation = check(one_class_at_a_site(clean), pairs_of(), thresholds)
    found = broken(results)
    assert set(found) == {"class_at_every_site"}
    assert found["class_at_every_site"].rows == [
        {"site": "hospital B", "n_films": 5, "classes": "NORMAL", "lacks": "PNEUMONIA"}
    ]
    assert validation["sites"] == [
        {"site": "hospital A", "label": "NORMAL", "ok": 5, "rejected": 0},
        {"site": "hospital A", "label": "PNEUMONIA", "ok": 10, "rejected": 0},
        {"site": "hospital B", "label": "NORMAL", "ok": 5, "rejected": 0},
    ]


def test_the_audit_measures_the_site_only_if_there_are_several(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    sites = clean.assign(site=clean["label"].map({"NORMAL": "A", "PNEUMONIA": "B"}))
    validation = check(sites, pairs_of(), thresholds)[1]
    (row,) = [row for row in validation["shortcuts"]["rows"] if row["feature"] == "site"]
    assert row["auroc"]["value"] == 1
    assert row["words"].startswith("Hospital or other origin alone tells PNEUMONIA from NORMAL")
    for films in (clean, clean.assign(site="A")):
        rows = check(films, pairs_of(), thresholds)[1]["shortcuts"]["rows"]
        assert "site" not in {row["feature"] for row in rows}


def test_a_class_of_which_all_films_are_lost_is_counted(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    gone = clean["label"] == "PNEUMONIA"
    clean["status"] = clean["status"].mask(gone, "rejected")
    clean["reason"] = clean["reason"].astype(object).mask(gone, "unsupported")
    found = broken(check(clean, pairs_of(), thresholds)[0])
    assert found["class_keeps_films"].rows == [
        {
            "path": "test/PNEUMONIA/18.png",
            "label": "PNEUMONIA",
            "n_lost": 10,
            "n_films": 10,
            "reason": "unsupported",
        }
    ]
    assert class_losses(clean.assign(lost=None)).empty
