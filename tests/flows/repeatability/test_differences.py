"""What differs between two runs is named with the stage that made it."""

from pathlib import Path

import pytest
import yaml

from flows.repeatability.differences import compare_clones

STAGES = {
    "ingest": {"cmd": "ingest", "outs": [{"path": "data/manifest.parquet", "md5": "1"}]},
    "train@ann": {"cmd": "train", "outs": [{"path": "data/models/ann", "md5": "2"}]},
}
FILES = {
    "data/manifest.parquet": "rows",
    "data/models/ann/model.keras": "weights",
    "data/models/ann/model.json": "{}",
    "reports/test_ledger.csv": "rows",
    "data/phantom/film.jpeg": "film",
}
PHANTOM = {"phantom": {"cmd": "draw", "outs": [{"path": "data/phantom"}]}}


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    for root in (tmp_path / "a", tmp_path / "b"):
        write(root, "dvc.lock", yaml.safe_dump({"stages": STAGES}, sort_keys=False))
        write(root, "tasks/core/phantom/dvc.lock", yaml.safe_dump({"stages": PHANTOM}))
        for name, text in FILES.items():
            write(root, name, text)
    return tmp_path / "a", tmp_path / "b"


def found(roots: tuple[Path, Path]) -> list[tuple[str, str, str]]:
    return [(one.stage, one.place, one.how) for one in compare_clones(*roots).differences]


def test_equal_runs_differ_in_nothing(roots: tuple[Path, Path]) -> None:
    write(roots[1], "data/models/.gitignore", "of DVC")
    write(roots[1], "data/checkpoints/x", "no output of a stage")
    comparison = compare_clones(*roots)
    assert comparison.lines() == ["equal to the byte: 3 stages, 5 files"]


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("data/manifest.parquet", "ingest"),
        ("data/models/ann/model.keras", "train@ann"),
        ("data/phantom/film.jpeg", "phantom"),
        ("reports/test_ledger.csv", "evaluate and others"),
    ],
)
def test_a_file_with_other_bytes_is_named_with_its_stage(
    roots: tuple[Path, Path], name: str, stage: str
) -> None:
    write(roots[1], name, "other")
    assert found(roots) == [(stage, name, "has other bytes")]


def test_a_file_that_one_run_lacks_is_named(roots: tuple[Path, Path]) -> None:
    (roots[0] / "data/models/ann/model.json").unlink()
    assert found(roots) == [("train@ann", "data/models/ann/model.json", "is in the second only")]


def test_differences_stand_in_the_order_of_the_stages(roots: tuple[Path, Path]) -> None:
    changed = {**STAGES, "train@ann": {**STAGES["train@ann"], "cmd": "train --fast"}}
    write(roots[1], "dvc.lock", yaml.safe_dump({"stages": changed}, sort_keys=False))
    for name in FILES:
        write(roots[1], name, "other")
    comparison = compare_clones(*roots)
    assert [one.stage for one in comparison.differences][:3] == ["phantom", "ingest", "train@ann"]
    assert ("train@ann", "dvc.lock, cmd", "differs") in found(roots)
    assert comparison.lines()[0].startswith("6 differences in 3 stages, 5 files")


def test_another_order_in_dvc_lock_is_told(roots: tuple[Path, Path]) -> None:
    turned = dict(reversed(list(STAGES.items())))
    write(roots[1], "dvc.lock", yaml.safe_dump({"stages": turned}, sort_keys=False))
    assert found(roots) == [("all", "dvc.lock", "has the same entries in another order")]
