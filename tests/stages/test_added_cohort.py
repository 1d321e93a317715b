"""A new external cohort reruns its own stages and what compares cohorts, in a real DVC repository.

The stages are those of dvc.yaml with their data dependencies, parameters and outputs. Another
command stands for each program: it writes its outputs.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dvc_repository import DvcRepository
from tests.films import ROOT, write_tree

MODEL = "minivggnet"
# An output that lists the cohorts has other bytes for another list of them
WORK = """
import sys
from pathlib import Path
import yaml
external = yaml.safe_load(Path("params.yaml").read_text())["evaluate"]["external"]
for name in sys.argv[2:]:
    place = Path(name)
    place = place if place.suffix else place / "content.txt"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"{name} {sorted(external) if sys.argv[1] == 'all' else ''}")
"""
OF_A_COHORT = ("ingest", "validate", "resample", "resize")
OF_ALL_COHORTS = ("evaluate-external", "evaluate-adapt")
THEIR_PAGES = ("page", "report")


class Repository(DvcRepository):
    """A DVC repository in which every stage takes no time."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, root.parent / "home", root.parent / "site")
        (root.parent / "home").mkdir()
        for name in ("home", "one", "two"):
            write_tree(root / name, {"film.png": name.encode()})
        write_tree(root / "data/external", {"README.md": b"keeps the folder"})
        write_tree(root / "reports", {"test_ledger.csv": b"commit,model,metric\n"})
        (root / "work.py").write_text(WORK, "utf-8")
        stages = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
        content = yaml.safe_dump({"stages": {name: _without_code(name, stages[name])
                                             for name in stages}})  # fmt: skip
        (root / "dvc.yaml").write_text(content, "utf-8")
        self.run("dvc", "init", "-q", "--no-scm")

    def repro(self, **cohorts: str) -> set[str]:
        """Run the pipeline with these cohorts; returns the stages that ran."""
        params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
        params["ingest"]["source"] = "home"
        params["evaluate"]["external"] = cohorts
        (self.root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
        return set(re.findall(r"Running stage '([^']+)'", self.run("dvc", "repro")))


def _without_code(name: str, stage: dict[str, Any]) -> dict[str, Any]:
    """The stage without dependencies on code, and with a command that writes its outputs."""
    inner = stage.get("do", stage)
    inner["deps"] = ["work.py"] + [dep for dep in inner["deps"] if not dep.startswith("tasks/")]
    outs = [out for kind in ("outs", "metrics", "plots") for out in inner.get(kind, [])]
    names = [out if isinstance(out, str) else next(iter(out)) for out in outs]
    kind = "all" if name in OF_ALL_COHORTS else "own"
    inner["cmd"] = f"python work.py {kind} {' '.join(names)}"
    return stage


@pytest.mark.slow
def test_a_new_cohort_retrains_nothing_and_reads_no_test_split_again(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    repository = Repository(tmp_path / "repository")
    everything = repository.repro(one="one")
    assert {f"train@{MODEL}", f"evaluate@{MODEL}", "ingest-external@one"} <= everything
    assert repository.repro(one="one") == set()

    ran = repository.repro(one="one", two="two")
    own = {f"{room}-external@two" for room in OF_A_COHORT}
    compared = {f"{stage}@{MODEL}" for stage in OF_ALL_COHORTS}
    assert ran >= own | compared
    pages = {f"{stage}@{MODEL}" for stage in THEIR_PAGES} | set(THEIR_PAGES)
    assert ran - own - compared <= pages

    back = repository.repro(one="one")  # a removed cohort runs no stage of another one
    assert not {stage for stage in back if stage.endswith(("@one", "@two"))}
    assert back <= compared | pages
