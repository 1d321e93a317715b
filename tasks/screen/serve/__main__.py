"""Program `screen.serve`: films in over HTTP, a live worklist out. Research, no medical device.

Reads       the model.onnx in use, as `python -m tasks.screen`; names and tokens of callers from
            --tokens FILE (a name and a token on each line) or the variable LUNGLINE_TOKENS
            (name:token,name:token)
Writes      data/screen/ (--state): worklist.sqlite, films/, audit.jsonl
Params      models, screen
Fails when  the address is not of this machine alone and there is no token; another service uses
            the state folder; the file model.onnx is damaged or of another form; or the port is
            taken
Run         python -m tasks.screen.serve --port 8000
"""

import argparse
import logging
import os
import socket
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    from datetime import datetime

    from tasks.core.film.square import Square
    from tasks.core.network.onnx_network import OnnxNetwork
    from tasks.core.network.screened_film import ScreenedFilm
    from tasks.core.params import Params
    from tasks.screen.dicom.answers import AnswerWriter
    from tasks.screen.serve.scoring_worker import AnswerHook
    from tasks.screen.serve.service import Service

_DEFAULT_HOST, _DEFAULT_PORT = "127.0.0.1", 8000


def main(arguments: argparse.Namespace) -> None:
    """Load the network, open the state folder, serve until Ctrl-C."""
    from tasks.core.params import load_params
    from tasks.screen.serve.http_server import host_names, listen, run_server
    from tasks.screen.serve.instance_lock import only_instance
    from tasks.screen.serve.service_tokens import TOKENS_VARIABLE, check_address, read_tokens

    params = load_params(paths.PARAMS)
    tokens = read_tokens(arguments.tokens, os.environ.pop(TOKENS_VARIABLE, ""))
    check_address(arguments.host, tokens)
    names = host_names(arguments.host, params.screen.service.host_names)
    with only_instance(arguments.state), closing(listen(arguments.host, arguments.port)) as place:
        service = _open_service(arguments, params)
        _say(place, bool(tokens))
        try:
            run_server(service, tokens, names, place)
        finally:
            logging.getLogger(__name__).info(
                "stopped; films that were accepted wait in %s", arguments.state
            )


def _open_service(arguments: argparse.Namespace, params: "Params") -> "Service":
    from tasks.core.network.engine import Engine
    from tasks.core.network.onnx_network import load_network, network_path
    from tasks.screen.serve.service import open_service
    from tasks.screen.worklist import facts_of
    from tasks.screen.worklist_page import render_worklist

    network = load_network(network_path(arguments.model, params))
    logger = logging.getLogger(__name__)
    logger.info("network %s, seal %s", network.title, network.sha256)
    for warning in network.warnings:
        logger.warning("%s", warning)
    page = render_worklist([], {}, facts_of(network, "", is_live=True))
    answer = _answers(network, arguments.state / "answers")
    return open_service(arguments.state, Engine(network), page, params.screen.service, answer)


def _answers(network: "OnnxNetwork", folder: Path) -> "AnswerHook":
    """What writes the answers of films that came by DICOM; it needs its packages only then."""

    @cache
    def writer() -> "AnswerWriter":
        from tasks.screen.dicom.answers import AnswerWriter

        return AnswerWriter(network, folder)

    def write(
        data: bytes, screened: "ScreenedFilm", square: "Square | None", scored_at: "datetime"
    ) -> None:
        writer().write(data, screened, square, scored_at)

    return write


def _say(place: socket.socket, has_tokens: bool) -> None:
    host, port = place.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    logger = logging.getLogger(__name__)
    if not has_tokens:
        logger.warning("no tokens: everybody on this machine may send, see and sign off films")
    logger.info("http://%s:%d/ (routes: /api)", shown, port)


def _arguments(parser: argparse.ArgumentParser) -> None:
    host, port, state = _DEFAULT_HOST, _DEFAULT_PORT, paths.SCREEN_STATE
    parser.add_argument("--host", default=host, help=f"address to listen on (default {host})")
    parser.add_argument(
        "--port", type=int, default=port, help=f"port (default {port}); 0: any free one"
    )
    parser.add_argument("--state", type=Path, default=state, help=f"folder (default {state})")
    parser.add_argument("--model", help="a name from `models`, or a model.onnx")
    parser.add_argument("--tokens", type=Path, help="file of names and tokens, rights 600")


if __name__ == "__main__":
    stage.run_program("screen.serve", __doc__, main, _arguments)
