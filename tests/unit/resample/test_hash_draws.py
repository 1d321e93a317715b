"""Hash draws are uniform, independent and do not depend on other films."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from tasks.resample.hash_draws import group_draws, hash_draws


def test_a_draw_is_the_hash_of_seed_purpose_and_key_as_a_share() -> None:
    digest = hashlib.sha256(b"7:test:virus:12").hexdigest()
    draws = hash_draws(pd.Series(["virus:12"]), 7, "test")
    assert draws.tolist() == [int(digest, 16) / 2**256]


def test_draws_depend_on_the_keys_and_not_on_the_rows() -> None:
    keys = pd.Series(["b", "a", "b", "c"], index=[3, 1, 4, 9])
    draws = hash_draws(keys, 0, "test")
    assert draws.index.tolist() == [3, 1, 4, 9]
    assert draws[3] == draws[4]
    assert draws.nunique() == 3
    alone = hash_draws(pd.Series(["c"]), 0, "test")
    assert alone[0] == draws[9]


def test_draws_are_uniform_and_independent_for_other_purposes_and_seeds() -> None:
    keys = pd.Series([f"IM:{number}" for number in range(20_000)])
    draws = hash_draws(keys, 0, "test")
    others = [hash_draws(keys, 0, "val"), hash_draws(keys, 1, "test")]
    counts = np.histogram(draws, bins=20, range=(0, 1))[0]
    assert counts.sum() == 20_000
    # 1000 per bin with standard deviation sqrt(20000 x 0.05 x 0.95) = 31
    assert abs(counts - 1000).max() < 4 * 31
    for other in others:
        assert abs(np.corrcoef(draws, other)[0, 1]) < 4 / np.sqrt(20_000)


def test_the_draw_of_a_group_is_the_smallest_draw_of_its_patients() -> None:
    films = pd.DataFrame({"patient_id": ["a", "b", "b", "c"], "group_id": ["a", "a", "a", "c"]})
    own = hash_draws(films["patient_id"], 0, "test")
    draws = group_draws(films, 0, "test")
    assert draws.tolist() == [min(own[0], own[1])] * 3 + [own[3]]


@pytest.mark.parametrize("n_patients", [1, 2, 5])
def test_a_group_of_m_patients_is_below_a_threshold_with_the_documented_probability(
    n_patients: int,
) -> None:
    n_groups = 4000
    films = pd.DataFrame(
        [(f"{group}-{n}", str(group)) for group in range(n_groups) for n in range(n_patients)],
        columns=["patient_id", "group_id"],
    )
    below = group_draws(films, 0, "test").groupby(films["group_id"]).first() < 0.2
    expected = 1 - 0.8**n_patients
    error = np.sqrt(expected * (1 - expected) / n_groups)
    assert abs(below.mean() - expected) < 4 * error
