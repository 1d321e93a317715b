"""A call of the search is checked before anything is written; a setting is used or refused."""

import logging
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.params import load_params
from tests.films import ROOT
from tests.studies.recipes import __main__ as program
from tests.studies.recipes import cohort, options, request
from tests.studies.recipes.opened_search import shared_of
from tests.studies.recipes.options import parse_options
from tests.studies.recipes.request import fitting, request_of, unbind_empty
from tests.studies.recipes.results import Stage
from tests.studies.recipes.trial import WHOLE
from tests.studies.recipes.work_folder import WorkFolder, bind_settings

CLINIC = ("  external: {} ", "  external: {clinic: films/clinic} ")
OWN = ("  minivggnet: {}", "  minivggnet: {learning_rate: 0.005, batch_size: 8, epochs: 12}")
# A reviewer's mark, in a file that the test names
MARKS = "image_id,path,label_seen,verdict,label,initials,comment,model\n"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A root with params.yaml, films and a folder of corrections."""
    root = tmp_path / "project"
    for folder in ("films/home", "films/clinic", "data/corrections"):
        (root / folder).mkdir(parents=True)
    for module in (cohort, options, request):
        monkeypatch.setattr(module, "ROOT", root)
    write_params(root)
    return root


def write_params(root: Path, *changes: tuple[str, str]) -> None:
    text = (ROOT / paths.PARAMS).read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (root / paths.PARAMS).write_text(text, "utf-8")


def call(root: Path, *words: str):
    given = ["--work", str(root.parent / "work"), "--source", str(root / "films/home"), *words]
    return request_of(parse_options("", given))


def refuse(root: Path, *words: str) -> str:
    with pytest.raises(SystemExit) as error:
        program.main(["--work", str(root.parent / "work"), *words])
    assert not (root.parent / "work").exists()
    return str(error.value)


def test_what_per_model_says_of_the_network_is_used(project):
    write_params(project, OWN)
    found = call(project)
    trial = found.shared.trial(found.recipes[0], 64, 12, 0, WHOLE)
    assert (trial.params.learning_rate, trial.params.batch_size) == (0.005, 8)
    assert found.stage == Stage(64, 12)
    assert found.settings["batch_size"] == 8
    assert call(project, "--epochs", "3").stage.epochs == 3


def test_another_network_keeps_its_initial_weights(project):
    shared = call(project, "--model", "chexnet").shared
    assert (shared.shipped.weights, shared.shipped.freeze_epochs) == ("imagenet", 3)
    write_params(project, OWN)
    assert call(project, "--model", "cnn4").shared.shipped.learning_rate == 0.001


def test_params_yaml_is_read_as_every_stage_reads_it(project):
    write_params(project, ("  learning_rate: 0.001", "  learning_rate: 1e-3"))
    found = call(project)
    assert found.shared.shipped.learning_rate == 0.001
    folder = cohort_folder(project, found.params)
    assert load_params(folder / paths.PARAMS).train.learning_rate == 0.001
    write_params(project, ("  batch_size: 32", "  batch_size: 32\n  batch_size: 16"))
    assert "the key batch_size stands in line" in refuse(project, "--source", str(project))
    write_params(project, ("  batch_size: 32", "  batch_size: 0"))
    assert "train.batch_size: Input should be" in refuse(project, "--source", str(project))


def cohort_folder(project: Path, params) -> Path:
    """Folder with the params.yaml that the stages of a search read."""
    folder = project.parent / "films"
    cohort._write_params(folder, params)
    return folder


def test_relative_places_of_params_yaml_start_at_its_folder(project):
    write_params(project, CLINIC, ("  reference: null ", "  reference: data/before.parquet "))
    found = call(project)
    assert found.settings["external"] == {"clinic": str(project / "films/clinic")}
    read = load_params(cohort_folder(project, found.params) / paths.PARAMS)
    assert read.ingest.corrections == str(project / "data/corrections")
    assert read.validate_.reference == str(project / "data/before.parquet")
    assert read.evaluate.external == {"clinic": str(project / "films/clinic")}
    assert found.settings["ingest"]["corrections"] == "data/corrections"  # a folder can be copied


def test_corrections_may_be_one_file_and_are_part_of_the_settings(project):
    assert call(project).settings["marks"] is None
    (project / "data/corrections/one.csv").write_text(MARKS)
    of_folder = call(project).settings["marks"]
    file = project / "marks.csv"
    file.write_text(MARKS + "more\n")
    write_params(project, ("corrections: data/corrections ", f"corrections: {file} "))
    found = call(project)
    assert len({None, of_folder, found.settings["marks"]}) == 3
    read = load_params(cohort_folder(project, found.params) / paths.PARAMS)
    assert read.ingest.corrections == str(file)
    assert file.is_file()
    file.unlink()
    with pytest.raises(ParamsError, match=r"ingest\.corrections must name a file or folder"):
        call(project)


def test_missing_films_are_refused_before_the_folder_is_bound(project):
    assert "--source must name a file or folder" in refuse(project, "--source", "/nonexist")
    words = ["--source", str(project), "--external", "clinic=/nonexist"]
    assert "--external clinic must name" in refuse(project, *words)


def test_a_network_that_does_not_exist_is_refused_with_near_names(project):
    told = refuse(project, "--source", str(project), "--model", "minivggnett")
    assert "--model must be a network of the zoo" in told
    assert "did you mean minivggnet" in told
    assert "minivggnet, " in refuse(project, "--source", str(project), "--model", "qqq")


def test_imagenet_weights_need_a_network_that_has_them(project, monkeypatch):
    write_params(project, ("  cnn4: {}", "  cnn4: {weights: imagenet}"))
    monkeypatch.setattr(request, "ROOT", ROOT)
    with pytest.raises(ParamsError, match=r"per_model\.cnn4\.weights: imagenet, but cnn4 is no"):
        call(project, "--model", "cnn4")


def test_the_current_folder_gives_its_name(project, monkeypatch):
    monkeypatch.chdir(project / "films/home")
    found = request_of(parse_options("", ["--work", "w", "--source", "."]))
    assert (found.settings["data"], found.settings["source"]) == (
        "home",
        str(project / "films/home"),
    )
    (project / "kermany").symlink_to("films/home")
    found = request_of(parse_options("", ["--work", "w", "--source", str(project / "kermany")]))
    assert found.settings["data"] == "kermany"


def test_recipes_that_do_not_fit_the_epochs_are_left_out_or_refused_by_name(project, caplog):
    with caplog.at_level(logging.INFO):
        found = call(project, "--epochs", "5")
    (line,) = caplog.messages
    assert "left out: wide_last_epochs, wide_last_epochs_views, " in line
    assert "(average_epochs is 8, and only 5 epochs train the whole network)" in line
    names = [one.name for one in fitting(found.recipes, found.shared, found.stage)]
    assert "wide" in names
    assert "wide_last_epochs" not in names
    all_names = [one.name for one in fitting(found.recipes, found.shared, Stage(64, 8))]
    assert "wide_last_epochs" in all_names
    words = ["--source", str(project), "--epochs", "5", "--recipes", "wide", "wide_last_epochs"]
    told = refuse(project, *words)
    assert "each recipe of --recipes must fit" in told
    assert "wide_last_epochs (average_epochs is 8" in told


def test_frozen_epochs_of_per_model_count_too(project):
    params = call(project, "--model", "chexnet").params
    shared = shared_of(params, "chexnet")  # its first 3 epochs train the head alone
    names = {
        epochs: [one.name for one in fitting(call(project).recipes, shared, Stage(64, epochs))]
        for epochs in (10, 11)
    }
    assert "wide_last_epochs" not in names[10]
    assert "wide_last_epochs" in names[11]


def test_the_clusters_of_group_dro_are_those_of_resample(project):
    params = call(project).params
    assert shared_of(params, "minivggnet").n_clusters == 4  # resample.acquisition_clusters is null
    resample = params["resample"] | {"acquisition_clusters": 6, "seed": 5}
    shared = shared_of(params | {"resample": resample}, "minivggnet")
    assert (shared.n_clusters, shared.cluster_seed) == (6, 5)


def test_a_class_that_is_a_number_is_the_same_in_the_next_call(project, tmp_path):
    classes = ("  external_classes: {} ", "  external_classes: {clinic: {0: NORMAL, B: null}} ")
    write_params(project, CLINIC, classes)
    for _ in range(2):
        found = call(project)
        bind_settings(WorkFolder(tmp_path / "bound"), found.settings)
    assert found.settings["external_classes"] == {"clinic": {"0": "NORMAL", "B": None}}


def test_the_salt_of_the_environment_is_not_written(project, monkeypatch):
    monkeypatch.setenv("LUNGLINE_PATIENT_SALT", "secret")
    found = call(project)
    written = (cohort_folder(project, found.params) / paths.PARAMS).read_text("utf-8")
    assert "secret" not in written + str(found.settings)


def test_a_folder_whose_films_were_never_read_is_not_bound(tmp_path):
    work, settings = WorkFolder(tmp_path), {"data": "films", "model": "minivggnet"}
    bind_settings(work, settings | {"source": "/wrong"})
    unbind_empty(work)
    bind_settings(work, settings | {"source": "/right"})
    (work.films / paths.MANIFEST).parent.mkdir(parents=True)
    (work.films / paths.MANIFEST).touch()
    unbind_empty(work)
    with pytest.raises(ParamsError, match="other values of source"):
        bind_settings(work, settings | {"source": "/another"})
