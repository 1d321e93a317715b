"""Films that a team keeps in DVC, with the commands of data/README.md, on two machines."""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Clone, make_clone
from tests.films import ROOT

README = (ROOT / "data/README.md").read_text(encoding="utf-8")
COMMANDS = re.search(r"## Films of a team.*?```console\n(.*?)```", README, flags=re.DOTALL)
PLACE = "data/raw/chest_xray"


def run(clone: Clone, command: str) -> str:
    done = clone.run(command)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.slow
def test_the_next_machine_pulls_the_films_and_goes_on(tmp_path: Path) -> None:
    first = make_clone(tmp_path)
    run(first, f"python -m tasks.core.phantom --films 48 --out {tmp_path}/drawn")
    shutil.copytree(tmp_path / "drawn/kaggle/chest_xray", first.root / PLACE)
    run(first, f"sed -i 's#source: data/phantom/kaggle#source: {PLACE}#' params.yaml")
    run(first, f"dvc remote add -q --default store {tmp_path}/store && git commit -q -am films")
    assert COMMANDS is not None
    for command in re.findall(r"^\$ (.*)$", COMMANDS[1], flags=re.MULTILINE):
        run(first, command)
    second = Clone(tmp_path / "second", first.environment)
    first.run(f"git clone -q {first.root} {second.root}")
    refused = second.run("python -m tasks.ingest.check")
    assert refused.returncode == 1
    assert f"next:  type `dvc pull {PLACE}.dvc`" in refused.stdout
    shutil.rmtree(first.root / ".dvc/cache")
    run(second, f"dvc pull {PLACE}.dvc")
    assert "48 usable films" in run(second, "dvc repro ingest")
