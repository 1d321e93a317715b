"""What the worklist says of one film, in words: the same for the page and for the service."""

import math
from typing import Any

from tasks.core.errors import printable
from tasks.core.html.number_format import format_number
from tasks.core.network.screened_film import (
    CANNOT_BE_SCORED,
    READ_FIRST,
    READ_SOON,
    REFER_REASONS,
    USUAL_ORDER,
    ScreenedFilm,
)
from tasks.core.reasons import REASONS

_HASH_DIGITS = 12  # hex digits that tell the films of one hospital apart
_CERTAIN = 0.001  # no film is nearer to 0 or 1 than a calibration on some hundred films tells
_PERHAPS_NO_FILM = ("not_an_image", "junk", "mask", "nested_copy")  # reasons
_EMPTY_SET = (
    "the set of likely classes is made so that it holds the true class of most films, and here no"
    " class reaches its limit"
)
_UNSEEN = "If this file should be a film, the network has not seen it."
_TO_DO = {
    READ_FIRST: "Have this film read first.",
    READ_SOON: "Have this film read soon: the network is not sure.",
    CANNOT_BE_SCORED: "The network has not seen this film: it may show disease.",
    USUAL_ORDER: "Have this film read in the usual order: the network misses some disease.",
}


def film_view(film: ScreenedFilm) -> dict[str, Any]:
    """Text and numbers of one row of the worklist, as JSON values.

    Characters that a browser would obey or hide, such as marks of the writing direction, are
    escaped in every text from outside. An undefined number is None.

    Args:
        film: From the engine.

    Returns:
        `path`, `sha256`, `hash`, `group`, `status`, `headline`, `to_do`, `why` (sentences), `call`,
        `call_text`, `finding`, `probabilities` (a list of `name`, `text`, `value`, the most
        probable first), `novelty`, `novelty_text`, `is_novel`, `is_referred`, `is_rejected`,
        `is_junk`, and `reason` and `next_step` of a rejected file.

    Example:
        >>> film = ScreenedFilm("a.png", "ab" * 32, "rejected", "ann", "1" * 64, "constant")
        >>> film_view(film)["headline"], film_view(film)["why"]
        ('Cannot be scored', ['One grey level only.'])
    """
    return {
        "path": printable(film.path),
        "sha256": film.sha256,
        "hash": (film.sha256 or "")[:_HASH_DIGITS],
        "group": film.group,
        "status": film.status,
        "headline": _headline(film),
        "to_do": _to_do(film),
        "why": _why(film),
        "call": film.call,
        "call_text": _call_text(film),
        "finding": _number(film.prob_finding),
        "probabilities": _probabilities(film),
        **_novelty(film),
        "is_referred": film.refer,
        "is_rejected": film.status == "rejected",
        "is_junk": film.is_junk,
        "reason": film.reason,
        "next_step": _sentence(film.next_step),
    }


def _headline(film: ScreenedFilm) -> str:
    """The answer in a few words; a film that is referred has no answer to rely on."""
    if film.status == "rejected":
        return "No film" if film.is_junk else "Cannot be scored"
    if film.call is None:
        return "No answer"
    return "Not sure" if film.refer else film.call


def _to_do(film: ScreenedFilm) -> str:
    """What to do with a film; the next step of a file of the operating system says it alone."""
    if film.is_junk:
        return ""
    return _UNSEEN if film.reason in _PERHAPS_NO_FILM else _TO_DO[film.group]


def _call_text(film: ScreenedFilm) -> str:
    if film.call is None:
        return "none"
    at = "" if film.threshold is None else f" (a finding from {format_number(film.threshold)} on)"
    return f"{film.call}{at}{', not to be relied on' if film.refer else ''}"


def _why(film: ScreenedFilm) -> list[str]:
    """Why there is no answer, or none to rely on; empty if there is one."""
    if film.status == "rejected":
        code = film.reason or ""
        meaning = REASONS[code].meaning if code in REASONS else code
        return [text for text in map(_sentence, (meaning, film.detail)) if text]
    return [_sentence(_refer_reason(code)) for code in film.refer_reasons]


def _refer_reason(code: str) -> str:
    words = REFER_REASONS.get(code, code)
    return f"{words}: {_EMPTY_SET}" if code == "empty_set" else words


def _probabilities(film: ScreenedFilm) -> list[dict[str, Any]]:
    known = [(name, _number(value)) for name, value in film.probabilities.items()]
    known.sort(key=lambda item: (item[1] is None, -(item[1] or 0.0)))
    return [{"name": name, "text": _probability(p), "value": p} for name, p in known]


def _probability(value: float | None) -> str:
    """A probability as text, never as certainty.

    Example:
        >>> _probability(0.934), _probability(0.99999), _probability(0.0)
        ('0.93', 'over 0.999', 'under 0.001')
    """
    if value is not None and value > 1 - _CERTAIN:
        return f"over {1 - _CERTAIN}"
    return f"under {_CERTAIN}" if value is not None and value < _CERTAIN else format_number(value)


def _novelty(film: ScreenedFilm) -> dict[str, Any]:
    """How unlike the training films; a film exactly at the threshold is not."""
    score, most = _number(film.novelty), _number(film.novelty_threshold)
    limit = "" if most is None else f" (unlike the training films above {format_number(most)})"
    return {
        "novelty": score,
        "novelty_text": "not measured" if score is None else f"{format_number(score)}{limit}",
        "is_novel": "novel" in film.refer_reasons,
    }


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _sentence(text: str | None) -> str:
    """A text from outside as a sentence.

    Example:
        >>> _sentence("shorter than 32 px"), _sentence(None)
        ('Shorter than 32 px.', '')
    """
    shown = printable(text or "").strip()
    end = "" if not shown or shown.endswith((".", "!", "?")) else "."
    return shown[:1].upper() + shown[1:] + end
