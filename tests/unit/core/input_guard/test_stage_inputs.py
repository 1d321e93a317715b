"""What this reader finds in dvc.yaml is what DVC finds."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.dependency import ParamsDependency
from dvc.repo import Repo

from tasks.core import paths
from tasks.core.input_guard.stage_inputs import StageInputs, inputs_of_stage
from tasks.core.params.yaml_file import read_yaml

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    """This dvc.yaml with three networks, two cohorts and films at a path with a space."""
    root = tmp_path_factory.mktemp("repo")
    params = yaml.safe_load((ROOT / paths.PARAMS).read_text("utf-8"))
    params["models"] = ["ann", "minivggnet", "twin5"]
    params["ingest"]["source"] = "/data/some films.zip"
    params["evaluate"]["external"] = {"nih": "/data/nih", "mooney": "data/external/m"}
    (root / paths.PARAMS).write_text(yaml.safe_dump(params), "utf-8")
    shutil.copy(ROOT / paths.PIPELINE, root)
    opened = Repo.init(str(root), no_scm=True)
    yield opened
    opened.close()


def as_dvc_has_it(stage: Any) -> StageInputs:
    lists = [dep.params for dep in stage.deps if isinstance(dep, ParamsDependency)]
    files = [dep.def_path for dep in stage.deps if not isinstance(dep, ParamsDependency)]
    return StageInputs(tuple(key for keys in lists for key in keys), tuple(files))


def test_every_stage_has_the_inputs_that_dvc_sees(repo: Repo) -> None:
    root = Path(repo.root_dir)
    pipeline = yaml.safe_load((root / paths.PIPELINE).read_text("utf-8"))
    params = read_yaml((root / paths.PARAMS).read_bytes())
    stages = {stage.name: as_dvc_has_it(stage) for stage in repo.index.stages}
    ours = {name: inputs_of_stage(name, pipeline, params) for name in stages}
    assert {"train@twin5", "ingest-external@nih", "report"} <= set(stages)
    sort = {name: (sorted(one.keys), sorted(one.files)) for name, one in stages.items()}
    assert sort == {n: (sorted(one.keys), sorted(one.files)) for n, one in ours.items() if one}


def test_a_list_an_index_and_a_key_of_another_file_are_read() -> None:
    stage = {
        "params": ["train", {"other.yaml": ["a.b"]}],
        "deps": ["data/${models[0]}", "s3://bucket/films", {"films": {}}],
    }
    found = inputs_of_stage("release", {"stages": {"release": stage}}, {"models": ["ann", "b"]})
    assert found == StageInputs(("train",), ("data/ann", "films", "other.yaml"))
    each = {"foreach": ["x", "y"], "do": {"deps": ["${item}.txt"]}}
    assert inputs_of_stage("copy@y", {"stages": {"copy": each}}, {}) == StageInputs((), ("y.txt",))


def test_a_stage_of_another_file_is_none_and_an_unknown_item_is_an_error() -> None:
    stages = {"stages": {"train": {"matrix": {"model": "${models}"}}}}
    assert inputs_of_stage("phantom", stages, {"models": ["ann"]}) is None
    with pytest.raises(LookupError, match="train@b"):
        inputs_of_stage("train@b", stages, {"models": ["ann"]})
    with pytest.raises(LookupError, match="models"):
        inputs_of_stage("train@b", stages, {})
