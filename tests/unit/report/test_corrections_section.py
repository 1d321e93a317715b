"""The index shows every mark with who and why, those that need a look first."""

import pandas as pd

from tasks.core.corrections import CORRECTIONS_SCHEMA
from tasks.report.corrections_section import view_corrections

SAMPLES = pd.DataFrame({"image_id": ["a", "b", "c"], "split": ["test", "train", "test"]})


def corrections(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Marks of image ids at paths with their outcomes."""
    columns = {
        "image_id": [row[0] for row in rows],
        "path": [row[1] for row in rows],
        "outcome": [row[2] for row in rows],
    }
    table = pd.DataFrame(columns, dtype="str").assign(verdict="poor_film")
    return table.reindex(columns=CORRECTIONS_SCHEMA.names)


def test_marks_that_need_a_look_come_first_and_are_counted() -> None:
    view = view_corrections(
        corrections(
            ("a", "a.jpeg", "relabelled"),
            ("b", "b.jpeg", "relabelled"),
            ("c", "c.jpeg", "confirmed"),
            ("z", "z.jpeg", "film gone"),
            ("y", "y.jpeg", "contradicted"),
        ),
        SAMPLES,
    )
    assert [row["outcome"] for row in view.rows] == [
        "contradicted", "film gone", "relabelled", "relabelled",
    ]  # fmt: skip
    assert view.n_relabelled_test == 1
    assert view.title == "Reviewers marked 5 films: 2 relabelled, 0 excluded; 2 need a look"
    assert view.rows[0]["label"] is None
    assert view.rows[0]["meaning"].startswith("reviewers differ")


def test_without_marks_the_title_says_so() -> None:
    view = view_corrections(corrections(), SAMPLES)
    assert (view.rows, view.title) == ([], "No film was marked by a reviewer")
