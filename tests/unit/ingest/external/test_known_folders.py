"""A cohort that no other layout knows: one class, or no class at all."""

import pytest

from tasks.ingest.external.cohort_manifest import params_of_cohort
from tasks.ingest.external.known_folders import KnownFolders
from tests.films import ingest_params


@pytest.mark.parametrize(
    ("path", "label", "rejected"),
    [
        ("Covid/1.png", "COVID", None),
        ("2021/COVID-19/images/1.png", "COVID-19", None),
        ("grade 2/1.png", "GRADE 2", None),  # a class at home
        ("covid/masks/1.png", "COVID", "mask"),
        ("normal/lateral/1.png", "NORMAL", "not_frontal"),
        ("images/1.png", None, None),
        ("1.png", None, None),
    ],
)
def test_the_innermost_folder_with_a_finding_or_a_class_at_home_is_the_label(
    path: str, label: str | None, rejected: str | None
) -> None:
    facts = KnownFolders({"GRADE 2"}).path_facts(path)
    assert (facts.label, facts.rejected, facts.given_split) == (label, rejected, None)


def test_a_cohort_has_its_own_layout_and_no_table_of_home() -> None:
    classes = {"NORMAL": ["No Finding"], "PNEUMONIA": ["Pneumonia"]}
    table = {"file": "list.csv", "path": "image", "label": "findings", "classes": classes}
    own = params_of_cohort(ingest_params("home", layout="table", table=table), "there")
    assert (own.source, own.layout, own.table) == ("there", "auto", None)
