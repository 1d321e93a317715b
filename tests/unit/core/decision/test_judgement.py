import math
from dataclasses import replace

import numpy as np
import pytest

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.judgement import (
    EMPTY_SET,
    NOVEL,
    REFUSED_BY_GUARD,
    SET_OF_SEVERAL,
    FilmCalls,
    call_films,
)
from tests.decisions import decision, novelty_reference

WITHOUT_SIDES = {"negative_class": None, "operating_points": (), "operating_point": None}


def calls_of(
    probs: list[float], refused: tuple[int, ...] = (), novel: tuple[int, ...] = (), **changes
) -> FilmCalls:
    """Calls of films whose probability of a finding is given; the network is not calibrated."""
    logits = np.array([[0.0, math.log(prob / (1 - prob))] for prob in probs], dtype=np.float32)
    reference = replace(novelty_reference(), threshold=2.0)
    numbers = np.arange(len(probs))
    scores = np.where(np.isin(numbers, novel), 2.5, 2.0)  # at the threshold is not above it
    decided = decision(novelty=reference, **changes)
    return call_films(logits, np.isin(numbers, refused), scores, decided)


def test_calls_at_the_threshold_of_the_operating_point():
    calls = calls_of([0.39, 0.41, 0.5, 0.9])  # the threshold is 0.4
    assert calls.prob_finding == pytest.approx([0.39, 0.41, 0.5, 0.9])
    assert calls.called_positive.tolist() == [False, True, True, True]
    assert calls.called_class.tolist() == [0, 0, 0, 1]
    assert calls_of([0.5], operating_point="half").called_positive.tolist() == [True]


def test_each_reason_alone_and_together_by_hand():
    # a class is in the set from a probability of 0.4 on: 0.5 gives both, 0.9 gives one
    calls = calls_of([0.5, 0.9, 0.9, 0.9, 0.5], refused=(2, 4), novel=(3, 4))
    assert calls.is_referred.tolist() == [True, False, True, True, True]
    assert [calls.refer_reasons(row) for row in range(5)] == [
        (SET_OF_SEVERAL,),
        (),
        (REFUSED_BY_GUARD,),
        (NOVEL,),
        (SET_OF_SEVERAL, NOVEL, REFUSED_BY_GUARD),
    ]


def test_a_film_without_a_plausible_class_is_referred():
    calls = calls_of([0.9], conformal=ConformalSets(0.9, (0.05, 0.05)))
    assert calls.class_sets.tolist() == [[False, False]]
    assert calls.refer_reasons(0) == (EMPTY_SET,)
    assert calls.is_referred.tolist() == [True]


def test_without_a_negative_class_there_is_no_finding_to_call():
    calls = calls_of([0.9], **WITHOUT_SIDES)
    assert (calls.prob_finding, calls.called_positive) == (None, None)
    assert calls.called_class.tolist() == [1]
    assert calls.refer_reasons(0) == ()
