"""Screen films into a folder: `worklist.csv`, `worklist.html` and the journal."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths
from tasks.core.errors import ScreeningError
from tasks.core.network.engine import Engine
from tasks.core.network.screened_film import GROUPS
from tasks.core.params import Params
from tasks.core.source.location import shown_location
from tasks.screen.film_screening import screen_films
from tasks.screen.given_films import GivenFile, open_given
from tasks.screen.journal import Journal, only_screening
from tasks.screen.worklist_table import write_worklist

if TYPE_CHECKING:
    from tasks.core.network.onnx_network import OnnxNetwork
    from tasks.screen.worklist_page import WorklistFacts

_N_LOGGED = 3  # films that the log names

logger = logging.getLogger(__name__)


def screen_to_folder(
    locations: Sequence[str], network: "OnnxNetwork", folder: Path, params: Params
) -> None:
    """Screen all files of some places, and write the worklist.

    Args:
        locations: Files, folders, zips and URLs.
        network: From `load_network`.
        folder: Where the answers go.
        params: All sections.

    Raises:
        ScreeningError: A place or the folder cannot be used, or the places hold no file.
    """
    for warning in network.warnings:
        logger.warning("%s", warning)
    _check_apart(locations, folder)
    files = _list(locations)
    logger.info("network %s, seal %s", network.title, network.sha256)
    with (
        only_screening(folder),
        _open_journal(folder, network) as journal,
        _telling_what_is_done(journal, len(files)),
    ):
        screen_films(files, locations, Engine(network), journal, params.compute)
        write_worklist(paths.worklist_csv(folder), journal.films(), network.classes)
        _log_answers(journal, folder)
        _write_page(locations, network, folder, journal, params.screen.n_pictures)
        logger.info("the same with pictures: %s", paths.worklist_html(folder))


@contextmanager
def _telling_what_is_done(journal: Journal, n_files: int) -> Iterator[None]:
    """Say at Ctrl-C what the next run need not do."""
    try:
        yield
    except KeyboardInterrupt:
        logger.warning(
            "stopped: %d of %d films are done (heat maps: %d); the same command goes on from there",
            sum(journal.counts().values()),
            n_files,
            journal.n_heats(),
        )
        raise


def _log_answers(journal: Journal, folder: Path) -> None:
    """Show the first films to read, and how many files are in each group."""
    for film in islice(journal.films(), _N_LOGGED):
        chance = "" if film.prob_finding is None else f", finding {film.prob_finding:.3f}"
        logger.info("%s: %s%s", film.path, film.what_to_do(), chance)
    for group, n_files in journal.counts().items():
        logger.info("%6d  %s", n_files, GROUPS[group])
    logger.info("written: %s", paths.worklist_csv(folder))


def _open_journal(folder: Path, network: "OnnxNetwork") -> Journal:
    return Journal(paths.screening_journal(folder), network.sha256, is_writer=True)


def _list(locations: Sequence[str]) -> list[GivenFile]:
    with open_given(locations) as given:  # closed again before other processes start
        files = given.files()
    if not files:
        raise ScreeningError(
            "FILMS must hold at least one file",
            found="no file at all",
            where=", ".join(locations),
            next_step="name the folder or zip that holds the films",
        )
    return files


def _check_apart(locations: Sequence[str], folder: Path) -> None:
    """The folder of the answers must not lie among the films, or the next run would read it."""
    answers = _resolved(folder, "--out")
    for location in locations:
        if "://" not in location and answers.is_relative_to(_resolved(Path(location), "FILMS")):
            raise ScreeningError(
                "the folder of the answers must lie outside of FILMS",
                found=f"{folder} in {location}",
                where="--out",
                next_step="name another folder with --out",
            )


def _resolved(path: Path, argument: str) -> Path:
    """A path without links; a loop of links has none (Python 3.13 and later raise OSError)."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise ScreeningError(
            "each path must lead to a file or folder",
            found=f"{path}, a link that leads back to itself",
            where=argument,
            next_step="name the file or folder itself, not the link",
        ) from error


def _write_page(
    locations: Sequence[str], network: "OnnxNetwork", folder: Path, journal: Journal, n_shown: int
) -> None:
    """Write worklist.html, with pictures of the most urgent films."""
    from tasks.core.atomic import write_text
    from tasks.screen.worklist_page import MOST_ROWS, render_worklist
    from tasks.screen.worklist_pictures import draw_pictures

    films = list(islice(journal.films(), MOST_ROWS))
    with open_given(locations) as given:
        pictures = draw_pictures(films[:n_shown], given, network, journal)
    source = ", ".join(map(shown_location, locations))
    page = render_worklist(films, pictures, facts_of(network, source), journal.counts())
    write_text(paths.worklist_html(folder), page)


def facts_of(network: "OnnxNetwork", source: str, *, is_live: bool = False) -> "WorklistFacts":
    """What the page says of a network.

    Args:
        network: From `load_network`.
        source: What was screened, in words; "" for the service.
        is_live: Whether it is the page of the service.
    """
    from tasks.screen.worklist_page import WorklistFacts

    decision = network.decision
    points = {point.name: point for point in decision.operating_points}
    point = points.get(decision.operating_point or "")
    return WorklistFacts(
        model=network.model,
        version=network.version,
        model_sha256=network.sha256,
        classes=network.classes,
        negative_class=decision.negative_class,
        operating_point=decision.operating_point,
        operating_rule=point.rule if point else "",
        threshold=decision.threshold,
        sensitivity=point.sensitivity if point else None,
        specificity=point.specificity if point else None,
        measured_on="validation",
        coverage=decision.conformal.coverage,
        novelty_threshold=decision.novelty.threshold,
        is_synthetic=network.is_synthetic,
        heat_method=network.heat_method,
        heat_reason=network.heat_reason,
        source=source,
        is_live=is_live,
    )
