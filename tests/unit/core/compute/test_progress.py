"""Long work shows a bar on a terminal and a few lines elsewhere."""

import logging
import os
import re
import subprocess
import sys
import time

import pytest

from tasks.core.compute import progress
from tasks.core.compute.progress import Progress
from tests.films import ROOT

LOGGER = "tasks.core.compute.progress"
WORK = """
import time
from tasks.core.compute.progress import Progress
with Progress(4, unit="films", label="network 2 of 3") as progress:
    for number in range(4):
        time.sleep(0.15)
        progress.advance(note=f"loss {number}")
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="the system has no pseudo-terminals")
def test_a_terminal_shows_a_bar_that_is_removed_at_the_end() -> None:
    import termios

    ours, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 120))
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        check=True,
    )
    os.close(terminal)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    bars = shown.decode().split("\r")
    assert done.stdout == "done\n"
    assert any(re.search(r"network 2 of 3: .*\| [1-3]/4 .*films/s, loss \d", bar) for bar in bars)
    assert not bars[-1].strip()  # the last thing written clears the line


def test_a_pipe_shows_no_bar_and_short_work_is_silent() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("n_before", "line"),
    [(0, "20 of 100 epochs, 2/s, 40 s left"), (60, "80 of 100 epochs, 2/s, 10 s left")],
)
def test_a_log_line_states_count_rate_time_left_and_note(
    n_before: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.0)
    with (
        caplog.at_level(logging.INFO, logger=LOGGER),
        Progress(100, unit="epochs", label="network 2 of 3", n_before=n_before) as epochs,
    ):
        epochs._start_s -= 10  # as if the 20 epochs of this run had taken 10 s
        epochs.advance(20, note="loss 0.25")
    assert caplog.messages == [f"network 2 of 3: {line}, loss 0.25"]


def test_the_last_piece_writes_no_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.0)
    with caplog.at_level(logging.INFO, logger=LOGGER), Progress(3, unit="films") as films:
        for _ in range(3):
            films.advance()
    assert [line.split(",")[0] for line in caplog.messages] == ["1 of 3 films", "2 of 3 films"]
    assert films.n_done == 3


def test_lines_are_at_least_the_stated_time_apart(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.2)
    start_s = time.monotonic()
    with caplog.at_level(logging.INFO, logger=LOGGER), Progress(1000, unit="films") as films:
        for _ in range(100):
            films.advance()
            time.sleep(0.005)
    took_s = time.monotonic() - start_s
    assert 1 <= len(caplog.messages) <= took_s / 0.2


def _read(terminal: int) -> bytes:
    """Some bytes of a pseudo-terminal; none when its other end is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux raises EIO at the end
        return b""
