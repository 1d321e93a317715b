"""Work whose inputs move is refused; work whose inputs stay is not."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.core import params_read, paths
from tasks.core.errors import InputMovedError
from tasks.core.input_guard.guarded_work import do_guarded
from tasks.core.input_guard.input_state import MAX_HASHED_BYTES, state_of_files
from tasks.core.params.yaml_file import read_yaml
from tasks.core.params_read import note_params

PIPELINE = """
stages:
  make:
    matrix: {model: "${models}"}
    params: [train.rate, "per_model.${item.model}", salt]
    deps: ["${source}", tasks/part, tasks/own.yaml, table.csv, reports/test_ledger.csv]
"""
PARAMS = "{models: [ann, b], train: {rate: 0.1, epochs: 2}, per_model: {ann: {}, b: {}}, "
PARAMS += "salt: secret, source: films}\n"
Work = Callable[[], None]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stage `make@ann` as DVC starts it, in a folder with all of its inputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "../dvc.yaml:make@ann")
    monkeypatch.setattr(params_read, "_READ", [])
    texts = {"dvc.yaml": PIPELINE, "params.yaml": PARAMS, ".dvcignore": "__pycache__\n*.tmp\n"}
    texts |= {
        "tasks/part/a.yaml": "1",
        "tasks/own.yaml": "1",
        "tasks/other/b": "1",
        "table.csv": "1",
    }
    texts |= {"films/NORMAL/a.jpeg": "film", "reports/test_ledger.csv": "rows\n"}
    for name, text in texts.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    return tmp_path


def replaced(old: str, new: str) -> Work:
    """Change params.yaml."""
    return lambda: paths.PARAMS.write_text(PARAMS.replace(old, new)) and None


def written(name: str, text: str = "2") -> Work:
    return lambda: Path(name).write_text(text) and None


def rewritten_with_its_old_time(name: str) -> Work:
    """Other text of one length, with the old time and inode: only its content tells."""

    def work() -> None:
        old = Path(name).stat()
        Path(name).write_text("2")
        os.utime(name, ns=(old.st_atime_ns, old.st_mtime_ns))

    return work


MOVES = {
    "rate": (replaced("rate: 0.1", "rate: 0.2"), "train.rate in params.yaml changed"),
    "own settings": (replaced("ann: {}", "ann: {x: 1}"), "per_model.ann in params.yaml changed"),
    "removed key": (replaced("rate: 0.1,", ""), "train.rate in params.yaml changed"),
    "type": (replaced("rate: 0.1", "rate: '0.1'"), "train.rate in params.yaml changed"),
    "broken": (replaced("rate: 0.1", "rate: ["), "per_model.ann in params.yaml changed, salt"),
    "code": (written("tasks/part/a.yaml"), "tasks/part/a.yaml changed"),
    "new code": (written("tasks/part/b.yaml"), "tasks/part/b.yaml added"),
    "code, same text": (written("tasks/own.yaml", "1"), "tasks/own.yaml changed"),
    "code, old time": (
        rewritten_with_its_old_time("tasks/part/a.yaml"),
        "tasks/part/a.yaml changed",
    ),
    "table, old time": (rewritten_with_its_old_time("table.csv"), "table.csv changed"),
    "lost table": (Path("table.csv").unlink, "table.csv removed"),
    "new film": (written("films/NORMAL/b.jpeg"), "films/NORMAL/b.jpeg added"),
    "film": (written("films/NORMAL/a.jpeg", "mlif"), "films/NORMAL/a.jpeg changed"),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_move_is_refused_and_named(name: str) -> None:
    move, found = MOVES[name]
    with pytest.raises(InputMovedError) as refused:
        do_guarded(move)
    assert refused.value.found.startswith(found)
    assert refused.value.where == "stage make@ann"
    assert "secret" not in str(refused.value)


STAYS = {
    "nothing": lambda: None,
    "other parameter": replaced("epochs: 2", "epochs: 3"),
    "other model": replaced("b: {}", "b: {x: 1}"),
    "comment": lambda: paths.PARAMS.write_text(f"# new\n{PARAMS}") and None,
    "other code": written("tasks/other/b"),
    "ignored": written("tasks/part/a.tmp"),
    "outputs": written("reports/page.html"),
    "dvc.yaml": written("dvc.yaml", "stages: {}"),  # DVC records what it had read
}


@pytest.mark.parametrize("name", STAYS)
def test_what_is_no_input_may_move(name: str) -> None:
    do_guarded(STAYS[name])


def test_parameters_that_the_work_read_count_even_if_they_were_taken_back() -> None:
    def work() -> None:
        replaced("rate: 0.1", "rate: 0.5")()
        note_params(read_yaml(paths.PARAMS.read_bytes()))
        replaced("", "")()

    with pytest.raises(InputMovedError, match=r"train\.rate"):
        do_guarded(work)


def test_outside_dvc_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_STAGE")
    do_guarded(MOVES["code"][0])


def test_a_stage_that_this_dvc_yaml_lacks_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_STAGE", "outer")
    do_guarded(MOVES["code"][0])


def test_a_model_that_was_removed_since_dvc_read_the_pipeline_is_refused() -> None:
    replaced("models: [ann, b]", "models: [b]")()
    with pytest.raises(InputMovedError, match="no item make@ann"):
        do_guarded(lambda: pytest.fail("the work must not start"))


def test_work_is_done_again_when_a_row_came_into_the_ledger() -> None:
    ledger, read = paths.TEST_LEDGER, []

    def work() -> None:
        read.append(ledger.read_text())
        if len(read) < 3:
            ledger.write_text(f"{read[-1]}row\n")

    do_guarded(work)
    assert read == ["rows\n", "rows\nrow\n", "rows\nrow\nrow\n"]


def test_a_stage_may_delete_the_summary_of_a_removed_network() -> None:
    old = paths.summary("old")
    written("dvc.yaml", PIPELINE.replace("table.csv", str(paths.SUMMARIES)))()
    old.parent.mkdir(parents=True)
    old.touch()
    runs = []

    def work() -> None:
        runs.append(old.exists())
        old.unlink(missing_ok=True)

    do_guarded(work)
    assert runs == [True, False]


def test_a_ledger_that_never_rests_is_refused() -> None:
    def work() -> None:
        with paths.TEST_LEDGER.open("a") as ledger:
            ledger.write("row\n")

    with pytest.raises(InputMovedError, match="test_ledger"):
        do_guarded(work)


def test_an_error_of_the_work_is_the_error() -> None:
    def work() -> None:
        MOVES["code"][0]()
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        do_guarded(work)


def test_a_large_single_file_is_told_by_its_size_and_time() -> None:
    with Path("films.zip").open("wb") as file:
        file.truncate(MAX_HASHED_BYTES + 1)
    before = state_of_files(["films.zip"])
    assert before["films.zip"][3] is None
    os.utime("films.zip", ns=(1, 1))
    assert state_of_files(["films.zip"]) != before


def test_both_looks_at_a_data_set_take_less_than_a_third_of_a_second() -> None:
    """5,856 films, as in Kermany's set; time of this process, as the machine may be busy."""
    for number in range(5856):
        Path(f"films/NORMAL/{number}.jpeg").touch()
    do_guarded(lambda: None)  # imports
    started_s = time.process_time()
    do_guarded(lambda: None)
    assert time.process_time() - started_s < 0.3
