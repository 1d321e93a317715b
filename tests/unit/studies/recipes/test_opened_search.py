"""A work folder is judged as a whole, and its films are told by their hash."""

import pytest

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.tables import MANIFEST_SCHEMA, write_table
from tests.cohorts import manifest_of, squares_cohort
from tests.recipe_searches import SHARED, STAGE, judge_in, search_in, write_trial
from tests.studies.recipes import __main__ as program
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.opened_search import (
    decide_stage,
    films_hash,
    note_stage,
)
from tests.studies.recipes.results import Stage
from tests.studies.recipes.rule import RULE
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT
from tests.studies.recipes.work_folder import WorkFolder

FAR, NEAR = "wide_averaged", "wide"  # from the best one, which has no wrong film


@pytest.fixture
def work(tmp_path) -> WorkFolder:
    """Two finished recipes with three seeds, each of a call of its own."""
    work = WorkFolder(tmp_path)
    for name, n_wrong in ((FAR, 12), (NEAR, 0)):
        for number in range(RULE["seeds"]):
            for split in (WHOLE, WITHOUT_HELD_OUT):
                trial = SHARED.trial(RECIPES[name], STAGE.size_px, STAGE.epochs, number, split)
                write_trial(trial, work, {"external/clinic": n_wrong})
        note_stage(work, STAGE, [RECIPES[name]])
    return work


def test_the_winner_that_a_search_prints_is_that_of_the_whole_folder(work):
    search = search_in(work.root, [FAR])
    assert search.run(None) == []
    printed = program.summary(search, []).splitlines()
    assert printed[-2:] == [f"close: {NEAR}", f"winner: {NEAR}"]
    assert [line.split()[1] for line in printed[:-2]] == [NEAR, FAR]
    rows, decided = decide_stage(judge_in(work.root), STAGE)
    assert [row["recipe"] for row in rows] == [NEAR, FAR]
    assert decided == {"close": [NEAR], "winner": NEAR}
    assert decide_stage(judge_in(work.root), Stage(64, 9)) == ([], {})


def test_recipes_are_close_in_the_whole_folder_and_not_among_those_that_are_named(work):
    judge = judge_in(work.root)
    found = program.close_recipes(judge, [RECIPES[NEAR], RECIPES[FAR]], STAGE)
    assert [one.name for one in found] == [NEAR]
    with pytest.raises(ParamsError, match="none of these is close at 32 px and 2 epochs"):
        program.close_recipes(judge, [RECIPES[FAR]], STAGE)
    with pytest.raises(ParamsError, match="found: none at 64 px and 9 epochs"):
        program.close_recipes(judge, [RECIPES[FAR]], Stage(64, 9))


def test_films_have_one_hash_whatever_their_folder_and_their_order(tmp_path):
    def hash_of(name: str, abroad_first_id: str, *cohorts: str, is_turned: bool = False) -> str:
        work = WorkFolder(tmp_path / name)
        home, abroad = manifest_of(squares_cohort({"train": 4})), manifest_of(films)
        abroad.loc[abroad.index[0], "image_id"] = abroad_first_id
        for table, path in (
            (home[::-1] if is_turned else home, paths.MANIFEST),
            (abroad, paths.external_manifest("clinic")),
        ):
            write_table(table, MANIFEST_SCHEMA, work.films / path)
        return films_hash(work, cohorts)

    films = squares_cohort({"test": 2})
    assert hash_of("a", "x") == hash_of("b", "y", is_turned=True)
    assert hash_of("c", "x", "clinic") == hash_of("d", "x", "clinic")
    assert len({hash_of("e", "x"), hash_of("f", "x", "clinic"), hash_of("g", "y", "clinic")}) == 3
