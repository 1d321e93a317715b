"""Files of a removed model do not change the report, in a real DVC repository.

The stages are those of dvc.yaml. `page` copies a summary that was made before; `report` is real.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.page.model_page import summarise_model
from tasks.page.page_inputs import load_page_inputs
from tests.dvc_repository import DvcRepository
from tests.films import ROOT
from tests.report_inputs import write_state

MODELS = ("minivggnet", "logistic")


class Repository(DvcRepository):
    """A DVC repository with the results of two models, and the stages `page` and `report`."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(root / "repository", root, root / "site")
        self.root.mkdir(parents=True)
        write_state(self.root, MODELS)
        with monkeypatch.context() as patch:
            patch.chdir(self.root)
            for model in MODELS:
                summary = summarise_model(load_page_inputs(model))
                write_json(Path("ready") / f"{model}.json", summary)
        stages = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
        page, report = stages["page"], stages["report"]
        summary = "data/summaries/${item.model}.json"
        assert summary in page["outs"]
        page |= {"outs": [summary], "deps": ["ready"], "params": ["models"]}
        page["cmd"] = f"cp ready/${{item.model}}.json {summary}"
        report["deps"] = [dep for dep in report["deps"] if not dep.startswith("tasks/")]
        content = yaml.safe_dump({"stages": {"page": page, "report": report}})
        (self.root / "dvc.yaml").write_text(content, "utf-8")
        (self.root / ".dvcignore").write_text((ROOT / ".dvcignore").read_text("utf-8"), "utf-8")
        (self.root / "data/summaries").mkdir(exist_ok=True)
        self.run("git", "init", "-q", ".")
        self.run("dvc", "init", "-q", "--force")
        (self.root / ".dvcignore").write_text((ROOT / ".dvcignore").read_text("utf-8"), "utf-8")

    def repro(self, *models: str) -> tuple[Any, bytes]:
        """Run the stages for some models. Returns the lock of `report`, and its page."""
        params = yaml.safe_load((self.root / "params.yaml").read_text("utf-8"))
        params["models"] = list(models)
        (self.root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
        self.run("dvc", "repro")
        lock = yaml.safe_load((self.root / "dvc.lock").read_text("utf-8"))
        return lock["stages"]["report"], (self.root / paths.INDEX).read_bytes()


@pytest.mark.slow
def test_report_is_that_of_a_repository_which_never_had_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Repository(tmp_path / "without", monkeypatch).repro("minivggnet")
    repository = Repository(tmp_path / "with", monkeypatch)
    with_both = repository.repro(*MODELS)
    assert with_both[1] != without[1]

    assert repository.repro("minivggnet") == without

    assert repository.run("dvc", "status", "--json").strip() == "{}"
    assert repository.repro(*MODELS) == with_both  # DVC restores the deleted summary
