"""A reader sees the old file or the new file, never half of one."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.atomic import atomic_path, read_json, write_json, write_text
from tests.films import stage_environment


class SomethingFailedError(Exception):
    pass


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_parents_are_made_and_no_temporary_file_stays(tmp_path: Path) -> None:
    write_text(tmp_path / "a/b/page.html", "é\n")
    assert (tmp_path / "a/b/page.html").read_bytes() == b"\xc3\xa9\n"
    assert names(tmp_path / "a/b") == ["page.html"]


def test_line_ends_are_written_as_given(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", "a\nb\n")
    assert (tmp_path / "page.html").read_bytes() == b"a\nb\n"


def test_an_exception_leaves_the_old_file_and_no_temporary_file(tmp_path: Path) -> None:
    target = tmp_path / "table"
    write_text(target, "old")
    with pytest.raises(SomethingFailedError), atomic_path(target) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise SomethingFailedError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["table"]


def test_an_exception_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "store"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(SomethingFailedError), atomic_path(target) as temporary:  # noqa: PT012
        temporary.mkdir()
        (temporary / "half").touch()
        raise SomethingFailedError
    assert names(target) == ["old"]
    assert names(tmp_path) == ["store"]


def test_the_old_file_is_readable_until_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "table"
    write_text(target, "old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_a_folder_replaces_all_files_of_a_folder(tmp_path: Path) -> None:
    target = tmp_path / "store"
    for name in ("first", "second"):
        with atomic_path(target) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert names(target) == ["second"]
    assert names(tmp_path) == ["store"]


def test_a_folder_replaces_a_file_and_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").touch()
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("file", "link"):
        with atomic_path(tmp_path / name) as temporary:
            temporary.mkdir()
        assert (tmp_path / name).is_dir()
    assert not (tmp_path / "link").is_symlink()
    assert names(tmp_path / "elsewhere") == ["kept"]


def test_a_block_that_writes_nothing_is_an_error_and_keeps_the_old_file(tmp_path: Path) -> None:
    write_text(tmp_path / "table", "old")
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "table"):
        pass
    assert (tmp_path / "table").read_text() == "old"


WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from tasks.core.atomic import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.mkdir()
    (temporary / "half").write_text("half")
    print("inside", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_kill_leaves_the_old_folder_and_the_next_run_tidies_up(
    tmp_path: Path,
) -> None:
    target = tmp_path / "store"
    target.mkdir()
    (target / "old").touch()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_WAIT, str(target)],
        env=stage_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "inside\n"
        os.kill(writer.pid, signal.SIGKILL)
    assert names(target) == ["old"]
    assert len(names(tmp_path)) == 2  # the second is the hidden folder of the killed run
    with atomic_path(target) as temporary:
        temporary.mkdir()
    assert names(tmp_path) == ["store"]


def ended_process() -> int:
    """Number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_next_run_removes_leftovers_of_ended_processes_only(tmp_path: Path) -> None:
    ended = ended_process()
    others = [f".table.parquet.{ended}.part", "table.part", f".table2.{ended}.part"]
    for name in [*others, f".table.{ended}.part", f".table.{ended}.former.part"]:
        (tmp_path / name).touch()
    write_text(tmp_path / "table", "new")
    assert names(tmp_path) == sorted(["table", *others])


def test_a_leftover_with_our_own_process_number_is_removed(tmp_path: Path) -> None:
    (tmp_path / f".table.{os.getpid()}.part").mkdir()  # an older process had the same number
    write_text(tmp_path / "table", "new")
    assert names(tmp_path) == ["table"]


def test_a_process_of_another_user_counts_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(pid: int, number: int) -> None:
        raise PermissionError(pid, number)

    monkeypatch.setattr(os, "kill", deny)
    (tmp_path / ".table.7.part").touch()
    write_text(tmp_path / "table", "new")
    assert names(tmp_path) == [".table.7.part", "table"]


WRITE_ON_SIGN = """
import sys
from pathlib import Path
from tasks.core.atomic import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.mkdir()
    (temporary / "first").write_text(sys.argv[2])
    print("inside", flush=True)
    sys.stdin.readline()
    (temporary / "second").write_text(sys.argv[2])
"""


def test_two_processes_that_write_one_folder_do_not_remove_each_others_work(
    tmp_path: Path,
) -> None:
    target = tmp_path / "store"
    writers = []
    for name in "ab":
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE_ON_SIGN, str(target), name],
            env=stage_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "inside\n"  # both are inside at the same time
        writers.append(writer)
    for writer in writers:
        assert writer.communicate("\n") == ("", "")
        assert writer.returncode == 0
    assert names(target) == ["first", "second"]
    assert (target / "first").read_text() == (target / "second").read_text() == "b"
    assert names(tmp_path) == ["store"]


REPLACE_OFTEN = """
import sys
from pathlib import Path
from tasks.core.atomic import atomic_path
for _ in range(300):
    with atomic_path(Path(sys.argv[1])) as temporary:
        temporary.mkdir()
        (temporary / "whole").touch()
"""


def test_two_processes_replace_one_folder_many_times_without_an_error(tmp_path: Path) -> None:
    program = [sys.executable, "-c", REPLACE_OFTEN, str(tmp_path / "store")]
    environment = stage_environment()
    writers = [subprocess.Popen(program, env=environment, stderr=subprocess.PIPE) for _ in "ab"]
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
    assert names(tmp_path / "store") == ["whole"]
    assert names(tmp_path) == ["store"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_json_refuses_nan_and_infinity_and_keeps_the_old_file(
    tmp_path: Path, number: float
) -> None:
    target = tmp_path / "metrics.json"
    write_json(target, {"auroc": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(target, {"auroc": {"value": number}})
    assert read_json(target) == {"auroc": 0.5}


def test_json_is_written_in_one_form(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    assert (tmp_path / "a.json").read_bytes() == '{\n  "b": 1,\n  "a": "é"\n}\n'.encode()
