"""The rule is stated first, and its arithmetic is that of a calculation by hand."""

import pytest

from tasks.core.atomic import read_json, write_json
from tasks.core.errors import ParamsError
from tests.recipe_searches import SHARED, STAGE, judge_in, write_trial
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.results import decide, rows_of
from tests.studies.recipes.rule import (
    RULE,
    candidates,
    check_same_rule,
    close_names,
    deciding_kind,
    mean_ranks,
    state_rule,
    winner,
)
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT
from tests.studies.recipes.work_folder import WorkFolder

VALUES = ("external", "adapted", "held_out", "degraded_worst")


def row(name: str, *values: float, wide: bool = True, seeds: int = 3, **more: float) -> dict:
    facts = {"recipe": name, "is_wide": wide, "n_seeds": seeds, "n_views": 1, "size_px": 64}
    return facts | dict(zip(VALUES, values, strict=False)) | more


def test_external_ranks_count_twice_and_ties_share_their_mean_rank():
    rows = [
        row("a", 0.9, 0.7, 0.8, 0.8),
        row("b", 0.8, 0.9, 0.8, 0.7),
        row("c", 0.7, 0.8, 0.6, 0.9),
    ]
    # a: external 1, adapted 3, held out 1.5, worst 2: (2 * 1 + 3 + 1.5 + 2) / 5
    # b: 2, 1, 1.5, 3: (4 + 1 + 1.5 + 3) / 5;  c: 3, 2, 3, 1: (6 + 2 + 3 + 1) / 5
    assert mean_ranks(rows) == pytest.approx([8.5 / 5, 9.5 / 5, 12 / 5])


def test_a_validation_that_one_recipe_lacks_is_left_out():
    rows = [row("a", 0.9, 0.7, 0.8, 0.8), row("b", 0.8, 0.9, 0.9, 0.7)]
    del rows[0]["external"]
    assert mean_ranks(rows) == pytest.approx([(2 + 2 + 1) / 3, (1 + 1 + 2) / 3])
    assert deciding_kind(rows) == "adapted"


def test_candidates_are_the_wide_family_if_any_was_tried():
    rows = [row("narrow", wide=False), row("wide")]
    assert [one["recipe"] for one in candidates(rows)] == ["wide"]
    assert [one["recipe"] for one in candidates(rows[:1])] == ["narrow"]


def test_at_most_four_are_close():
    ranked = [row(name, score=place) for place, name in enumerate("abcdef")]
    assert close_names(ranked, [False, True, False, False, False, False]) == ["a", "c", "d"]


def test_the_lowest_score_wins_then_fewer_views_then_smaller_squares_then_the_catalogue():
    cheap, best = row("cheap", score=3.0), row("best", n_views=6, size_px=96, score=1.0)
    assert winner([cheap, best]) == "best"
    large, views = row("large", size_px=96, score=3.0), row("views", n_views=6, score=3.0)
    assert winner([views, large]) == "large"
    assert winner([views, large, cheap]) == "cheap"
    assert winner([row("first", score=2.0), row("second", score=2.0)]) == "first"


def test_there_is_no_winner_while_a_close_recipe_lacks_seeds():
    assert winner([row("a", score=1.0), row("b", score=2.0, seeds=1)]) is None


def test_close_recipes_are_those_whose_external_interval_includes_0(tmp_path):
    work = WorkFolder(tmp_path)
    names = {"wide": 0, "wide_averaged": 1, "wide_turned_degraded": 12, "none": 0}
    recipes = [recipe for recipe in RECIPES.values() if recipe.name in names]
    for recipe in recipes:
        for split in (WHOLE, WITHOUT_HELD_OUT):
            trial = SHARED.trial(recipe, STAGE.size_px, STAGE.epochs, 0, split)
            write_trial(trial, work, {"external/clinic": names[recipe.name]})
    judge = judge_in(tmp_path)
    rows = rows_of(judge, recipes, STAGE)
    found = decide(judge, rows, recipes, STAGE)
    # 20 positive films: 1 wrong is 0.05 of AUROC with an interval to 0, 12 wrong are far
    assert found == {"close": ["wide", "wide_averaged"], "winner": None}
    scores = {one["recipe"]: one.get("score") for one in rows}
    # three candidates tie in three validations, at rank 2 each
    assert scores["wide"] == pytest.approx((2 * 1 + 3 * 2) / 5)
    assert scores["wide_turned_degraded"] == pytest.approx((2 * 3 + 3 * 2) / 5)
    assert scores["none"] is None


def test_the_rule_is_written_first_and_another_one_is_refused(tmp_path):
    work = WorkFolder(tmp_path)
    state_rule(work)
    assert read_json(work.rule) == RULE
    write_json(work.rule, RULE | {"most_close": 9})
    state_rule(work)  # no result yet: a rule may still change
    assert read_json(work.rule) == RULE
    write_trial(SHARED.trial(RECIPES["wide"], 32, 2, 0, WHOLE), work, {})
    state_rule(work)
    write_json(work.rule, RULE | {"most_close": 9})
    with pytest.raises(ParamsError, match="results of another rule"):
        state_rule(work)
    with pytest.raises(ParamsError, match="before the results"):
        check_same_rule(None, has_results=True, where="a record without a rule")
