"""`dvc push` to S3 and `dvc pull` from it, with the commands of the README."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.films import (
    ROOT,
    mooney_files,
    output_of,
    run_stage,
    stage_environment,
    workspace,
    write_tree,
)
from tests.s3_server import BUCKET, S3, s3_server

README = (ROOT / "data/README.md").read_text(encoding="utf-8")
# A push that names its films is that of a team, see test_films_in_dvc.py
COMMANDS = re.findall(r"^\$ (dvc (?:remote .*|push|pull))$", README, flags=re.MULTILINE)
DVC_YAML = """
stages:
  resize:
    cmd: exec python -m tasks.resize
    params: [resize]
    deps: [data/samples.parquet]
    outs: [data/images]
"""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


def environment(home: Path) -> dict[str, str]:
    """Return an environment with access to the server, and with settings and caches in `home`."""
    return {
        **stage_environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "site"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
    }


class User:
    """A user with a separate home folder, and so a separate DVC cache.

    Args:
        home: Home folder.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir()
        (home / ".gitconfig").write_text("[user]\n  name = test\n  email = test@example.org\n")
        self._environment = environment(home)

    def run(self, command: str, folder: Path) -> str:
        """Run a command line; return stdout and stderr together."""
        return output_of(["bash", "-c", command], folder, self._environment)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def resampled_repository(folder: Path) -> Path:
    """Make a DVC repository in which resize is the next stage."""
    source = write_tree(folder.parent / "source", mooney_files(24))
    workspace(folder, ingest={"source": str(source)}, resize={"size_px": 32})
    for stage in ("ingest", "resample"):
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr
    (folder / "dvc.yaml").write_text(DVC_YAML)
    return folder


def test_the_readme_has_the_three_commands() -> None:
    assert [command.split()[1] for command in COMMANDS] == ["remote", "push", "pull"]
    assert f"s3://{BUCKET}/" in COMMANDS[0]


@pytest.mark.slow
def test_another_clone_pulls_the_image_store_from_s3(tmp_path: Path, s3: S3) -> None:
    remote, push, pull = COMMANDS
    one, other = User(tmp_path / "one"), User(tmp_path / "other")
    first = resampled_repository(tmp_path / "first")
    one.run("git init -q && dvc init -q && dvc add -q data/samples.parquet", first)
    one.run("dvc repro -q", first)
    one.run(remote, first)
    one.run(push, first)
    one.run("git add -A && git commit -q -m 'a store on S3'", first)
    assert s3.client.list_objects_v2(Bucket=BUCKET)["KeyCount"] >= 3

    second = tmp_path / "second"
    other.run(f"git clone -q {first} {second}", tmp_path)
    assert not (second / "data/images").exists()
    other.run(pull, second)
    assert files_below(second / "data/images") == files_below(first / "data/images")
    assert "didn't change, skipping" in other.run("dvc repro", second)
