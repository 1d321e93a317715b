"""Settings per model, in a real DVC repository: a change reruns only the models that it concerns.

The stage `train` is that of dvc.yaml, with another command that writes down its settings.
"""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dvc_repository import DvcRepository
from tests.films import ROOT

MODELS = ["ann", "cnn4", "minivggnet"]
WORK = """
import json, sys
from pathlib import Path
from tasks.core.params import load_params
name = sys.argv[1]
settings = load_params(Path("params.yaml")).train_of(name)
folder = Path("reports") / name / "training"
folder.mkdir(parents=True, exist_ok=True)
values = {"epochs": settings.epochs, "zoom": settings.augment.zoom}
(folder / "metrics.json").write_text(json.dumps(values))
(Path("data/models") / name).mkdir(parents=True, exist_ok=True)
(Path("data/models") / name / "model.json").write_text(json.dumps(values))
"""


class Repository(DvcRepository):
    """A DVC repository in which training takes no time."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, root.parent / "home", root.parent / "site")

    def commit(self) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "-m", "step")

    def trained(self) -> set[str]:
        """Run `dvc repro`; returns the models that were trained."""
        printed = self.run("dvc", "repro")
        return {model for model in MODELS if f"Running stage 'train@{model}'" in printed}

    def change(self, *dotted: str, value: Any) -> None:
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text("utf-8"))
        place = params
        for key in dotted[:-1]:
            place = place[key]
        place[dotted[-1]] = value
        path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Repository:
    root = tmp_path_factory.mktemp("dvc") / "repository"
    root.mkdir()
    home = root.parent / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n  name = test\n  email = test@example.org\n")
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]["train"]
    assert stage["params"] == ["train", "per_model.${item.model}"]
    stage |= {"cmd": "exec python work.py ${item.model}", "deps": ["work.py"]}
    del stage["plots"]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"train": stage}}), "utf-8")
    (root / "work.py").write_text(WORK)
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8")) | {"models": MODELS}
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    made = Repository(root)
    made.run("git", "init", "-q", ".")
    made.run("dvc", "init", "-q")
    assert made.trained() == set(MODELS)
    made.commit()
    return made


@pytest.mark.slow
def test_a_change_retrains_only_the_models_that_it_concerns(repository):
    assert repository.trained() == set()
    repository.change("per_model", "ann", value={"epochs": 3})
    assert repository.trained() == {"ann"}
    repository.change("per_model", "vgg16", value={"epochs": 4})
    assert repository.trained() == set()  # not in `models`
    repository.change("per_model", "cnn4", value={"augment": {"zoom": 0.4}})
    assert repository.trained() == {"cnn4"}
    repository.change("train", "augment", "zoom", value=0.25)
    assert repository.trained() == set(MODELS)
    shown = repository.run("dvc", "metrics", "show", "--md")
    assert "| reports/ann/training/metrics.json        | 3 " in shown
    repository.commit()


@pytest.mark.slow
def test_a_sweep_runs_from_the_queue_one_experiment_per_value(repository):
    repository.run("dvc", "exp", "run", "--queue", "-S", "train.epochs=5,6")
    repository.run("dvc", "exp", "run", "--queue", "-S", "+per_model.ann.batch_size=16")
    repository.run("dvc", "exp", "run", "--run-all")
    table = csv.DictReader(io.StringIO(repository.run("dvc", "exp", "show", "--csv")))
    rows = [row for row in table if row["Experiment"]]
    epochs = [row["reports/minivggnet/training/metrics.json:epochs"] for row in rows]
    shipped = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))["train"]["epochs"]
    expected = sorted(["5", "6", str(shipped)])
    assert sorted(epochs) == expected
    assert sorted(row["train.epochs"] for row in rows) == expected
