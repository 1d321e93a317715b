"""Runs that are killed at random moments; `python -m tests.flows.kills` tries a hundred."""

import pytest

from tests.flows.kills import draw_kills, run_kills


def test_the_kills_are_seeded_and_hit_every_victim():
    kills = draw_kills(18, seed=1)
    assert kills == draw_kills(18, seed=1) != draw_kills(18, seed=2)
    assert len({(kill.runner, kill.victim) for kill in kills}) == 9


@pytest.mark.slow
def test_a_run_after_a_kill_ends_like_an_undisturbed_one(tmp_path):
    counts = run_kills(9, 1, tmp_path)
    results = {result for found in counts.values() for result in found}
    assert results <= {"equal", "not hit", "equal, after `rm .dvc/tmp/rwlock`"}
