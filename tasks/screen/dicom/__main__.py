"""Receive films from modalities by DICOM, and send the answers to the archive.

It answers C-ECHO, and takes radiographs by C-STORE into the queue of the service. The service,
`python -m tasks.screen.serve` on the same state folder, scores them and writes the answers: a
Structured Report, and a Secondary Capture with the heat map. This program sends them to the
archive. Success tells a modality that the film is on the disk.

An application entity title is no password, and DICOM is not encrypted here: on a network, let only
the modalities and the archive reach the port, or use a tunnel. Research software, no medical
device.

Reads       params.yaml, the answers
Writes      the state folder: worklist.sqlite, films/; answers that were sent are deleted
Params      screen.show_identity, screen.dicom
Fails when  a package of the extra `dicom` is missing; the host is not this machine and
            screen.dicom.callers is empty; the port is taken; the state folder is another program's
Run         python -m tasks.screen.dicom --host 127.0.0.1 --port 11112 --ae-title LUNGLINE
"""

import argparse
import logging
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:  # imported where they are used, so that `--help` answers at once
    from tasks.core.params.screening import DicomParams
    from tasks.screen.dicom.archive_sender import ArchiveSender
    from tasks.screen.dicom.film_receiver import FilmReceiver


def _arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the receiver."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=int, default=11112, help="port (default 11112); 0: any free one"
    )
    parser.add_argument(
        "--ae-title",
        type=_title,
        default="LUNGLINE",
        help="our application entity title (default LUNGLINE); who calls another is turned away",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=paths.SCREEN_STATE,
        metavar="FOLDER",
        help=f"state folder, the same as that of the service (default {paths.SCREEN_STATE})",
    )
    parser.add_argument(
        "--answers", type=Path, metavar="FOLDER", help="default: `answers` in the state folder"
    )
    parser.add_argument(
        "--send-to", metavar="HOST:PORT:AET", help="archive that gets the answers; else they wait"
    )


def _title(text: str) -> str:
    from tasks.screen.dicom.peer_address import is_ae_title

    if not is_ae_title(text):
        raise argparse.ArgumentTypeError("1 to 16 ASCII characters without a backslash")
    return text


def main(arguments: argparse.Namespace) -> None:
    """Receive and send until the program is told to stop."""
    from tasks.core.params import load_params
    from tasks.screen.dicom.dicom_packages import require_packages

    require_packages()
    from tasks.screen.dicom.film_intake import FilmIntake
    from tasks.screen.dicom.film_receiver import FilmReceiver
    from tasks.screen.serve.film_queue import FilmQueue

    params = load_params(paths.PARAMS).screen
    check_callers(arguments.host, params.dicom)
    sender = _sender(arguments, params.dicom)
    queue = FilmQueue(arguments.state, params.service.max_waiting)
    intake = FilmIntake(queue, params.show_identity)
    receiver = FilmReceiver(intake, params.dicom, arguments.ae_title)
    port = _listen(receiver, arguments)
    log = logging.getLogger(__name__)
    _say(arguments, port)
    _wait(sender)
    receiver.stop()
    log.info("stopped; films that were accepted wait in %s", arguments.state)


def _say(arguments: argparse.Namespace, port: int) -> None:
    log = logging.getLogger(__name__)
    log.info("%s listens on %s port %d", arguments.ae_title, arguments.host, port)
    state = arguments.state
    log.info("films go to %s; `python -m tasks.screen.serve --state %s` scores them", state, state)
    answers = arguments.answers or state / "answers"
    log.info("answers go from %s to %s", answers, arguments.send_to or "nobody: no --send-to")


def _listen(receiver: "FilmReceiver", arguments: argparse.Namespace) -> int:
    from tasks.core.errors import ScreeningError

    try:
        return receiver.start(arguments.host, arguments.port)
    except OSError as error:
        raise ScreeningError(
            "the receiver needs a port of its own",
            found=str(error.strerror or error),
            where=f"{arguments.host} port {arguments.port}",
            next_step="name another --port, or stop the program that uses it",
        ) from error


def check_callers(host: str, limits: "DicomParams") -> None:
    """Refuse to listen to a network without a list of senders.

    Raises:
        ScreeningError: The host is not this machine, and no caller is named.
    """
    from tasks.core.errors import ScreeningError
    from tasks.screen.dicom.peer_address import is_this_machine

    if not is_this_machine(host) and not limits.callers:
        raise ScreeningError(
            "a receiver that other machines reach must know who may send",
            found=f"--host {host}, and an empty list",
            where="params.yaml: screen.dicom.callers",
            next_step="list the AE titles of your modalities there, or leave --host out",
        )


def _sender(arguments: argparse.Namespace, limits: "DicomParams") -> "ArchiveSender | None":
    from tasks.screen.dicom.answer_outbox import AnswerOutbox
    from tasks.screen.dicom.archive_sender import ArchiveSender
    from tasks.screen.dicom.peer_address import read_peer

    if arguments.send_to is None:
        return None
    outbox = AnswerOutbox(arguments.answers or arguments.state / "answers")
    archive = read_peer(arguments.send_to)
    return ArchiveSender(outbox, archive, arguments.ae_title, limits.timeout_s)


def _wait(sender: "ArchiveSender | None") -> None:
    """Send answers until SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if sender is None:
        stop.wait()
    else:
        sender.run(stop)


if __name__ == "__main__":
    stage.run_program("screen.dicom", __doc__, main, _arguments)
