"""The record of the searches: read it, and put searches into it without a loss."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import ParamsError
from tests.studies.recipes.checked_files import read_checked
from tests.studies.recipes.rule import check_same_rule

_NUMBER, _TEXT = (float, None), (str, None)
_ROW = {"recipe": str, "is_wide": bool, "size_px": int, "epochs": int, "n_seeds": int}
_SEARCH = {
    **dict.fromkeys(("data", "model", "precision", "reference"), str),
    **dict.fromkeys(("size_px", "epochs", "batch_size"), int),
    **{"target_sensitivity": float, "films": {"*": dict}, "picked": dict, "close": [str]},
    **{"winner": _TEXT, "test": {"*": dict}, "rank_correlation": {"*": dict}},
    "results": [_ROW | {"n_views": int, "seconds": _NUMBER, "conditions": {"*": dict}}],
}


def read_record(path: Path) -> dict[str, Any]:
    """Read the record; its rule is checked first, a record of another one may have another form."""
    if not path.exists():
        return {"searches": []}
    step = "put the former file back, or name another --record"
    record: dict[str, Any] = read_checked(path, {"searches": [dict]}, step)
    check_same_rule(record.get("rule"), bool(record["searches"]), str(path))
    read_checked(path, {"searches": [_SEARCH]}, step)
    return record


def joined(
    before: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], where: str
) -> list[Mapping[str, Any]]:
    """Searches of the record, with the new ones in the place of those of the same films and stage.

    Args:
        before: Searches of the record.
        new: Searches of a work folder.
        where: The record.

    Raises:
        ParamsError: A recipe, a seed or a test score of the record would be lost.
    """
    kept = []
    for one in before:
        successors = [other for other in new if _is_same_search(one, other)]
        if not successors:
            kept.append(one)
        elif lost := _lost(one, successors[0]):
            raise ParamsError(
                "a search of the record may be replaced only by one that has all of its results",
                found=f"no {', '.join(lost)}, at {one['size_px']} px and {one['epochs']} epochs",
                where=where,
                next_step="publish the folder with all results, or name another --record",
            )
    return [*kept, *new]


def _is_same_search(before: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether films and stage are equal; records of older releases tell films by their name."""
    names = ["model", "size_px", "epochs"]
    names.append("films_sha256" if "films_sha256" in before else "data")
    return all(before[name] == new.get(name) for name in names)


def _lost(before: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Recipes, seeds and test scores of a search that its successor does not have."""
    seeds = {row["recipe"]: row["n_seeds"] for row in new["results"]}
    found = []
    for row in before["results"]:
        name = row["recipe"]
        if row["n_seeds"] > seeds.get(name, 0):
            found.append(name if name not in seeds else f"{row['n_seeds']} seeds of {name}")
    return found + [f"test of {name}" for name in before["test"] if name not in new["test"]]
