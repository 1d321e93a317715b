"""Films per second of training MiniVGGNet, compared with other loops and the machine's limit.

Ours is what the stage does: batches from the image store, and the network as the stage compiles it,
with deterministic kernels and the check of the loss. Both sides have the same layers, 64 px,
batches of 32, float32, Adam and the same number of threads. They take turns, each in its own
process, in five rounds after one warm-up round. The ratio is the median over the rounds of a
rival's wall time per step divided by ours. The first step of a round fills queues and does not
count.

Run    python -m tests.benchmarks.training RIVAL     logs every round, prints the ratio
"""

import argparse
import logging
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from tasks.core.classifier import prepare_backend
from tasks.core.errors import LunglineError
from tests.films import ROOT

N_ROUNDS = 5
BATCH_SIZE = 32
SIZE_PX = 64
OURS = "ours"
AGAINST = {
    "notebook": "the training loop of Kaggle notebooks, same network and augmentation: "
    "ImageDataGenerator with zoom and vertical flip on a folder of JPEG files, decoded in each "
    "epoch (Kermany's originals, or phantoms enlarged to their size)",
    "notebook_in_memory": "the same generator on films that were decoded and scaled before",
    "pytorch": "a PyTorch loop written by hand: same network, channels last, films in memory; "
    "neither side augments",
    "limit": "the float32 product of two 2,048 x 2,048 matrices, in floating-point operations per "
    "second; nothing is augmented",
}

logger = logging.getLogger("benchmarks")


class RivalMissing(LunglineError):  # noqa: N818 - the program is correct
    """A rival that this project does not install is missing."""


def train_vs(rival: str) -> dict[str, Any]:
    """Compare with a key of AGAINST.

    Raises:
        RivalMissing: The rival is PyTorch, which is not installed.
    """
    if rival == "pytorch":
        require_pytorch()
    return {"ratio": measure(rival), "against": AGAINST[rival], "command": "make bench"}


def require_pytorch() -> None:
    """Raise `RivalMissing` if PyTorch is not installed."""
    if find_spec("torch") is None:
        raise RivalMissing(
            "the benchmark against PyTorch needs PyTorch, which this project does not install",
            found="no module torch",
            where=sys.prefix,
            next_step="run `pip install torch` in this environment, then the benchmark",
        )


def measure(rival: str) -> float:
    """Return the ratio; each side trains in its own process.

    In one process the sides disturb each other: PyTorch takes 1.6 times as long after TensorFlow
    has started.
    """
    seconds: dict[str, list[float]] = {OURS: [], rival: []}
    with ExitStack() as stack:
        sides = {name: stack.enter_context(_started(rival, name)) for name in seconds}
        for number in range(N_ROUNDS + 1):
            took = {name: _one_round(side) for name, side in sides.items()}
            figures = ", ".join(f"{name} {1000 * step_s:.0f} ms" for name, step_s in took.items())
            logger.info("round %d: %s", number, figures)
            for name, step_s in took.items() if number else ():
                seconds[name].append(step_s)
    for name, steps_s in seconds.items():
        if name != "limit":
            logger.info("%s: %.0f films/s", name, BATCH_SIZE / statistics.median(steps_s))
    pairs = zip(seconds[rival], seconds[OURS], strict=True)
    return statistics.median(theirs / own for theirs, own in pairs)


@contextmanager
def _started(rival: str, side: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that trains one round for each line of its stdin."""
    command = [sys.executable, "-m", "tests.benchmarks.training", rival, "--side", side]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()  # ends the process


def _one_round(side: "subprocess.Popen[str]") -> float:
    assert side.stdin is not None
    assert side.stdout is not None
    side.stdin.write("\n")
    side.stdin.flush()
    return float(side.stdout.readline())


def train_rounds(rival: str, side: str) -> None:
    """Train one round for each line of stdin; write the seconds per step."""
    prepare_backend()
    from tests.benchmarks.training_ways import training_way

    with training_way(rival, side) as way:
        for _ in sys.stdin:
            sys.stdout.write(f"{way()}\n")
            sys.stdout.flush()


def main() -> None:
    """Print the ratio, or serve one side."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.training")
    parser.add_argument("rival", choices=AGAINST)
    parser.add_argument("--side", help="train only this side, one round for each line of stdin")
    arguments = parser.parse_args()
    rival = arguments.rival
    logging.basicConfig(level=logging.WARNING, format="[bench] %(message)s", stream=sys.stderr)
    logger.setLevel(logging.INFO)
    if rival == "pytorch":
        require_pytorch()
    if arguments.side:
        train_rounds(rival, arguments.side)
    else:
        sys.stdout.write(f"{measure(rival)}\n")


if __name__ == "__main__":
    main()
