"""The worklist as one page: films in reading order, with pictures, heat, and what to do.

The page of the program holds its films. The page of the service (`is_live`) holds none: it asks
its server for them, and sends the readers' verdicts back.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.core.errors import printable
from tasks.core.html.inline_pictures import data_uri
from tasks.core.html.number_format import format_number
from tasks.core.html.templating import SHARED_TEMPLATES, render_template
from tasks.core.network.screened_film import GROUPS, ScreenedFilm
from tasks.core.page_data import page_data
from tasks.screen.film_view import film_view

MOST_ROWS = 5000  # of a page; a phone of 2020 still scrolls through them
_TEMPLATES = Path(__file__).parent / "templates"
_SCRIPTS = (
    SHARED_TEMPLATES / "page_elements.js",
    _TEMPLATES / "worklist_list.js",
    _TEMPLATES / "worklist_film.js",
)
_LIVE_SCRIPTS = (
    _TEMPLATES / "worklist_server.js",
    _TEMPLATES / "worklist_rows.js",
    _TEMPLATES / "worklist_live.js",
    _TEMPLATES / "worklist_sign_off.js",
)


@dataclass(frozen=True)
class ShownPictures:
    """Pictures of one film inside the page, from `draw_film` and `draw_heat`.

    thumbnail: JPEG. film: JPEG; None for a film with a thumbnail only.
    heats: PNG by class. limit: heat of the fullest colour, logits; one for all films of a page.
    """

    thumbnail: bytes
    film: bytes | None = None
    heats: Mapping[str, bytes] = field(default_factory=dict)
    limit: float = 0.0


@dataclass(frozen=True)
class WorklistFacts:
    """What the page says of the network and of itself.

    version: of the release in use; None for another file.
    operating_point, threshold: None without a negative class. operating_rule: how the threshold
    was chosen, in words. coverage: share of films whose set of likely classes holds the true class,
    in (0, 1). sensitivity, specificity: measured
    at it on the films of `measured_on` (`validation` or `test`); None if unknown.
    heat_method, heat_reason: as in `model.onnx`.
    source: what was screened, in words, without a password; "" for the service.
    is_live: whether it is the page of the service.
    """

    model: str
    version: str | None
    model_sha256: str
    classes: tuple[str, ...]
    negative_class: str | None
    operating_point: str | None
    operating_rule: str
    threshold: float | None
    sensitivity: float | None
    specificity: float | None
    measured_on: str
    coverage: float
    novelty_threshold: float | None
    is_synthetic: bool
    heat_method: str
    heat_reason: str
    source: str
    is_live: bool = False


def render_worklist(
    films: Sequence[ScreenedFilm],
    pictures: Mapping[str, ShownPictures],
    facts: WorklistFacts,
    counts: Mapping[int, int] | None = None,
) -> str:
    """Write the worklist as one HTML page.

    Args:
        films: In any order; the page has the MOST_ROWS most urgent ones.
        pictures: By sha256; a film without any says so.
        facts: Of the network.
        counts: All films of each group, also those that `films` leaves out; None: count `films`.
    """
    ranked = sorted(films, key=ScreenedFilm.urgency)
    counts = Counter(film.group for film in films) if counts is None else counts
    n_films = sum(counts.values())
    rows = [_row(number, film, pictures) for number, film in enumerate(ranked[:MOST_ROWS], 1)]
    context = {
        "facts": facts,
        "source": printable(facts.source),
        "rates": _rates(facts),
        "groups": [
            {
                "number": number,
                "title": words[:1].upper() + words[1:],
                "count": counts.get(number, 0),
                "rows": [row for row in rows if row["group"] == number],
            }
            for number, words in GROUPS.items()
        ],
        "n_films": n_films,
        "n_left_out": n_films - len(rows),
        "n_pictures": sum(bool(row["film"]) for row in rows),
        "blank": _blank_row(),
        "class_data": page_data(list(facts.classes)),
    }
    scripts = (*_SCRIPTS, *_LIVE_SCRIPTS) if facts.is_live else _SCRIPTS
    return render_template(_TEMPLATES, "worklist.html.j2", context, scripts=scripts)


def _row(number: int, film: ScreenedFilm, pictures: Mapping[str, ShownPictures]) -> dict[str, Any]:
    """A row of the page: the words of the film and its pictures as addresses."""
    shown = pictures.get(film.sha256 or "")
    return film_view(film) | {"key": str(number)} | _addresses(shown, film.call)


def _addresses(shown: ShownPictures | None, call: str | None) -> dict[str, Any]:
    """Addresses of the pictures; the heat of the called class comes first."""
    if shown is None:
        return {"thumbnail": "", "film": "", "heats": [], "limit_text": ""}
    heats = [
        {"name": name, "uri": data_uri("image/png", png)}
        for name, png in sorted(shown.heats.items(), key=lambda item: (item[0] != call, item[0]))
    ]
    return {
        "thumbnail": data_uri("image/jpeg", shown.thumbnail),
        "film": "" if shown.film is None else data_uri("image/jpeg", shown.film),
        "heats": heats,
        "limit_text": format_number(shown.limit),
    }


def _blank_row() -> dict[str, Any]:
    """The row that the script of the live page copies and fills."""
    blank = film_view(ScreenedFilm("", None, "scored", "", ""))
    return blank | {"key": "", "headline": "", "to_do": ""} | _addresses(None, None)


def _rates(facts: WorklistFacts) -> str:
    """Sensitivity and specificity in words; empty if unknown."""
    if facts.sensitivity is None or facts.specificity is None:
        return ""
    return (
        f"sensitivity {format_number(facts.sensitivity)} and specificity"
        f" {format_number(facts.specificity)}, measured on the {facts.measured_on} films"
    )
