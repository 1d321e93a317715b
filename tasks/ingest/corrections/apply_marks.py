"""Apply reviewers' marks to the manifest, and say of each marked film what became of it."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from tasks.core.corrections import CORRECTIONS_SCHEMA
from tasks.core.errors import SourceError
from tasks.core.labels import BINARY, PNEUMONIA_BY_SUBTYPE, SUBTYPE
from tasks.core.marks_files import MARK_PLACE

EXCLUDED_BY_REVIEWER = "excluded_by_reviewer"
_EXCLUDE = "exclude"
_OUTCOMES = {_EXCLUDE: "excluded", "agree": "confirmed"}
_Places = Mapping[Any, Any]  # value of a column -> positions of its rows
_CHANGED = ["status", "reason", "detail", "label", "subtype"]


def apply_marks(manifest: pd.DataFrame, marks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Relabel and exclude films.

    A mark belongs to the bytes of a film, so it also counts where the film was moved. It counts
    for exact copies too: else a film and its copy would contradict each other. Marks of one film
    and its copies that differ change nothing. A film that is relabelled loses its subtype.

    Args:
        manifest: Columns of `tables.MANIFEST_SCHEMA`.
        marks: From `read_marks`.

    Returns:
        manifest: The same rows, some with another `label`, or rejected as EXCLUDED_BY_REVIEWER.
        corrections: One row per marked film, sorted by image id; see `CORRECTIONS_SCHEMA`.

    Raises:
        SourceError: A mark names a class that is unknown.
    """
    _check_classes(manifest, marks)
    films, paths = _with_copies(manifest, set(marks["image_id"])), set(manifest["path"])
    changed = films.copy()
    by_id, by_pixels = (films.groupby(column).indices for column in ("image_id", "pixel_hash"))
    rows = []
    of_films = {str(image_id): group for image_id, group in marks.groupby("image_id", sort=True)}
    for image_id, of_film in of_films.items():
        copies = _copies(films, by_id, by_pixels, image_id)
        ids = sorted({image_id, *copies["image_id"]} & of_films.keys())
        of_copies = pd.concat([of_films[one] for one in ids]) if len(ids) > 1 else of_film
        outcome = _outcome(paths, copies, of_copies)
        _change(changed, copies, outcome, of_copies)
        rows.append(_row(str(image_id), of_film, copies, outcome))
    corrected = manifest.copy()
    corrected.loc[changed.index, _CHANGED] = changed[_CHANGED]
    return corrected, pd.DataFrame(rows, columns=CORRECTIONS_SCHEMA.names)


def _with_copies(films: pd.DataFrame, image_ids: set[str]) -> pd.DataFrame:
    """Rows of some films and of those with the same pixels, with the columns that marks need.

    A mark is then looked up among the marked films only, not in the whole source.
    """
    own = films["image_id"].isin(image_ids)
    same = films["pixel_hash"].notna() & films["pixel_hash"].isin(films.loc[own, "pixel_hash"])
    return films.loc[own | same, ["image_id", "pixel_hash", *_CHANGED]].astype(object)


def _copies(films: pd.DataFrame, by_id: _Places, by_pixels: _Places, one: str) -> pd.DataFrame:
    """Rows of a film: its own, and those with the same pixels; the usable ones, if any."""
    own = by_id.get(one, [])
    same = {films["pixel_hash"].iat[place] for place in own} & by_pixels.keys()
    places = {*own, *(place for pixels in same for place in by_pixels[pixels])}
    copies = films.iloc[sorted(places)]
    usable = copies[copies["status"] == "ok"]
    return copies if usable.empty else usable


def _outcome(paths: set[str], copies: pd.DataFrame, marks: pd.DataFrame) -> str:
    if copies.empty:
        return "film changed" if marks["path"].isin(paths).any() else "film gone"
    if (copies["status"] != "ok").any():
        return "not used"
    actions = _actions(marks)
    if len(actions) > 1:
        return "contradicted"
    (action,) = actions
    if (copies["label"] == action).all():
        return "already so"
    if not all(_was_seen(copies, seen) for seen in set(marks["label_seen"]) - {"", action}):
        return "label changed"
    return _OUTCOMES.get(action, "relabelled")


def _actions(marks: pd.DataFrame) -> set[str]:
    """What the marks of a film ask for: `agree`, `exclude`, or the class that is right.

    A page shows a film with its corrected label. Who agrees there is of one mind with the mark
    that corrected it.
    """
    named = set(marks["label"]) - {""}
    actions = set()
    for verdict, label, seen in marks[["verdict", "label", "label_seen"]].itertuples(index=False):
        if verdict == "agree":
            actions.add(seen if seen in named else "agree")
        else:
            actions.add(label or _EXCLUDE)  # wrong, and nobody can say what is right
    return actions


def _was_seen(copies: pd.DataFrame, seen: str) -> bool:
    """Whether a film still has the class that the reviewer saw, under any label scheme."""
    for label, subtype in zip(copies["label"], copies["subtype"], strict=True):
        names = {label, BINARY.get(label), SUBTYPE.get(label), PNEUMONIA_BY_SUBTYPE.get(subtype)}
        if seen in names:
            return True
    return False


def _change(
    manifest: pd.DataFrame, copies: pd.DataFrame, outcome: str, marks: pd.DataFrame
) -> None:
    """Write the correction into the rows of the manifest."""
    if outcome == "excluded":
        by = f"by {_joined(marks['initials'])}" if marks["initials"].any() else None
        manifest.loc[copies.index, ["status", "reason", "detail"]] = [
            "rejected",
            EXCLUDED_BY_REVIEWER,
            by,
        ]
    elif outcome == "relabelled":
        manifest.loc[copies.index, "label"] = max(marks["label"])  # an agreement names none
        manifest.loc[copies.index, "subtype"] = None


def _row(
    image_id: str, marks: pd.DataFrame, copies: pd.DataFrame, outcome: str
) -> dict[str, str | None]:
    joined = {name: _joined(marks[name]) for name in ("verdict", "label", "initials", "comment")}
    return {
        "image_id": image_id,
        "path": _joined(marks["path"]),
        **joined,
        "label_before": _joined(copies["label"].dropna()),
        "model": _joined(marks["model"]),
        "outcome": outcome,
    }


def _joined(texts: Iterable[str]) -> str | None:
    """Different texts in the order of the alphabet, or None."""
    return "; ".join(sorted({text for text in texts if text})) or None


def _check_classes(manifest: pd.DataFrame, marks: pd.DataFrame) -> None:
    known = set(manifest["label"].dropna()) | set(BINARY.values()) | set(SUBTYPE.values())
    unknown = marks[~marks["label"].isin(known | {""})]
    if unknown.empty:
        return
    first = unknown.iloc[0]
    raise SourceError(
        "a reviewer's label must be a class of the source",
        found=f"{first['label']}; the classes are {', '.join(sorted(known))}",
        where=f"{first[MARK_PLACE]}, film {first['path'] or first['image_id']}",
        next_step="write one of these classes, or leave the label empty: the film is then left out",
    )
