"""Every result of a work folder must have the settings of today, asked for or not."""

from dataclasses import replace

import pytest

from tasks.core.atomic import write_json
from tasks.core.errors import ParamsError
from tests.recipe_searches import SHARED, STAGE, judge_in, write_trial
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.results import rows_of
from tests.studies.recipes.same_settings import check_all_finished
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT
from tests.studies.recipes.work_folder import WorkFolder

OTHER = replace(SHARED, shipped=SHARED.shipped.model_copy(update={"learning_rate": 0.5}))


@pytest.fixture
def work(tmp_path) -> WorkFolder:
    work = WorkFolder(tmp_path)
    for split in (WHOLE, WITHOUT_HELD_OUT):
        write_trial(SHARED.trial(RECIPES["wide"], *stage(), 0, split), work, {})
    return work


def stage() -> tuple[int, int]:
    return STAGE.size_px, STAGE.epochs


def test_a_folder_with_a_trial_of_another_learning_rate_is_refused(work):
    check_all_finished(work, SHARED)
    with pytest.raises(ParamsError, match=r"other values of train\.learning_rate\n") as error:
        check_all_finished(work, OTHER)
    assert error.value.where.startswith(str(work.root / "trials/wide-32px-2epochs-seed"))


def test_a_row_of_another_learning_rate_is_refused_in_every_table(work):
    assert len(rows_of(judge_in(work.root), [RECIPES["wide"]], STAGE)) == 1
    with pytest.raises(ParamsError, match=r"other values of train\.learning_rate\n"):
        rows_of(replace(judge_in(work.root), shared=OTHER), [RECIPES["wide"]], STAGE)


def test_settings_that_a_recipe_names_itself_may_be_shipped_otherwise(work):
    views = replace(SHARED, shipped=SHARED.shipped.model_copy(update={"n_views": 6, "epochs": 7}))
    check_all_finished(work, views)


def test_a_trial_whose_recipe_is_lost_is_in_no_table(work):
    key = SHARED.trial(RECIPES["wide"], *stage(), 0, WHOLE).key
    lost = work.facts(key) | {"key": "lost", "recipe": "lost"}
    write_json(work.trial("lost") / "trial.json", lost | {"train": {"learning_rate": 9.0}})
    check_all_finished(work, SHARED)


def test_a_key_that_an_older_release_lacked_changes_nothing(work):
    key = SHARED.trial(RECIPES["wide"], *stage(), 0, WHOLE).key
    facts = work.facts(key)
    train = {name: value for name, value in facts["train"].items() if name != "average_epochs"}
    write_json(work.trial(key) / "trial.json", facts | {"train": train})
    check_all_finished(work, SHARED)
