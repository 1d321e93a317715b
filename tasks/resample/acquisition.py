"""Cluster the training films by how they were acquired, for group DRO in `train`."""

import logging
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.errors import CohortError

# Facts of the file and its detector. Brightness and contrast are left out: they are the disease too
ACQUISITION_FACTS = (
    "sharpness",
    "noise",
    "border",
    "black_share",
    "width",
    "height",
    "n_bytes",
    "jpeg_quality",
)
# Of fewer films, one film would be more than 5 % of the mean loss of its group. The smallest group
# of the paper has 56 (Sagawa et al., arXiv 1911.08731, section 3, Waterbirds).
FEWEST_OF_CLASS = 20
_N_STARTS = 10  # of k-means; the tightest clusters are kept

logger = logging.getLogger(__name__)


def acquisition_clusters(
    samples: pd.DataFrame, facts: pd.DataFrame, n_clusters: int, seed: int
) -> pd.DataFrame:
    """Find the acquisition cluster of each training film; no other film is looked at.

    k-means on the ranks of the facts, so units and outliers do not matter. A film of a class that
    has fewer than FEWEST_OF_CLASS films in a cluster goes to the nearest cluster in which its class
    has as many; if there is none, the whole class goes to its largest cluster.

    Args:
        samples: Columns `image_id`, `label`, `split`.
        facts: Rows of the manifest: `image_id` and columns of ACQUISITION_FACTS.
        n_clusters: Largest number of clusters, at least 2.
        seed: Seed of k-means.

    Returns:
        Columns `image_id` and `acquisition` (number of the cluster, from 0) of the training films,
        sorted by `image_id`.

    Raises:
        CohortError: No fact differs between training films.
    """
    train = samples.loc[samples["split"] == "train", ["image_id", "label"]]
    train = train.sort_values("image_id", ignore_index=True)
    of_films = facts.drop_duplicates("image_id").set_index("image_id").loc[train["image_id"]]
    distances = _distances(fact_ranks(of_films), n_clusters, seed)
    train["acquisition"] = 0
    for label, rows in train.groupby("label").indices.items():
        clusters = nearest_large(distances[rows])
        train.loc[rows, "acquisition"] = clusters
        numbers, counts = np.unique(clusters, return_counts=True)
        sizes = ", ".join(f"{n}: {count}" for n, count in zip(numbers, counts, strict=True))
        logger.info("films of %s by acquisition cluster: %s", label, sizes)
    return train[["image_id", "acquisition"]]


def fact_ranks(facts: pd.DataFrame) -> NDArray[np.float64]:
    """Rank the films by each fact: (n, n_facts) float64 in (0, 1], 0.5 where a fact is missing.

    Facts that are missing or equal in all films are left out.

    Args:
        facts: Columns of ACQUISITION_FACTS, one row per film; a missing column counts as unknown.

    Raises:
        CohortError: No fact differs between films.
    """
    known = facts.reindex(columns=list(ACQUISITION_FACTS)).astype(np.float64)
    ranks = known.rank(pct=True).fillna(0.5).loc[:, known.nunique() > 1]
    if ranks.shape[1] == 0:
        raise CohortError(
            "films can be told apart by acquisition only if a fact differs between them",
            found=f"{len(facts)} films with the same facts",
            where=f"columns {', '.join(ACQUISITION_FACTS)} of the manifest",
            next_step="set resample.acquisition_clusters and train.group_dro_step to null; a search"
            " for recipes needs films from more than one machine",
        )
    return cast(NDArray[np.float64], ranks.to_numpy())


def nearest_large(distances: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose the nearest cluster of each film of a class, among those with enough of its films.

    Args:
        distances: (n, n_clusters), distance of each film of the class to each centre.

    Returns:
        Number of the cluster, (n,).
    """
    counts = np.bincount(distances.argmin(axis=1), minlength=distances.shape[1])
    is_large = counts >= min(FEWEST_OF_CLASS, counts.max())
    return cast(NDArray[np.int64], np.where(is_large, distances, np.inf).argmin(axis=1))


def _distances(ranks: NDArray[np.float64], n_clusters: int, seed: int) -> NDArray[np.float64]:
    """Distances of the films to the centres of k-means: (n, n_clusters or fewer)."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # has no type hints

    n_possible = len(np.unique(ranks, axis=0))
    means = KMeans(min(n_clusters, n_possible), n_init=_N_STARTS, random_state=seed)
    with threadpool_limits(1):  # the order in which threads add up would change the last bits
        distances: NDArray[np.float64] = means.fit_transform(ranks)
    return distances
