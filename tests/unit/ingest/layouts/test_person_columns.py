"""Age and sex from the tables of public sets, an index and a stated table."""

import pytest

from tasks.core.errors import SourceError
from tasks.ingest.person import NOBODY, Person
from tests.unit.ingest.layouts.test_index import layout_of as index_of
from tests.unit.ingest.layouts.test_known_tables import (
    NIH_HEADER,
    NIH_ROWS,
    NIH_TREE,
    PADCHEST,
    chexpert,
    layout_of,
)
from tests.unit.ingest.layouts.test_table_layout import facts_of, stated

WOMAN = "2/images/00000002_000.png"


def test_nih_names_the_sex_in_two_ways_and_writes_ages_in_two() -> None:
    for header, age, years in (
        (NIH_HEADER, "81", 81),
        (NIH_HEADER.replace("Patient Gender", "Patient Sex"), "081Y", 81),
        (NIH_HEADER, "413", None),
    ):
        table = header + NIH_ROWS.replace(",81,", f",{age},")
        layout = layout_of({**NIH_TREE, "Data_Entry_2017_v2020.csv": table})
        assert layout.path_facts(f"images_00{WOMAN}").person == Person(years, "female")


def test_a_table_without_age_and_sex_is_read() -> None:
    drop = ",Patient Age,Patient Gender"
    rows = NIH_ROWS.replace(",58,M", "").replace(",81,F", "")
    tree = {**NIH_TREE, "Data_Entry_2017_v2020.csv": NIH_HEADER.replace(drop, "") + rows}
    assert layout_of(tree).path_facts(f"images_00{WOMAN}").person == NOBODY


def test_the_age_0_of_chexpert_is_unknown() -> None:
    film = "train/patient00001/study1/view1_frontal.jpg"
    assert layout_of(chexpert()).path_facts(film).person == Person(58, "male")
    tree = {path: text.replace(",Male,58,", ",Unknown,0,") for path, text in chexpert().items()}
    assert layout_of(tree).path_facts(film).person == NOBODY


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        ("1930", "20140915", 84), ("2010.0", "20140915.0", 4), ("1915.0", "20140915", 90),
        ("", "20140915", None), ("1930", "2014", None), ("2015", "20140915", None),
    ],
)  # fmt: skip
def test_the_age_in_padchest_is_that_of_the_year(birth: str, day: str, years: int | None) -> None:
    tree = {
        PADCHEST: ",ImageID,ImageDir,StudyDate_DICOM,PatientID,PatientBirth,PatientSex_DICOM,"
        f"Projection,Labels\n0,1_a.png,0,{day},84,{birth},F,PA,\"['normal']\"\n"
        "1,1_b.png,0,20140915,85,1950,M,PA,\"['pneumonia']\"\n",
        "0/1_a.png": "",
        "0/1_b.png": "",
    }
    assert layout_of(tree).path_facts("0/1_a.png").person == Person(years, "female")


@pytest.mark.parametrize("header", ["age_years,sex", "Age,Gender"])
def test_an_index_may_tell_age_and_sex(header: str) -> None:
    table = f"path,label,{header}\nimages/a.png,x,3.5,F\nd.png,y,old,?\nc.dcm,y,0,male\n"
    layout = index_of(table.encode())
    assert layout.path_facts("images/a.png").person == Person(3.5, "female")
    assert layout.path_facts("d.png").person == NOBODY
    assert layout.path_facts("c.dcm").person == Person(0, "male")


def test_a_stated_table_may_tell_age_and_sex() -> None:
    rows = "film,y,years,who\na,x,4,f\nb,z,006M,M\nc,x,,\nd,z,90,O\n"
    facts = facts_of(stated(rows, label="y", age="Years", sex="who"))
    assert [fact.person for fact in facts] == [
        Person(4, "female"), Person(0.5, "male"), NOBODY, Person(90),
    ]  # fmt: skip
    assert facts_of(stated(rows, label="y", sex="who"))[0].person == Person(None, "female")


def test_a_stated_column_of_ages_must_be_there() -> None:
    with pytest.raises(SourceError, match="no years among film, y"):
        stated("film,y\na,x\nb,z\n", label="y", age="years")


def test_an_age_on_which_the_rows_of_a_film_disagree_is_unknown() -> None:
    rows = "film,y,age\na,x,4\na,x,5\nb,z,6\nb,z,6\n"
    facts = facts_of(stated(rows, label="y", age="age"))
    assert [fact.person for fact in facts[:2]] == [NOBODY, Person(6)]
    assert [fact.label for fact in facts[:2]] == ["X", "Z"]
