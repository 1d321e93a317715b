"""Tables of films: a stated mapping, rows that meet no film or disagree, and what is refused."""

from typing import Any

import pytest

from tasks.core.errors import SourceError
from tasks.core.params import TableParams
from tasks.ingest.layouts import Layout, unread_tables
from tasks.ingest.layouts.path_facts import PathFacts
from tests.unit.ingest.layouts.test_known_tables import (
    CHEXPERT_HEADER,
    NIH_HEADER,
    NIH_ROWS,
    NIH_TREE,
    layout_of,
)

FILMS = dict.fromkeys(("films/a.png", "films/b.png", "films/c.png", "films/d.png"), "")
CLASSES = {"NORMAL": ["No Finding"], "PNEUMONIA": ["Pneumonia", "Consolidation"]}


def stated(text: str, film_paths: dict[str, str] = FILMS, **keys: Any) -> Layout:
    """The layout of a table `meta/labels.csv` with the given keys under `ingest.table`."""
    table = TableParams.model_validate({"file": "labels.csv", "path": "film", **keys})
    return layout_of({"meta/labels.csv": text, **film_paths}, "auto", table)


def facts_of(layout: Layout) -> list[PathFacts]:
    return [layout.path_facts(path) for path in FILMS]


def test_a_stated_table_gives_label_split_patient_and_site() -> None:
    layout = stated(
        "film;what;who;part;where\na;No Finding;7.0;Train;Rome\nb;pneumonia|Edema;nan;val;\n"
        "films/c.png;\"['Consolidation', 'Pneumonia']\";8;;unknown\nd.png;Edema;9;test;Bonn\n",
        label="what", patient="who", split="part", site="where", classes=CLASSES,
    )  # fmt: skip
    assert layout.name == "table"
    assert facts_of(layout) == [
        PathFacts("NORMAL", given_split="train", patient_id="7", site="Rome"),
        PathFacts("PNEUMONIA", given_split="val"),
        PathFacts("PNEUMONIA", patient_id="8"),
        PathFacts(None, given_split="test", patient_id="9", rejected="no_class", site="Bonn"),
    ]
    assert unread_tables(["meta/labels.csv", *FILMS], layout) == []


def test_a_film_of_two_classes_has_none() -> None:
    layout = stated(
        "film,what\na,No Finding|Pneumonia\nb,Pneumonia\nc,No Finding\nd,unknown\n",
        label="what", classes=CLASSES,
    )  # fmt: skip
    assert [(fact.label, fact.rejected) for fact in facts_of(layout)] == [
        (None, "no_class"), ("PNEUMONIA", None), ("NORMAL", None), (None, None),
    ]  # fmt: skip


def test_columns_of_findings() -> None:
    text = "film,No Finding,pneumonia,Consolidation\na,1,0,\nb,0.0,1.0,1\nc,0,0,0\nd,,-1,\n"
    labels = [fact.label for fact in facts_of(stated(text, classes=CLASSES))]
    assert labels == ["NORMAL", "PNEUMONIA", None, None]
    labels = [fact.label for fact in facts_of(stated(text, classes=CLASSES, uncertain="positive"))]
    assert labels == ["NORMAL", "PNEUMONIA", None, "PNEUMONIA"]


@pytest.mark.parametrize("cells", ["0,1,1,0", "0.0,1.0,1.0,0.0", "0,1.0,1,0.0"])
def test_integer_labels(cells: str) -> None:
    rows = "".join(f"{name},{cell}\n" for name, cell in zip("abcd", cells.split(","), strict=True))
    layout = stated("film,y\n" + rows, label="y", classes={"NORMAL": [0], "PNEUMONIA": [1.0]})
    assert [fact.label for fact in facts_of(layout)] == [
        "NORMAL", "PNEUMONIA", "PNEUMONIA", "NORMAL",
    ]  # fmt: skip
    assert [fact.label for fact in facts_of(stated("film,y\n" + rows, label="y"))] == [
        "0", "1", "1", "0",
    ]  # fmt: skip


def test_a_word_for_a_missing_value_can_be_a_finding() -> None:
    classes = {"NORMAL": ["none"], "PNEUMONIA": ["Pneumonia"]}
    layout = stated("film,what\na,None\nb,Pneumonia\nc,nan\n", label="what", classes=classes)
    assert [fact.label for fact in facts_of(layout)] == ["NORMAL", "PNEUMONIA", None, None]


def test_only_frontal_films_are_used() -> None:
    text = "film,y,view\na,x,PA\nb,z,LATERAL\nc,x,\nd,z,AP\n"
    rejected = [fact.rejected for fact in facts_of(stated(text, label="y", view="view"))]
    assert rejected == [None, "not_frontal", None, None]


@pytest.mark.parametrize(
    "cell", ["/kaggle/input/set/films/a.png", "films\\\\a.png", "./films/a.png"]
)
def test_paths_of_another_machine_are_read(cell: str) -> None:
    layout = stated(f"film,y\n{cell},x\nb,y\n", label="y")
    assert layout.path_facts("films/a.png").label == "X"


@pytest.mark.parametrize(
    ("text", "keys", "message"),
    [
        ("film,y\na,x\n", {"label": "z"}, "columns that ingest.table states.*no z among film, y"),
        ("film,y\na,1\n", {"classes": CLASSES}, "no NO FINDING and no PNEUMONIA"),
        ("film,No Finding,Pneumonia,Consolidation\na,1,x,0\n", {"classes": CLASSES},
         "1, 0, -1.*row 2: 'x' in the column 'pneumonia'"),
        ("film,y\na,No Finding\nb,Pnuemonia\n", {"label": "y", "classes": CLASSES},
         "each class.*no film of PNEUMONIA.*'Pnuemonia'"),
        ("film,y\na,x\nb,y\na.png,y\n", {"label": "y"},
         "rows of one film.*films/a.png: .*row 2: X.*row 4: Y"),
        ("film,y,s\na,x,train\nb,y,fold-1\n", {"label": "y", "split": "s"}, "row 3: 'fold-1'"),
        ("film,y\nq,x\nr,y\n", {"label": "y"}, "must name films.*'q', 'r'.*films/a.png"),
        ("film,y\n../films/a.png,x\n", {"label": "y"}, "must name films"),
        ("film,y\n", {"label": "y"}, "at least one film"),
    ],
)  # fmt: skip
def test_a_stated_table_that_does_not_fit_is_refused(
    text: str, keys: dict[str, Any], message: str
) -> None:
    with pytest.raises(SourceError, match=f"(?s){message}"):
        stated(text, **keys)


def test_a_name_of_two_films_is_refused_with_both() -> None:
    films = {"one/a.png": "", "two/a.png": "", "b.png": ""}
    with pytest.raises(SourceError, match=r"(?s)name one film.*row 2.*one/a.png or two/a.png"):
        stated("film,y\na,x\nb,y\n", films, label="y")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("other.csv", r"(?s)must name a file.*other.csv; the tables there are meta/labels.csv"),
        ("x.csv", "(?s)one table.*p/x.csv, q/x.csv"),
        ("sheet.xlsx", "(?s)Excel.*sheet.xlsx.*save the sheet as CSV"),
    ],
)
def test_a_stated_file_is_there_once_and_no_workbook(file: str, message: str) -> None:
    beside = {**FILMS, "p/x.csv": "", "q/x.csv": "", "sheet.xlsx": ""}
    with pytest.raises(SourceError, match=message):
        stated("film,y\na,x\n", beside, label="y", file=file)


def test_a_stated_table_goes_before_an_index_and_a_known_table() -> None:
    table = TableParams(file="labels.csv", path="film", label="y")
    tree = {**NIH_TREE, "index.csv": "", "labels.csv": "film,y\n00000001_000,x\n"}
    layout = layout_of(tree, table=table)
    assert layout.name == "table"
    assert layout.path_facts("images_001/images/00000001_000.png").label == "X"
    assert "index.csv" in unread_tables(list(tree), layout)


@pytest.mark.parametrize("tree", [{"x/a.png": "", "y/b.png": ""}, {"index.csv": "", "a.png": ""}])
@pytest.mark.parametrize("wanted", ["auto", "nih"])
def test_stated_classes_that_no_table_uses_are_refused(tree: dict[str, str], wanted: str) -> None:
    with pytest.raises(SourceError, match="no known table"):
        layout_of(tree, wanted, TableParams.model_validate({"classes": CLASSES}))


def test_several_findings_without_classes_are_refused() -> None:
    with pytest.raises(SourceError, match=r"(?s)one class.*row 2: 'x.z'"):
        stated("film,y\na,x|z\nb,y\n", label="y")


def test_a_broken_cell_of_a_known_table_is_named() -> None:
    row = "train/patient00001/study1/view1_frontal.jpg,M,1,Frontal,AP,2,,,,,,,,,,,,,\n"
    with pytest.raises(SourceError, match=r"row 2: '2' in the column 'no finding'"):
        layout_of({"train.csv": CHEXPERT_HEADER + row, "a.jpg": ""})


@pytest.mark.parametrize("text", ["path,label\na.png,x\n", "", "a b c d\n", "\xff"])
@pytest.mark.parametrize("name", ["train.csv", "train.txt"])
def test_a_table_of_a_common_name_and_other_columns_is_left_to_the_folders(
    name: str, text: str
) -> None:
    tree = {name: text, "normal/a.png": "", "sick/b.png": ""}
    layout = layout_of(tree)
    assert layout.name == "class_folders"
    assert unread_tables(list(tree), layout) == [name]


def test_a_known_table_that_occurs_twice_is_refused() -> None:
    tree = {**NIH_TREE, "old/Data_Entry_2017.csv": NIH_HEADER + NIH_ROWS}
    with pytest.raises(SourceError, match=r"(?s)one table.*v2020.csv, old/Data_Entry_2017.csv"):
        layout_of(tree)


def test_the_classes_of_a_known_table_can_be_stated() -> None:
    classes = {"NORMAL": ["No Finding"], "HEART": ["Cardiomegaly"], "OTHER": ["*"]}
    layout = layout_of(NIH_TREE, table=TableParams.model_validate({"classes": classes}))
    facts = [layout.path_facts(path) for path in NIH_TREE if path.endswith(".png")]
    assert [fact.label for fact in facts] == ["HEART", "OTHER", "NORMAL"]


def test_a_part_of_a_download_is_read_and_the_missing_films_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tree = {path: text for path, text in NIH_TREE.items() if "images_002" not in path}
    assert layout_of(tree).name == "nih"
    assert "1 rows of the table name no film" in caplog.text
    assert "1 of 2 films have no class" in caplog.text
    assert "'Cardiomegaly'" in caplog.text


def test_a_table_of_films_that_are_not_there_is_refused() -> None:
    tree = {"Data_Entry_2017.csv": NIH_HEADER + NIH_ROWS, "x.png": ""}
    with pytest.raises(SourceError, match=r"(?s)must name films.*00000001_000.png.*has x.png"):
        layout_of(tree)
