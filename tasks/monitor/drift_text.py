"""What was found in an inbox, in sentences."""

from collections.abc import Iterator

from tasks.core.html.number_format import count_of
from tasks.monitor.domain_classifier import FEWEST_TOLD_APART
from tasks.monitor.drift_tests import FeatureMove
from tasks.monitor.inbox_findings import FITTED, InboxFindings

_FEW = 20  # films; below it, only large moves can be seen


def drift_headline(found: InboxFindings, n_files: int) -> str:
    """One sentence: drift or not, and what has moved first.

    Args:
        found: In the inbox.
        n_files: All files of the inbox.
    """
    if found.drift is None:
        known = sum(split in FITTED for split in found.splits)
        if known:
            return f"Nothing to compare: the network learned from all {count_of(known, 'film')}"
        return f"Nothing to compare: none of {count_of(n_files, 'file')} can be scored"
    films = count_of(found.n_compared, "film")
    if not found.drift.has_drifted:
        verb = "looks" if found.n_compared == 1 else "look"
        return f"No drift: {films} {verb} like those of the training, as far as so many can show"
    first = found.drift.first
    if first is None:
        return f"Drift: all features of {films} together differ from the training"
    return f"Drift: {_in_sentence(first.title)} has moved first, {move_text(first)}"


def _in_sentence(title: str) -> str:
    return title if title[:2].isupper() else title[0].lower() + title[1:]


def move_text(move: FeatureMove) -> str:
    """By how much a feature has moved, in its unit."""
    if move.is_higher is None:
        share = f"{100 * move.moved_by:.0f} % of the films"
        return f"for {share} (mostly {move.inbox}, in the training {move.reference})"
    return (
        f"by {number_text(move.moved_by)} {move.unit}"
        f" (median {number_text(move.inbox)}, in the training {number_text(move.reference)})"
    )


def number_text(value: float | str) -> str:
    """A number of any size with three digits.

    Example:
        >>> number_text(1024.0), number_text(0.5684), number_text("PNG")
        ('1,024', '0.568', 'PNG')
    """
    if isinstance(value, str):
        return value
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def unseen_texts(found: InboxFindings) -> Iterator[str]:
    """What could not be seen in this inbox."""
    if found.drift is None:
        return
    n, visible = found.n_compared, found.drift.visible_move
    if visible is None:
        yield f"With {count_of(n, 'film')} no single feature can show drift."
    else:
        yield (
            f"With {count_of(n, 'film')}, a feature that has moved by less than about"
            f" {visible:.1f} standard deviations of the training films is missed more often than"
            " it is found."
        )
    if n < _FEW:
        yield (
            "So few films show only that they lie beyond nearly all films of the training. No drift"
            " means little here: look again when more films have come."
        )
    if found.drift.domain is None:
        yield (
            f"All features together were not tested: that needs {FEWEST_TOLD_APART} films on each"
            " side."
        )
    if not any(film.facts.get("patient_id") for film in found.films):
        yield (
            "No file names its patient, so each film counts as a patient of its own. Several films"
            " of one patient can then look like drift."
        )
    if found.expected is None:
        yield "The expected performance needs 20 films that the network answers."
