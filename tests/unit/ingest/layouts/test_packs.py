"""The file names of the real packs give the counts of their data card."""

from collections import Counter, defaultdict

from tasks.core.examination.file_names import is_image
from tasks.ingest.layouts import Layout, detect_layout
from tests.films import pack
from tests.unit.ingest.layouts.listing import files_below, layout_of, nothing_to_read


def counts_of(layout: Layout, paths: list[str]) -> Counter[tuple[str | None, ...]]:
    """Films by split, label and subtype; other files are left out."""
    all_facts = [layout.path_facts(path) for path in paths if is_image(path)]
    return Counter(
        (facts.given_split, facts.label, facts.subtype, facts.rejected) for facts in all_facts
    )


def test_kermany_224_has_the_counts_of_its_card() -> None:
    paths = files_below(pack("kermany-224"))
    layout = layout_of(paths)
    assert layout.name == "mooney"
    assert counts_of(layout, paths) == {
        ("train", "NORMAL", None, None): 1333,
        ("train", "PNEUMONIA", "bacteria", None): 2525,
        ("train", "PNEUMONIA", "virus", None): 1342,
        ("val", "NORMAL", None, None): 8,
        ("val", "PNEUMONIA", "bacteria", None): 5,
        ("val", "PNEUMONIA", "virus", None): 3,
        ("test", "NORMAL", None, None): 117,
        ("test", "PNEUMONIA", "bacteria", None): 117,
        ("test", "PNEUMONIA", "virus", None): 82,
    }


def test_kermany_224_has_four_patients_in_train_and_val_and_none_in_train_and_test() -> None:
    paths = files_below(pack("kermany-224"))
    layout = layout_of(paths)
    patients: dict[str | None, set[str]] = defaultdict(set)
    for facts in map(layout.path_facts, paths):
        assert facts.patient_id is not None
        patients[facts.given_split].add(facts.patient_id)
    assert {split: len(ids) for split, ids in patients.items()} == {
        "train": 3642, "val": 16, "test": 219,
    }  # fmt: skip
    assert len(patients["train"] & patients["val"]) == 4
    assert not patients["train"] & patients["test"]
    assert not patients["val"] & patients["test"]


def test_kermany_original_has_the_counts_of_its_card() -> None:
    paths = files_below(pack("kermany-original"))
    layout = layout_of(paths)
    counts = counts_of(layout, paths)
    by_kind = Counter[tuple[str | None, ...]]()
    for (_, *kind), n_films in counts.items():
        by_kind[*kind,] += n_films
    assert layout.name == "mooney"
    assert {split for split, *_ in counts} == {"train", "test"}
    assert by_kind == {
        ("NORMAL", None, None): 42,
        ("PNEUMONIA", "bacteria", None): 58,
        ("PNEUMONIA", "virus", None): 50,
    }


def test_covid_3class_has_the_counts_of_its_card() -> None:
    paths = files_below(pack("covid-3class"))
    layout = layout_of(paths)
    assert layout.name == "covid19"
    assert counts_of(layout, paths) == {
        ("train", "COVID", None, None): 111,
        ("train", "NORMAL", None, None): 70,
        ("train", "VIRAL PNEUMONIA", None, None): 70,
        ("val", "COVID", None, None): 26,
        ("val", "NORMAL", None, None): 20,
        ("val", "VIRAL PNEUMONIA", None, None): 20,
    }
    assert {layout.path_facts(path).patient_id for path in paths} == {None}


def test_covid_radiography_mini_has_the_counts_of_its_card() -> None:
    paths = files_below(pack("covid-radiography-mini"))
    layout = layout_of(paths)
    assert layout.name == "radiography"
    assert counts_of(layout, paths) == {
        (None, label, None, rejected): 120
        for label in ("COVID", "NORMAL", "VIRAL PNEUMONIA")
        for rejected in (None, "mask")
    }


def test_nih_sample_is_flat_and_has_no_layout() -> None:
    paths = files_below(pack("nih-sample"))
    assert sum(map(is_image, paths)) == 12
    assert detect_layout(paths, "auto", nothing_to_read) is None
