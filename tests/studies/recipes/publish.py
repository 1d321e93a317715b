"""Write the record and the page of a search. Only this program opens the test scores.

    python -m tests.studies.recipes.publish WORK                 the table so far
    python -m tests.studies.recipes.publish WORK --test          with the test, once, at the end
    python -m tests.studies.recipes.publish --rule               the rule alone, before any result

A search of the same films, size and epochs takes the place of an earlier one in the record, if it
has all of its recipes, seeds and test scores. After --test the work folder trains no further
network, and its test scores are shown without --test too.

Reads       the work folder; for --test what `python -m tests.studies.recipes --final` sealed
Writes      --record (default: reports/results/recipes.json), and the page beside it
Fails when  the record has results of another rule, or some that this folder lacks; --test finds no
            sealed file, or one of another network; a file is damaged
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import write_json, write_text
from tasks.core.errors import LunglineError, ParamsError
from tasks.core.params import Params
from tests.studies.recipes.catalogue import RECIPES, REFERENCE, Recipe, unnamed_training
from tests.studies.recipes.cohort import open_cohort
from tests.studies.recipes.final import check_sealed, open_test
from tests.studies.recipes.networks import precision_of
from tests.studies.recipes.opened_search import (
    decide_stage,
    films_hash,
    judge_of,
    read_params,
    read_shared,
    read_stages,
)
from tests.studies.recipes.page import recipes_page
from tests.studies.recipes.rank_correlation import rank_correlation
from tests.studies.recipes.record import joined, read_record
from tests.studies.recipes.results import Judge, Stage, add_differences
from tests.studies.recipes.rule import RULE, check_same_rule, read_rule
from tests.studies.recipes.work_folder import WorkFolder, check_is_search, locked

RECORD = paths.RECORDS / "recipes.json"
PAGE = paths.RECORDS / "recipes.md"


def main(arguments: Sequence[str] | None = None) -> None:
    """Join the searches of a work folder with the record; write the record and the page."""
    options = _options(arguments)
    try:
        record = read_record(options.record)
        record = {"rule": RULE} | record | {"rule": RULE}
        if not options.rule:
            record["searches"] = _joined_searches(options, record["searches"])
    except LunglineError as error:
        sys.exit(f"ERROR: {error}")
    write_json(options.record, record)
    write_text(options.record.with_suffix(".md"), recipes_page(record))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.studies.recipes.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("work", type=Path, nargs="?", help="folder of a search")
    parser.add_argument("--record", type=Path, default=RECORD, help="JSON file to write")
    parser.add_argument("--test", action="store_true", help="open the sealed test scores")
    parser.add_argument("--anyway", action="store_true", help="with --test: although none has won")
    parser.add_argument("--rule", action="store_true", help="write the rule alone")
    options = parser.parse_args(arguments)
    if options.work is None and not options.rule:
        parser.error("name a work folder, or --rule")
    return options


def _joined_searches(
    options: argparse.Namespace, before: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Searches of the record with those of the work folder; a refusal leaves the test closed."""
    work, where = WorkFolder(options.work), str(options.record)
    check_is_search(work)
    with locked(work):
        check_same_rule(read_rule(work), has_results=True, where=str(work.rule))
        if options.test and not work.opened.exists():
            closed = searches_of(work, with_test=False)
            joined(before, _with_any_test(closed), where)
            _require_winner(closed[-1], work, anyway=options.anyway)
        return joined(before, searches_of(work, with_test=options.test), where)


def _require_winner(search: Mapping[str, Any], work: WorkFolder, *, anyway: bool) -> None:
    """Refuse to open the test of a search that goes on: after it nothing may be trained."""
    if search["winner"] is None and not anyway:
        raise ParamsError(
            "the test is read once, after the choice",
            found=f"no winner at {search['size_px']} px and {search['epochs']} epochs; close:"
            f" {', '.join(search['close']) or 'none'}",
            where=str(work.root),
            next_step="let the search end, or add --anyway: then nothing more is trained here",
        )


def _with_any_test(searches: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Searches as if the test of each recipe were open."""
    return [{**one, "test": {row["recipe"]: {} for row in one["results"]}} for one in searches]


def searches_of(work: WorkFolder, *, with_test: bool) -> list[dict[str, Any]]:
    """Content of the record for every stage of a work folder, the smaller images first.

    Args:
        work: Folder of the search; no other run uses it.
        with_test: Whether to open the sealed test scores; those that were opened stay open.

    Raises:
        ParamsError: There is no finished recipe, or no sealed file to open.
    """
    params, shared = Params.model_validate(read_params(work)), read_shared(work)
    with_test = with_test or work.opened.exists()
    found = []
    if facts := work.all_facts():
        if with_test:  # open none before all are known to be right
            check_sealed(work, [one["key"] for one in facts])
        cohort = open_cohort(work, facts[0]["form"], shared.negative)
        judge = judge_of(work, shared, cohort, params)
        films = {"films_sha256": films_hash(work, params.evaluate.external)}
        stages = read_stages(work)
        found = [_search(judge, *stage, with_test=with_test) | films for stage in stages]
    found = [one for one in found if one["results"]]
    if not found or (with_test and not any(one["test"] for one in found)):
        raise ParamsError(
            "a page needs finished recipes, and --test their sealed test scores",
            found="none" if not found else "no sealed file",
            where=str(work.root),
            next_step="run the search, or after it the search with --final",
        )
    return found


def _search(
    judge: Judge, stage: Stage, recipes: Sequence[Recipe], *, with_test: bool
) -> dict[str, Any]:
    """One stage: settings, films, rows, what the rule says, and the test if it is opened."""
    rows, decided = decide_stage(judge, stage)
    add_differences(judge, rows, recipes, stage)
    test = _test(judge, recipes, stage, rows) if with_test else {}
    shared, n_seeds = judge.shared, {row["recipe"]: row["n_seeds"] for row in rows}
    keys = [
        key
        for recipe in recipes
        for number in range(n_seeds.get(recipe.name, 0))
        for key in judge.keys(recipe, stage, number)
    ]
    return {
        "data": judge.work.read_settings()["data"],
        "model": shared.model,
        "size_px": stage.size_px,
        "epochs": stage.epochs,
        "batch_size": shared.shipped.batch_size,
        "precision": precision_of(keys, judge.work, shared.shipped.precision),
        "train": unnamed_training(shared.shipped),
        "target_sensitivity": judge.target,
        "reference": REFERENCE,
        "films": _films(judge),
        "cohorts": judge.cohorts,
        "results": rows,
        "not_tried": [name for name in RECIPES if name not in [row["recipe"] for row in rows]],
        "picked": picked(rows, judge.kinds()),
        **decided,
        "test": test,
        "rank_correlation": correlations(rows, test, judge.kinds()),
    }


def _films(judge: Judge) -> dict[str, dict[str, int]]:
    """Numbers of films and patients of each set."""
    return {
        name: {
            "positive": int(films.positive.sum()),
            "negative": int((~films.positive).sum()),
            "patients": int(films.groups.nunique()),
        }
        for name, films in judge.sets.items()
    }


def _test(
    judge: Judge, recipes: Sequence[Recipe], stage: Stage, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Test scores of the recipes that have sealed files for all their networks."""
    by_name = {recipe.name: recipe for recipe in recipes}
    found = {}
    for row in rows:
        recipe, numbers = by_name[row["recipe"]], range(row["n_seeds"])
        keys = [judge.keys(recipe, stage, number)[0] for number in numbers]
        negative = judge.shared.negative
        scores = open_test(judge.work, keys, judge.sets["val"], negative, judge.target)
        if scores:
            found[recipe.name] = scores
    return found


def picked(rows: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> dict[str, str]:
    """Return the recipe that each kind of validation picks; none for one recipe alone."""
    if len(rows) < 2:
        return {}
    return {kind: str(max(rows, key=lambda row: row[kind])["recipe"]) for kind in kinds}


def correlations(
    rows: Sequence[Mapping[str, Any]], test: Mapping[str, Any], kinds: Sequence[str]
) -> dict[str, Any]:
    """Rank correlation of each kind of validation, and of the score of the rule, with the test.

    Args:
        rows: The recipes.
        test: Test scores by name; a recipe without them is left out.
        kinds: Kinds of validation.
    """
    tested = [row for row in rows if row["recipe"] in test]
    found = {}
    for kind in kinds:
        known = [row for row in tested if kind in row]
        of_test = [
            test[row["recipe"]].get("one_network", test[row["recipe"]]["auroc"]) for row in known
        ]
        found[kind] = rank_correlation([row[kind] for row in known], of_test)
    return {kind: one for kind, one in found.items() if one}


if __name__ == "__main__":
    main()
