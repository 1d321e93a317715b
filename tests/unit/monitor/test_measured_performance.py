"""Labels of reviewers become accuracy, sensitivity and specificity."""

import csv
from pathlib import Path

from tasks.core.verdicts import MARK_COLUMNS
from tasks.monitor.film_log import LoggedFilm
from tasks.monitor.measured_performance import measure, reviewed_films

IDS = [f"{number:064x}" for number in range(8)]


def film(image_id: str, call: str, split: str = "") -> LoggedFilm:
    positive = {"": "", "NORMAL": "no"}.get(call, "yes")
    return LoggedFilm(image_id, "a.png", "s", call, positive, "0.5", split)


def test_rates_are_counted_by_hand() -> None:
    films = [
        film(IDS[0], "PNEUMONIA"),
        film(IDS[1], "NORMAL"),
        film(IDS[2], "NORMAL"),
        film(IDS[3], "PNEUMONIA"),
        film(IDS[4], "PNEUMONIA"),
        film(IDS[5], ""),  # refused by the guard
        film(IDS[6], "PNEUMONIA", split="train"),
        film(IDS[7], "PNEUMONIA"),  # no label
    ]
    sick = dict.fromkeys((IDS[0], IDS[1], IDS[3], IDS[5], IDS[6]), "PNEUMONIA")
    found = measure(films, sick | dict.fromkeys((IDS[2], IDS[4]), "NORMAL"), "NORMAL")
    assert found.n_labelled == 5
    assert found.accuracy is not None
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert (found.accuracy.value, found.specificity.value) == (3 / 5, 1 / 2)
    assert found.sensitivity.value == 2 / 3


def test_without_a_negative_class_only_the_accuracy_is_known() -> None:
    found = measure([film(IDS[0], "COVID")], {IDS[0]: "COVID"}, None)
    assert found.accuracy is not None
    assert found.accuracy.value == 1
    assert found.sensitivity is None


def test_marks_that_differ_or_name_no_class_are_counted(tmp_path: Path) -> None:
    rows = [
        {"image_id": IDS[0], "verdict": "agree", "label_seen": "NORMAL"},
        {"image_id": IDS[0], "verdict": "agree", "label_seen": "NORMAL", "initials": "CD"},
        {"image_id": IDS[1], "verdict": "agree", "label_seen": "NORMAL"},
        {"image_id": IDS[1], "verdict": "wrong_label", "label": "PNEUMONIA"},
        {"image_id": IDS[2], "verdict": "poor_film", "label_seen": "NORMAL"},
        {"image_id": IDS[3], "verdict": "wrong_label", "label_seen": "NORMAL"},
    ]
    with (tmp_path / "marks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, MARK_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    found = reviewed_films(str(tmp_path))
    assert found.labels == {IDS[0]: "NORMAL"}
    assert found.n_unclear == 3
    assert reviewed_films(str(tmp_path / "missing")).labels == {}
