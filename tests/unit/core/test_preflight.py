"""What is found before the first stage."""

import shutil
from pathlib import Path

import pytest
import yaml

from tasks.core.errors import ParamsError, SourceError
from tasks.core.params import Params, load_params
from tasks.core.preflight import require_networks, require_sources

ROOT = Path(__file__).resolve().parents[3]
SHA = "0" * 64


def params_with(folder: Path, **sections: dict[str, object]) -> Params:
    """Parameters of this repository with some keys changed; the zoo beside them."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    models = sections.pop("models", None)
    values["models"] = list(models or values["models"])
    for name, changes in sections.items():
        values[name] |= changes
    (folder / "params.yaml").write_text(yaml.safe_dump(values), "utf-8")
    shutil.copytree(ROOT / "tasks/train/zoo", folder / "tasks/train/zoo", dirs_exist_ok=True)
    return load_params(folder / "params.yaml")


def test_the_networks_of_this_repository_have_what_they_need(tmp_path: Path) -> None:
    models = dict.fromkeys(["ann", "minivggnet", "resnet101", "chexnet", "xception"])
    require_networks(params_with(tmp_path, models=models), tmp_path)


def test_all_faults_of_all_networks_are_named(tmp_path: Path) -> None:
    models = dict.fromkeys(["ann", "cnn4", "resnet11", "twin5"])
    changes = {
        "ann": {"weights": "imagenet"},
        "cnn4": {"weights": "data/raw/cnn4.h5", "weights_sha256": SHA},
        "resnet11": {},
    }
    params = params_with(tmp_path, models=models, per_model=changes)
    with pytest.raises(ParamsError) as failed:
        require_networks(params, tmp_path)
    first, second, third = failed.value.found.split("; ", 2)
    assert first == "per_model.ann.weights: imagenet, but ann is no network of keras.applications"
    assert second == "per_model.cnn4.weights: data/raw/cnn4.h5 is no file"
    assert third.startswith("models: resnet11 is no network; choose one of ann, chexnet, cnn4, ")
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/cnn4.h5").touch()
    with pytest.raises(ParamsError) as failed:
        require_networks(params, tmp_path)
    assert "cnn4.h5" not in failed.value.found


@pytest.mark.parametrize("source", ["s3://hospital/films", "data/phantom/kaggle"])
def test_a_bucket_and_the_phantom_are_not_looked_for(tmp_path: Path, source: str) -> None:
    require_sources(params_with(tmp_path, ingest={"source": source}), tmp_path)


def test_missing_films_have_a_next_step_for_everybody(tmp_path: Path) -> None:
    params = params_with(tmp_path, ingest={"source": "data/raw/films"})
    with pytest.raises(SourceError) as failed:
        require_sources(params, tmp_path)
    assert failed.value.where == "data/raw/films"
    for step in ("params.yaml", "dvc add data/raw/films", "make phantom"):
        assert step in failed.value.next_step
    (tmp_path / "data/raw/films").mkdir(parents=True)
    require_sources(params, tmp_path)


def test_films_that_dvc_keeps_are_pulled(tmp_path: Path) -> None:
    params = params_with(tmp_path, ingest={"source": "data/raw/films/chest_xray"})
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/films.dvc").touch()
    with pytest.raises(SourceError, match=r"dvc pull data/raw/films\.dvc"):
        require_sources(params, tmp_path)


def test_the_films_of_each_cohort_are_looked_for(tmp_path: Path) -> None:
    params = params_with(tmp_path, evaluate={"external": {"nih": str(tmp_path / "nih")}})
    with pytest.raises(SourceError, match=r"evaluate\.external\.nih must exist") as failed:
        require_sources(params, tmp_path)
    assert "phantom" not in failed.value.next_step
