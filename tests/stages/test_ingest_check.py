"""`tasks.ingest.check` prints what the names tell, and asks what later stages will ask."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.core.errors import ParamsError
from tasks.core.params import Params, load_params
from tasks.ingest.check import check_classes, read_names, summary_rows
from tasks.ingest.layouts import Layout, detect_layout
from tests.films import run_stage, workspace, write_tree


def params_with(tmp_path: Path, **changes: Any) -> Params:
    return load_params(workspace(tmp_path / "params", **changes) / "params.yaml")


def names_of(files: list[str], negative_class: str = "NORMAL") -> pd.DataFrame:
    layout = detect_layout(files, "auto", lambda _: b"", negative_class=negative_class)
    assert layout is not None
    return read_names(files, layout)


def films_of(*labels: str, subtype: str | None = None) -> pd.DataFrame:
    return pd.DataFrame({"label": labels, "subtype": [subtype] * len(labels)}, dtype="str")


FILES = [
    ".DS_Store", "Data_Entry.csv", "A/train/Normal/1.png", "A/train/Normal/2.dcm",
    "A/train/Covid/IM0001", "B/test/Normal/1.2.840.1", "B/test/Covid/p1/4.png",
    "B/test/Covid/lung masks/4.png", "readme.txt", "A/train/Covid/x_mask.png",
]  # fmt: skip


def test_classes_splits_patients_sites_and_every_file_are_counted(tmp_path: Path) -> None:
    names = names_of(FILES)
    rows = dict(summary_rows(names, params_with(tmp_path)))
    assert rows == {
        "classes": "COVID 2, NORMAL 3 (films by name)",
        "splits": "given: train 3, test 2; test is kept, the other films are drawn by patient "
        "(val_share 0.15)",
        "patients": "1 in 1 films, such as P1; 4 films have none",
        "sites": "A 3, B 2",
        ".png": "film 2, mask 2",
        "no suffix": "film 1, junk 1",
        ".csv": "table, not read 1",
        ".dcm": "film 1",
        ".txt": "no image by its name 1",
        "number": "film 1",
        "not read": "Data_Entry.csv",
    }
    assert names["fate"].notna().all()
    assert len(names) == len(FILES)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (
            {"keep_given_test": False},
            "drawn by patient (test_share 0.2, val_share 0.15); the given",
        ),
        ({"n_folds": 5, "fold": 2}, "drawn by patient (fold 2 of 5 validates)"),
    ],
)
def test_the_split_rule_is_the_one_in_force(
    tmp_path: Path, changes: dict[str, Any], rule: str
) -> None:
    rows = dict(summary_rows(names_of(FILES), params_with(tmp_path, resample=changes)))
    assert rule in rows["splits"]


def test_without_patients_and_splits_the_rules_say_so(tmp_path: Path) -> None:
    rows = dict(summary_rows(names_of(["Normal/1.png", "Covid/1.png"]), params_with(tmp_path)))
    assert rows["splits"].startswith("given: none; drawn by patient (test_share 0.2, ")
    assert rows["patients"].startswith("none known by name: each film counts as its own patient")
    assert "sites" not in rows


@pytest.mark.parametrize(
    ("negative_class", "labels", "scheme"),
    [
        ("Normal", ["NORMAL", "PNEUMONIA"], "folder"),
        (" normal ", ["NORMAL", "COVID"], "binary"),
        ("No_Finding", ["NO FINDING", "MASS"], "folder"),
        (0, ["0", "1"], "folder"),
        ("0", ["0", "1"], "folder"),
    ],
)
def test_the_negative_class_is_known_in_any_form_of_its_name(
    tmp_path: Path, negative_class: object, labels: list[str], scheme: str
) -> None:
    params = params_with(
        tmp_path, evaluate={"negative_class": negative_class}, resample={"labels": scheme}
    )
    check_classes(films_of(*labels), params)


@pytest.mark.parametrize(
    ("labels", "scheme", "found"),
    [
        (["HEALTHY", "PNEUMONIA"], "folder", "NORMAL; the classes are HEALTHY, PNEUMONIA"),
        (["COVID", "VIRAL PNEUMONIA"], "binary", "NORMAL; the classes are PNEUMONIA"),
        (["HEALTHY", "PNEUMONIA"], "binary", "films without a class: HEALTHY 1"),
        (["NORMAL", "PNEUMONIA"], "subtype", "films without a class: PNEUMONIA 1"),
    ],
)
def test_what_evaluate_or_resample_would_refuse_is_refused_now(
    tmp_path: Path, labels: list[str], scheme: str, found: str
) -> None:
    params = params_with(tmp_path, resample={"labels": scheme})
    with pytest.raises(ParamsError) as caught:
        check_classes(films_of(*labels), params)
    assert caught.value.found.startswith(found)


def test_without_a_negative_class_no_class_must_be_it(tmp_path: Path) -> None:
    params = params_with(tmp_path, evaluate={"negative_class": None})
    assert check_classes(films_of("TB", "MASS"), params) == ["MASS", "TB"]


def test_subtypes_are_classes_of_their_scheme(tmp_path: Path) -> None:
    params = params_with(
        tmp_path, resample={"labels": "subtype"}, evaluate={"negative_class": "virus"}
    )
    check_classes(films_of("PNEUMONIA", "NORMAL", subtype="virus"), params)


def test_the_program_prints_and_then_refuses_a_wrong_negative_class(tmp_path: Path) -> None:
    write_tree(tmp_path / "source", {"0/a.png": b"", "1/a.png": b""})
    accepted = workspace(
        tmp_path / "a", ingest={"source": "../source"}, evaluate={"negative_class": 0}
    )
    end = run_stage("ingest.check", accepted)
    assert end.returncode == 0, end.stderr
    assert "classes      0 1, 1 1" in end.stderr

    write_tree(tmp_path / "other", {"ill/a.png": b"", "well/a.png": b""})
    end = run_stage("ingest.check", workspace(tmp_path / "b", ingest={"source": "../other"}))
    assert end.returncode == 1
    assert "  classes      ILL 1, WELL 1" in end.stderr
    assert end.stderr.splitlines()[-4:] == [
        "[ingest.check] ERROR: evaluate.negative_class must be one of the classes",
        "  found: NORMAL; the classes are ILL, WELL (resample.labels: folder)",
        "  where: params.yaml: evaluate.negative_class",
        "  next:  set evaluate.negative_class to one of these classes; if none of them means 'no "
        "finding', write `evaluate.negative_class: null`, without quotes",
    ]


@pytest.mark.parametrize("module", ["ingest", "ingest.check"])
def test_a_tree_that_the_layouts_refuse_stops_both_programs(tmp_path: Path, module: str) -> None:
    write_tree(tmp_path / "source", {"patient001/a.png": b"", "patient002/a.png": b""})
    run = workspace(tmp_path / "run", ingest={"source": "../source"})
    end = run_stage(module, run)
    assert end.returncode == 1
    assert "found: patient001, patient002" in end.stderr
    assert [path.name for path in run.rglob("*.*")] == ["params.yaml"]


def test_a_table_that_a_layout_read_is_not_called_unread() -> None:
    class WithTable:
        name = "other"
        tables = frozenset({"list.csv"})

        def path_facts(self, path: str) -> object:
            return names_layout.path_facts(path)

    names_layout = detect_layout(["Normal/1.png", "Covid/1.png"], "auto", lambda _: b"")
    assert names_layout is not None
    layout: Layout = WithTable()  # type: ignore[assignment]
    names = read_names(["list.csv", "more.csv"], layout)
    assert names["fate"].tolist() == ["table, read", "table, not read"]
