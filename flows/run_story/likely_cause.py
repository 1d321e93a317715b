"""The likely cause of a failed stage and its next step, from a small table of known causes."""

import re
from dataclasses import dataclass

from flows.outcome import StageOutcome, describe_failure


@dataclass(frozen=True)
class KnownCause:
    """A cause of failures.

    Attributes:
        sign: Pattern of the failure's reason or last lines; the first cause that matches counts.
        cause: What happened, in one sentence.
        next_step: What to do about it.
    """

    sign: re.Pattern[str]
    cause: str
    next_step: str


def _known(sign: str, cause: str, next_step: str) -> KnownCause:
    return KnownCause(re.compile(sign, re.IGNORECASE | re.DOTALL), cause, next_step)


KNOWN_CAUSES = (
    _known(
        r"no space left on device|ENOSPC|disk quota exceeded",
        "The disk is full.",
        "Make room (`dvc gc --workspace` drops old results from the cache), then run it again.",
    ),
    _known(
        r"killed by SIGKILL|exited with 137\b|MemoryError|out of memory|"
        r"resource ?exhausted|Cannot allocate memory",
        "The stage was killed, most likely because the memory was full.",
        "See `journalctl -k | grep -i oom`; lower `--max-workers` or `train.batch_size`.",
    ),
    _known(
        r"must stay as they are while it runs",
        "A parameter, code or film changed while the stage ran, so its result was refused.",
        "Run it again with the inputs of now; edit in another clone while a run is in progress.",
    ),
    _known(
        r"it ended, and then its code, parameters or data changed",
        "An input was edited after the stage had ended. Its result is recorded with the former"
        " inputs and stays in DVC's cache, but it is not that of the files that are here now.",
        "Run it again with the inputs of now; edit in another clone while a run is in progress.",
    ),
    _known(
        r"did not end within",
        "The stage stalled or needs more time than its limit.",
        "See the last lines; raise `meta: timeout_minutes` of the stage in dvc.yaml if it is slow.",
    ),
    _known(
        r"every expectation of severity|expectation .* must pass",
        "The data gate refused the films: a rule of `validate` is broken.",
        "Open the page of `validate`; mend the films, or change the limit in params.yaml.",
    ),
    _known(
        r"DVC waits for a process that is no DVC|waited too long for the processes|"
        r"unable to acquire lock|RWLock-file",
        "A lock of DVC is held, perhaps by a process that has ended long ago.",
        "If no DVC runs here, remove .dvc/tmp/rwlock and run it again.",
    ),
    _known(
        r"read-only file system|permission denied",
        "The run may not write in this folder.",
        "Give its user the right to write here, or run it in a clone of its own.",
    ),
    _known(
        r"missing data 'source'|\[Errno 2\].*(?:kaggle|films|source)|no films|no such file.*data/",
        "Films or another source of the stage are missing.",
        "`make phantom` draws the synthetic films; `dvc pull` fetches what DVC tracks.",
    ),
)


def explain_failure(outcome: StageOutcome) -> str:
    """Describe a failure for a terminal: its last lines, then the likely cause and next step."""
    known = likely_cause(outcome)
    more = f"\nlikely cause: {known.cause}\nnext step: {known.next_step}" if known else ""
    return describe_failure(outcome) + more


def likely_cause(outcome: StageOutcome) -> KnownCause | None:
    """Find the cause of a failure; None if it is not in the table."""
    text = "\n".join([outcome.detail, *outcome.last_lines])
    return next((known for known in KNOWN_CAUSES if known.sign.search(text)), None)
