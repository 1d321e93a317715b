"""The outcome of a stage is read from what DVC prints."""

from pathlib import Path

import pytest

from flows.dvc_output import own_last_lines, read_lines, read_outcome

FAILED_RUN = """\
Running stage 'train@b':
> exec python -m tasks.train --model b

epoch 1
epoch 2
ValueError: no films
ERROR: failed to reproduce 'train@b': failed to run: exec python -m tasks.train, exited with 3
""".splitlines()
LOG = Path("x.log")


@pytest.mark.parametrize(
    ("message", "status", "detail"),
    [
        ("Stage 'train@b' didn't change, skipping", "cached", "up-to-date"),
        ("'raw.txt.dvc' didn't change, skipping", "cached", "up-to-date"),
        (
            "Stage 'train@b' is cached - skipping run, checking out outputs",
            "cached",
            "run-cache",
        ),
        ("Running stage 'train@b':", "ran", ""),
        ("Verifying data sources in stage: 'raw.txt.dvc'", "ran", ""),
    ],
)
def test_the_outcome_follows_the_message_of_dvc(message, status, detail):
    outcome = read_outcome("s", 0, ["WARNING: something", message], 1.0, LOG)
    assert (outcome.status, outcome.detail) == (status, detail)


def test_output_of_the_stage_is_not_taken_for_a_message_of_dvc():
    lines = ["Running stage 'train':", "> exec python x", "Stage 'train' didn't change, skipping"]
    assert read_outcome("train", 0, lines, 1.0, LOG).status == "ran"


def test_last_lines_are_those_of_the_stage():
    outcome = read_outcome("train@b", 255, FAILED_RUN, 1.0, LOG)
    assert outcome.detail == "exited with 3"
    assert outcome.last_lines == ("epoch 1", "epoch 2", "ValueError: no films")


def test_a_stage_that_a_signal_ended_says_so():
    lines = [*FAILED_RUN[:-1], FAILED_RUN[-1].replace("with 3", "with -9")]
    assert read_outcome("train@b", 255, lines, 1.0, LOG).detail == "killed by SIGKILL"


def test_the_number_of_last_lines_is_limited():
    assert own_last_lines(FAILED_RUN, 2) == ("epoch 2", "ValueError: no films")


def test_a_stage_that_never_started_has_the_lines_of_dvc():
    lines = ["ERROR: failed to reproduce 'prepare': missing data 'source': raw.txt"]
    outcome = read_outcome("prepare", 255, lines, 1.0, LOG)
    assert outcome.detail == "missing data 'source': raw.txt"
    assert outcome.last_lines == tuple(lines)


def test_a_killed_dvc_is_reported_with_its_signal():
    lines = ["Running stage 'train':", "> exec python x", "epoch 1"]
    outcome = read_outcome("train", -9, lines, 1.0, LOG)
    assert (outcome.detail, outcome.last_lines) == ("killed by SIGKILL", ("epoch 1",))


def test_only_the_last_state_of_a_progress_bar_is_kept(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"10%\r50%\r100%\r\nd\xc3\xa9j\xc3\xa0 \xff\n")
    assert read_lines(log) == ["100%", "déjà �", ""]
