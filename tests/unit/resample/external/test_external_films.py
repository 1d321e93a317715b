"""The films of a cohort: no class that the model lacks, no film that it was trained on, no copy."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.class_mapping import map_classes
from tasks.core.tables import EXCLUDED_SCHEMA, PAIRS_SCHEMA, SAMPLES_SCHEMA, usable
from tasks.resample.external.cohort_summary import summarise_cohort
from tasks.resample.external.external_films import AtHome, ChosenFilms, choose_films
from tasks.resample.external.known_at_home import groups_at_home
from tests.cohorts import manifest_of, squares_cohort

CLASSES = ["NORMAL", "PNEUMONIA"]
Pairs = list[tuple[str, str]]


def cohort_of(*rows: tuple[str, str | None, str | None, str]) -> pd.DataFrame:
    """Usable films: path, label, patient, name of the pixels."""
    table = pd.DataFrame(rows, columns=["path", "label", "patient_id", "pixel_hash"])
    table["image_id"] = "id-" + table["path"]
    table[["subtype", "given_split", "site", "reason"]] = None
    return table.assign(status="ok", is_synthetic=False)


def pairs_of(pairs: Pairs) -> pd.DataFrame:
    table = pd.DataFrame(pairs, columns=["path_a", "path_b"], dtype="str")
    return table.assign(kind="near", n_bits=3, correlation=0.99)[PAIRS_SCHEMA.names]


def home(overlap: Pairs, home_pairs: Pairs | None = None) -> AtHome:
    """Four patients per split, with two films each, such as `films/train-000-0.png`.

    `films/extra.png` is a film of no sample, as a duplicate at home is.
    """
    samples = squares_cohort({"train": 4, "val": 4, "test": 4})
    manifest = manifest_of(samples)
    extra = manifest.iloc[:1].assign(path="films/extra.png", image_id="extra", patient_id=None)
    manifest = pd.concat([manifest, extra], ignore_index=True)
    manifest["pixel_hash"] = manifest["image_id"]
    return AtHome(samples, groups_at_home(manifest, pairs_of(home_pairs or [])), pairs_of(overlap))


def choose(manifest: pd.DataFrame, at_home: AtHome, pairs: Pairs | None = None) -> ChosenFilms:
    mapped = map_classes(usable(manifest), CLASSES, {}, "folder")
    return choose_films(manifest, pairs_of(pairs or []), mapped, CLASSES, at_home)


def reasons(chosen: ChosenFilms) -> dict[str, str]:
    return dict(zip(chosen.excluded["path"], chosen.excluded["reason"], strict=True))


def test_films_have_the_columns_of_samples_and_the_class_numbers_of_the_model() -> None:
    manifest = cohort_of(("b", "COVID", "p2", "2"), ("a", "NORMAL", None, "1"))
    samples = choose(manifest, home([])).samples
    assert list(samples.columns) == SAMPLES_SCHEMA.names
    assert samples["path"].tolist() == ["a", "b"]
    assert samples["label"].tolist() == ["NORMAL", "PNEUMONIA"]
    assert samples["class_index"].tolist() == [0, 1]
    assert set(samples["split"]) == {"external"}
    assert samples["patient_id"].tolist() == ["film:id-a", "p2"]


def test_films_of_training_and_validation_are_left_out_and_those_of_test_are_counted() -> None:
    overlap = [
        ("t", "films/train-000-0.png"),
        ("v", "films/val-001-1.png"),
        ("s", "films/test-002-0.png"),
    ]
    manifest = cohort_of(*((name, "NORMAL", None, name) for name in ("s", "t", "u", "v")))
    chosen = choose(manifest, home(overlap))
    assert reasons(chosen) == {"t": "also_in_training", "v": "also_in_training"}
    assert chosen.excluded["because"][0].endswith("at home: films/train-000-0.png")
    assert chosen.samples["path"].tolist() == ["s", "u"]
    assert chosen.n_in_test == 1


def test_a_group_is_closed_over_patients_and_duplicates_here_and_at_home() -> None:
    # near a film that the cohort at home leaves out, because it is a duplicate of a training film
    at_home = home([("a", "films/extra.png")], [("films/extra.png", "films/train-001-0.png")])
    assert "films/extra.png" not in set(at_home.samples["path"])
    cohort = cohort_of(
        ("a", "NORMAL", "p", "1"),
        ("b", "NORMAL", "p", "2"),  # the same patient
        ("c", "NORMAL", "q", "3"),  # a near duplicate of b
        ("d", "NORMAL", "r", "4"),
    )
    chosen = choose(cohort, at_home, pairs=[("b", "c")])
    assert set(reasons(chosen)) == {"a", "b", "c"}
    assert chosen.samples["path"].tolist() == ["d"]


def test_copies_conflicts_and_unknown_classes_are_left_out_each_with_its_reason() -> None:
    manifest = cohort_of(
        ("a", "NORMAL", "p1", "same"),
        ("b", "NORMAL", "p2", "same"),
        ("c", "COVID", "p3", "other"),
        ("d", "NORMAL", "p4", "other"),
        ("e", "TB", "p5", "5"),
        ("f", "COVID", "p6", "6"),
    )
    chosen = choose(manifest, home([]))
    assert reasons(chosen) == {
        "b": "duplicate",
        "c": "label_conflict",
        "d": "label_conflict",
        "e": "no_class_of_model",
    }
    assert list(chosen.excluded.columns) == EXCLUDED_SCHEMA.names
    assert chosen.excluded.set_index("path")["label"]["e"] == "TB"


def test_without_any_label_every_film_stays_without_a_class() -> None:
    manifest = cohort_of(("a", None, None, "1"), ("b", None, None, "1"), ("c", None, None, "2"))
    chosen = choose(manifest, home([("c", "films/train-000-0.png")]))
    assert reasons(chosen) == {"b": "duplicate", "c": "also_in_training"}
    assert chosen.samples["label"].isna().all()
    assert chosen.samples["class_index"].isna().all()


LABELS = st.sampled_from(["NORMAL", "PNEUMONIA", "COVID", "TB"])
ROWS = st.lists(
    st.tuples(LABELS, st.sampled_from([None, "p", "q"]), st.sampled_from("123456")), max_size=8
)
HOME_PATHS = [f"films/{split}-00{k}-0.png" for split in ("train", "val", "test") for k in (0, 1)]


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, data=st.data())
def test_counts_add_up_and_no_group_of_the_training_is_judged(
    rows: list[tuple[str, str | None, str]], data: st.DataObject
) -> None:
    names = [f"f{number}" for number in range(len(rows))]
    manifest = cohort_of(*((name, *row) for name, row in zip(names, rows, strict=True)))
    overlap = data.draw(
        st.lists(st.tuples(st.sampled_from(names), st.sampled_from(HOME_PATHS)), max_size=4)
        if names
        else st.just([])
    )
    chosen = choose(manifest, home(overlap))
    assert sorted([*chosen.samples["path"], *chosen.excluded["path"]]) == names
    known = {path for path, ours in overlap if "test" not in ours}
    patients = manifest.set_index("path")["patient_id"]
    judged = set(chosen.samples["path"])
    assert not judged & known
    assert not set(patients[sorted(judged)].dropna()) & set(patients[sorted(known)].dropna())
    hashes = manifest.set_index("path")["pixel_hash"]
    assert hashes[sorted(judged)].is_unique
    assert set(chosen.samples["label"]) <= set(CLASSES)
    table = dict.fromkeys(manifest["label"], "x")
    counts = summarise_cohort("c", manifest, chosen, table, {"expectations": []}, None)["counts"]
    assert counts["files"] == counts["chosen"] + sum(counts["left_out"].values())
