"""Command line, log and exit code of every stage's `__main__`.

This module imports the standard library only, itself and through others of `core`, so that
`python -m tasks.<stage> --help` is fast.
"""

import argparse
import ctypes
import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping

from tasks.core.errors import LunglineError, printable
from tasks.core.input_guard.guarded_work import do_guarded
from tasks.core.stale_pages import mark_pages

PR_SET_PDEATHSIG = 1  # Source: prctl(2), linux/prctl.h
# Variables that can change numbers or pictures: threads and kernels of the numeric libraries,
# compiler flags, debugging switches. A stage runs as if they were not set.
_HARMFUL = (
    *("BLIS_", "GOTO_", "KMP_", "MKL_", "NPY_", "NUMEXPR_", "OMP_", "OPENBLAS_", "VECLIB_"),
    *("JAX_", "KERAS_MAX_", "KERAS_NNX_", "MATPLOTLIBRC", "MPL", "NVIDIA_TF32_", "TF_", "XLA_"),
    *("PYTHONWARNINGS", "TORCH_", "PYTORCH_"),
)
_HARMLESS = (  # messages, memory, and the choice of a device
    *("JAX_PLATFORM", "PYTORCH_ALLOC", "PYTORCH_CUDA_ALLOC", "TF_CPP_", "TF_FORCE_GPU_ALLOW"),
    *("TF_GPU_ALLOCATOR", "TORCH_HOME", "XLA_PYTHON_CLIENT", "MPLCONFIGDIR"),
)
_OURS = {"MATPLOTLIBRC": os.devnull, "MPLBACKEND": "agg", "TZ": "UTC"}

Work = Callable[[argparse.Namespace], None]


def run(
    stage: str,
    doc: str | None,
    work: Work,
    *,
    per_model: bool = False,
    per_cohort: bool = False,
    options: Mapping[str, str] | None = None,
) -> None:
    """Run one stage as a program and exit with its code.

    Pages that depend on the stage are marked as out of date before it begins. If DVC runs it and an
    input changes meanwhile, it fails, so that DVC records nothing.

    Args:
        stage: Name of the stage, as in dvc.yaml.
        doc: Module docstring of the stage; `--help` prints it.
        work: Function that does the work. It imports heavy packages inside.
        per_model: Whether the stage takes `--model NAME`.
        per_cohort: Whether the stage takes `--cohort NAME`.
        options: Further options that must be given, each with its help.

    Exit code: 0 success; 1 a rule was broken (one message on stderr); 130 interrupted.
    """
    taken = {"model": "a name from `models` in params.yaml"} if per_model else {}
    taken |= {"cohort": "a key of `evaluate.external`"} if per_cohort else {}
    parser = _parser(stage, doc)
    for name, text in (taken | dict(options or {})).items():
        parser.add_argument(f"--{name}", required=True, help=text)

    def marked(arguments: argparse.Namespace) -> None:
        mark_pages(stage, vars(arguments).get("model") or vars(arguments).get("cohort"))
        do_guarded(lambda: work(arguments))

    _run(stage, parser, marked)


def run_program(
    name: str,
    doc: str | None,
    work: Work,
    add_arguments: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Run a program that is no stage: it has arguments of its own, and makes no page older.

    Args:
        name: Name of the program: `screen.serve` is `python -m tasks.screen.serve`.
        doc: Module docstring of the program; `--help` prints it.
        work: Function that does the work. It imports heavy packages inside.
        add_arguments: Adds the arguments to the parser.

    Exit code: as `run`.
    """
    parser = _parser(name, doc)
    add_arguments(parser)
    _run(name, parser, work)


def _run(stage: str, parser: argparse.ArgumentParser, work: Work) -> None:
    arguments = parser.parse_args()
    read_names_as_utf8()
    clean_environment()
    end_with_parent()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Printable(f"[{stage}] %(message)s"))
    logging.basicConfig(handlers=[handler], force=True)
    for ours in ("tasks", "__main__"):  # other libraries log warnings and errors only
        logging.getLogger(ours).setLevel(logging.INFO)
    try:
        work(arguments)
    except LunglineError as error:
        sys.exit(f"[{stage}] ERROR: {error}")
    except KeyboardInterrupt:
        logging.getLogger(__name__).error("interrupted; no half-written file is left")
        sys.exit(130)
    except json.JSONDecodeError as error:
        sys.exit(
            f"[{stage}] ERROR: a JSON file that a stage reads must be complete\n"
            f"  found: {error}; the file begins {printable(error.doc[:60])}\n"
            f"  where: a file under Reads, see `python -m tasks.{_module(stage)} --help`\n"
            "  next:  delete it and run `dvc repro`, which writes it again"
        )
    except OSError as error:
        if error.errno is None:
            raise
        sys.exit(
            f"[{stage}] ERROR: a stage must be able to read and write its files\n"
            f"  found: {error.strerror}\n"
            f"  where: {printable(str(error.filename or 'unknown; `df -h .` shows the space'))}\n"
            "  next:  correct the space, permission or path, then run the stage again; no"
            " half-written file is left"
        )


def _module(stage: str) -> str:
    return stage.replace("-", ".")


def _parser(stage: str, doc: str | None) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=f"python -m tasks.{_module(stage)}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def clean_environment() -> None:
    """Remove variables that can change a result, before any library reads them.

    Worker processes inherit the rest. `-W error` would turn a library's warning into a failure.
    """
    for name in list(os.environ):
        if name.startswith(_HARMFUL) and not name.startswith(_HARMLESS):
            del os.environ[name]
    os.environ.update(_OURS)
    if sys.warnoptions:
        sys.warnoptions.clear()
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning):
            warnings.simplefilter("ignore", category)
        warnings.simplefilter("ignore", ResourceWarning)


def read_names_as_utf8() -> None:
    """Start this program again in UTF-8 mode if the locale has another encoding.

    The names of files, which tables hold, and the texts of files would be read in that encoding.
    """
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        sys.stdout.flush()
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the same program, no shell


class _Printable(logging.Formatter):
    """Print a message with the name of a file as one line that a terminal does not obey."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = printable(record.message)
        return super().formatMessage(record)


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent ends.

    Without this, the command of a killed `dvc repro` would continue and write the same outputs as
    the next run.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # the parent ended before the request
        sys.exit(143)
