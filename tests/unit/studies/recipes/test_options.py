"""The command line names sources, classes, recipes and an earlier stage."""

from pathlib import Path

import pytest

from tasks.core.errors import ParamsError
from tests.studies.recipes import __main__ as program
from tests.studies.recipes import publish
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.options import params_of, parse_options, recipes_of, settings_of
from tests.studies.recipes.results import Stage


def options(*words: str):
    return parse_options("", ["--work", "w", "--source", "films", *words])


def test_sources_and_classes_become_parameters():
    read = options(
        "--external", "clinic=abroad", "--classes", "clinic:Covid=pneumonia,Lung_Opacity=",
        "--size-px", "96",
    )  # fmt: skip
    params = params_of(read)
    assert params["ingest"]["source"] == str(Path("films").resolve())
    assert params["evaluate"]["external"] == {"clinic": str(Path("abroad").resolve())}
    assert params["evaluate"]["external_classes"] == {
        "clinic": {"COVID": "PNEUMONIA", "LUNG OPACITY": None}
    }
    assert (params["resize"]["size_px"], params["resample"]["labels"]) == (96, "binary")
    settings = settings_of(read, params)
    assert settings["data"] == "films"
    assert settings["resize"]["size_px"] is None  # stages of other sizes share the folder
    assert settings["train"]["learning_rate"] == params["train"]["learning_rate"]
    assert "epochs" not in settings["train"]  # stages of other epochs too


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--external", "clinic"], "clinic"),
        (["--external", "=folder"], "=folder"),
        (["--external", "clinic=a", "--classes", "clinic:COVID"], "COVID"),
    ],
)
def test_an_option_of_another_form_is_refused(words, found):
    with pytest.raises(ParamsError, match="the option has the form") as error:
        params_of(options(*words))
    assert error.value.found == found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--hours", "0"], "must be a number of hours above 0, not '0'"),
        (["--hours", "nan"], "must be a number of hours above 0, not 'nan'"),
        (["--hours=-1"], "must be a number of hours above 0, not '-1'"),
        (["--hours", "inf"], "must be a number of hours above 0, not 'inf'"),
        (["--epochs", "0"], "must be a whole number from 1 up, not '0'"),
        (["--epochs=-1"], "must be a whole number from 1 up, not '-1'"),
        (["--epochs", "1.5"], "must be a whole number from 1 up, not '1.5'"),
    ],
)
def test_numbers_out_of_range_are_refused(words, told, capsys):
    with pytest.raises(SystemExit) as error:
        options(*words)
    assert error.value.code == 2
    assert told in capsys.readouterr().err


def test_numbers_within_range_are_taken():
    read = options("--hours", "0.5", "--epochs", "010")
    assert (read.hours, read.epochs) == (0.5, 10)
    assert options().hours is None


@pytest.mark.parametrize("size", ["0", "2000"])
def test_a_size_out_of_range_is_refused_as_a_parameter(size):
    with pytest.raises(ParamsError, match=rf"resize\.size_px: .*, not {size}"):
        params_of(options("--size-px", size))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--external", "a=x", "--external", "a=y"], "a twice"),
        (["--external", "a=x", "--classes", "a:B=C", "--classes", "a:D=C"], "a twice"),
        (["--external", "a=x", "--classes", "a:B=C,b=D"], "B twice"),
        (["--external", "a=x", "--classes", "clinic:B=C"], "clinic; the cohorts are a"),
    ],
)
def test_an_option_that_would_be_lost_is_refused(words, found):
    with pytest.raises(ParamsError) as error:
        params_of(options(*words))
    assert error.value.found == found


def test_the_name_of_a_cohort_follows_the_rule_of_the_parameters():
    with pytest.raises(ParamsError, match=r"evaluate\.external\.Clinic A") as error:
        params_of(options("--external", "Clinic A=x"))
    assert error.value.where == "params.yaml with the options of the command line"


def test_films_must_be_named():
    with pytest.raises(ParamsError, match="no --source"):
        params_of(parse_options("", ["--work", "w"]))


def test_recipes_are_in_the_order_of_the_catalogue_and_can_be_trained():
    assert [one.name for one in recipes_of(options("--recipes", "none", "wide"))] == [
        "wide",
        "none",
    ]
    trainable = recipes_of(options())
    assert trainable == [one for one in RECIPES.values() if not one.missing_keys()]


def test_an_earlier_stage_has_a_size_and_epochs(capsys):
    assert options("--close-of", "32x24").close_of == Stage(32, 24)
    with pytest.raises(SystemExit):
        options("--close-of", "32")
    assert "32 is not a size and epochs" in capsys.readouterr().err


@pytest.mark.parametrize("run", [program.main, publish.main], ids=["final", "publish"])
def test_a_folder_without_a_search_is_refused(run, tmp_path):
    work = str(tmp_path)
    words = ["--work", work, "--final"] if run is program.main else [work]
    with pytest.raises(SystemExit, match="must be the --work of a search"):
        run(words)


def test_the_test_of_no_search_leaves_no_folder(tmp_path):
    with pytest.raises(SystemExit, match="must be the --work of a search"):
        program.main(["--work", str(tmp_path / "typo"), "--final"])
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_all_recipes(capsys):
    program.main(["--list"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(RECIPES)
    assert lines[lines.index("wide_views") + 1].endswith("train.n_views 6")
    with pytest.raises(SystemExit, match="2"):
        program.main(["--final"])
    assert "name the folder of the search with --work" in capsys.readouterr().err
