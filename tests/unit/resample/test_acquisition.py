"""Training films are clustered by facts of the file and its detector."""

import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import CohortError
from tasks.resample.acquisition import (
    ACQUISITION_FACTS,
    FEWEST_OF_CLASS,
    acquisition_clusters,
    fact_ranks,
    nearest_large,
)

N = 30  # films of each class and machine


def films(n_odd: int = N, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make films of two machines; `n_odd` films of the second class are of the second machine."""
    rng = np.random.default_rng(seed)
    machines = np.repeat([0, 1, 0, 1], [N, N, N, n_odd])
    labels = np.repeat(["A", "B"], [2 * N, N + n_odd])
    ids = [f"{number:04d}" for number in rng.permutation(len(labels))]
    samples = pd.DataFrame({"image_id": ids, "label": labels, "split": "train"})
    facts = pd.DataFrame({"image_id": ids, "machine": machines})
    facts["sharpness"] = 10.0 ** (3 * machines + rng.random(len(ids)))
    facts["n_bytes"] = np.round(1000 + 9000 * machines + 100 * rng.random(len(ids)))
    facts["width"] = 512
    facts["jpeg_quality"] = None
    return samples, facts


def found(samples: pd.DataFrame, facts: pd.DataFrame, **more: int) -> pd.DataFrame:
    clusters = acquisition_clusters(samples, facts, **({"n_clusters": 2, "seed": 0} | more))
    return samples.merge(facts[["image_id", "machine"]]).merge(clusters)


def test_clusters_are_the_machines_whatever_the_class():
    table = found(*films())
    assert len(table) == 4 * N
    assert table.groupby("machine")["acquisition"].nunique().tolist() == [1, 1]
    assert table["acquisition"].nunique() == 2


def test_units_brightness_and_the_order_of_the_rows_change_nothing():
    samples, facts = films()
    clusters = acquisition_clusters(samples, facts, 2, 0)
    other = facts.assign(sharpness=np.log(facts["sharpness"]), mean=range(len(facts)))
    shuffled = samples.sample(frac=1, random_state=1)
    again = acquisition_clusters(shuffled, other.sample(frac=1, random_state=2), 2, 0)
    pd.testing.assert_frame_equal(clusters, again)


def test_other_splits_are_not_looked_at():
    samples, facts = films()
    clusters = acquisition_clusters(samples, facts, 2, 0)
    more = samples.assign(image_id="x" + samples["image_id"], split="test")
    strange = facts.assign(image_id="x" + facts["image_id"], sharpness=-1.0, width=9)
    both = acquisition_clusters(pd.concat([samples, more]), pd.concat([facts, strange]), 2, 0)
    pd.testing.assert_frame_equal(clusters, both)


@pytest.mark.parametrize(("n_odd", "n_clusters"), [(FEWEST_OF_CLASS - 1, 1), (FEWEST_OF_CLASS, 2)])
def test_a_class_with_few_films_in_a_cluster_has_them_in_its_other_one(n_odd, n_clusters):
    table = found(*films(n_odd))
    assert table[table["label"] == "A"]["acquisition"].nunique() == 2
    assert table[table["label"] == "B"]["acquisition"].nunique() == n_clusters


def test_films_of_a_small_cluster_go_to_the_nearest_large_one():
    near = [[1.0, 9.0, 5.0]] * 20 + [[9.0, 1.0, 5.0]] * 20
    lost = [[3.0, 2.0, 0.0], [2.0, 3.0, 0.0]]
    clusters = nearest_large(np.array(near + lost))
    assert np.bincount(clusters).tolist() == [21, 21]
    assert clusters[-2:].tolist() == [1, 0]


def test_a_class_with_no_large_cluster_is_in_its_largest_one():
    distances = np.array([[0.0, 1.0]] * 3 + [[1.0, 0.0]] * 2)
    assert nearest_large(distances).tolist() == [0] * 5


def test_ranks_leave_out_constant_facts_and_put_missing_values_in_the_middle():
    facts = pd.DataFrame({"noise": [1.0, None, 100.0], "width": [5, 5, 5], "mean": [1, 2, 3]})
    assert fact_ranks(facts).tolist() == [[0.5], [0.5], [1.0]]


def test_there_are_never_more_clusters_than_different_films():
    samples, facts = films()
    facts["sharpness"], facts["n_bytes"] = facts["machine"].astype(float), 5000
    assert found(samples, facts, n_clusters=8)["acquisition"].nunique() == 2


def test_films_with_the_same_facts_cannot_be_clustered():
    samples, facts = films()
    with pytest.raises(CohortError, match="a fact differs"):
        acquisition_clusters(
            samples, facts.drop(columns=list(ACQUISITION_FACTS), errors="ignore"), 2, 0
        )
