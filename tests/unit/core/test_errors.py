"""Errors keep all their parts, also when another process raises them."""

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from flows.dag import FlowError
from flows.publish.errors import PublishError
from tasks.core import errors
from tasks.core.errors import CONTINUED, LunglineError, printable
from tasks.core.film.errors import FilmError
from tasks.core.html.inline_pictures import PictureError
from tasks.ingest.manifest import UnknownLayoutError
from tasks.monitor.film_log import MonitorStateError
from tasks.monitor.inbox_films import InboxError
from tasks.monitor.reference_file import ReferenceFileError
from tasks.report.compliance.checklist import ComplianceError
from tasks.screen.serve.film_queue import QueueFull
from tasks.screen.serve.problems import Refusal
from tests.films import ROOT


def kinds(base: type[LunglineError] = LunglineError) -> Iterator[type[LunglineError]]:
    """The classes of the product that are imported, here or by another test."""
    if base.__module__.partition(".")[0] in FOLDERS:
        yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def make(kind: type[LunglineError]) -> LunglineError:
    if issubclass(kind, Refusal):
        return kind(413, "a rule", found="two", next_step="repair it")
    return kind("a rule", **PARTS)


FOLDERS = ("tasks", "flows")
SEEN_ELSEWHERE = {
    kind.__name__
    for kind in (
        *(ComplianceError, FlowError, InboxError, MonitorStateError, PictureError, PublishError),
        *(QueueFull, ReferenceFileError, Refusal, UnknownLayoutError),
    )
}
PARTS = {"found": "two", "where": "a file: row 3", "next_step": "repair it"}


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_parts_when_pickled(kind: type[LunglineError]) -> None:
    error = make(kind)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - as a worker process sends it
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
    assert (copy.rule, copy.found, copy.next_step) == ("a rule", "two", "repair it")


def test_the_tests_cover_every_class_of_the_project() -> None:
    bases = {kind.__name__ for kind in kinds()}
    named = re.compile(rf"^class (\w+)\((?:{'|'.join(sorted(bases))})\)", re.MULTILINE)
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    found = {name for file in files for name in named.findall(file.read_text("utf-8"))}
    assert found | {"LunglineError"} == bases
    assert found > SEEN_ELSEWHERE


def test_the_message_has_rule_found_where_and_next_step_in_this_order() -> None:
    lines = str(LunglineError("a rule", **PARTS)).splitlines()
    assert lines == [
        "a rule",
        "  found: two",
        "  where: a file: row 3",
        "  next:  repair it",
    ]


def test_all_four_parts_are_required() -> None:
    with pytest.raises(TypeError):
        LunglineError("a rule", found="x", where="y")  # type: ignore[call-arg]


HOSTILE = "a\x1b[2J\r\u202e\u2066\x9b\x07\ud8ff\x00b\n  next:  rm -rf /"


def test_characters_that_a_terminal_obeys_are_escaped_in_every_part() -> None:
    error = LunglineError(HOSTILE, found=HOSTILE, where=HOSTILE, next_step=HOSTILE)
    text = str(error)
    assert all(char.isprintable() for char in text.replace("\n", ""))
    assert [line.split(":")[0] for line in text.splitlines()[1:]] == [
        "  found",
        "  where",
        "  next",
    ]
    assert error.found == printable(HOSTILE)
    assert str(pickle.loads(pickle.dumps(error))) == text  # noqa: S301 - as a worker sends it
    text.encode()


LOG = """
import logging
from tasks.core import stage
name = "a\\x1b[2J\\n[ingest] all is well.png"
stage.run("ingest", "doc", lambda _: logging.getLogger("tasks.x").info("%s: read", name))
"""


def test_a_log_line_with_the_name_of_a_file_is_one_line() -> None:
    end = subprocess.run(
        [sys.executable, "-c", LOG], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert end.stderr == "[ingest] a\\x1b[2J\\n[ingest] all is well.png: read\n"


def test_letters_of_any_language_and_further_lines_stay() -> None:
    name = "Жанна Ñandú 胸部X線 مستشفى\\n"
    error = LunglineError("a rule", found=f"{name}{CONTINUED}two", where=name, next_step=name)
    assert error.found == f"{name}{CONTINUED}two"
    assert printable(name) == name


def fail(_: int) -> None:
    raise errors.SourceError("a rule", **PARTS)


def test_an_error_reaches_the_parent_of_a_spawned_process() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(errors.SourceError, match="found: two"),
    ):
        pool.submit(_raise_in_worker).result(timeout=60)


def _raise_in_worker() -> None:
    fail(0)


def test_a_film_error_keeps_its_reason_when_pickled() -> None:
    copy = pickle.loads(pickle.dumps(FilmError("bomb", "9 x 9 px")))  # noqa: S301
    assert (copy.reason, copy.args) == ("bomb", ("bomb", "9 x 9 px"))
