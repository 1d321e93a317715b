import json
import math

import numpy as np

from tasks.core.decision.conformal_sets import ConformalSets, quantile_rank


def test_a_class_is_in_the_set_up_to_its_quantile_and_a_set_may_be_empty():
    rule = ConformalSets(0.9, (0.25, math.inf), (40, 3))
    assert rule.sets(np.array([[0.75, 0.25], [0.5, 0.5]])).tolist() == [[True, True], [False, True]]
    assert not ConformalSets(0.9, (0.25, 0.25)).sets(np.array([[0.5, 0.5]])).any()


def test_rank_is_the_ceiling_without_a_rounding_error():
    # (99 + 1) x 0.07 is 7.000000000000001 in floating point; 19 films are the least for 0.95
    assert [quantile_rank(99, 0.07), quantile_rank(19, 0.95), quantile_rank(4, 0.75)] == [7, 19, 4]


def test_expected_range_of_one_film_is_worked_by_hand():
    # One film at a coverage of 0.5 gives Beta(1, 1): 0 to 99 covered films are equally likely,
    # 1/100 each. The chance of 2 or fewer is 3 % and of 97 or fewer 98 %
    one = ConformalSets(coverage=0.5, quantiles=(0.3,), n_films=(1,))
    assert one.expected_range(0, 99) == (2 / 99, 97 / 99)


def test_nothing_is_expected_without_films_or_of_a_class_that_is_always_held():
    sets = ConformalSets(coverage=0.9, quantiles=(0.3, math.inf), n_films=(40, 3))
    assert sets.expected_range(0, 0) is None
    assert sets.expected_range(1, 20) is None
    assert ConformalSets(0.9, (0.3, 0.3)).expected_range(0, 20) is None


def test_the_rule_survives_json():
    rule = ConformalSets(coverage=0.9, quantiles=(0.1 + 0.2, math.inf), n_films=(40, 3))
    text = json.dumps(rule.as_dict(), allow_nan=False)
    assert ConformalSets.from_dict(json.loads(text)) == rule
