"""Which films of an external cohort the model has seen, and which the test split at home holds."""

from collections.abc import Collection

import pandas as pd

from tasks.core.statistics.groups import join_groups
from tasks.core.tables import usable

TRAINING = ("train", "val")  # the weights come from the first, the operating points from the second


def splits_at_home(
    films: pd.DataFrame, overlap: pd.DataFrame, home: pd.DataFrame, home_groups: pd.DataFrame
) -> pd.DataFrame:
    """Whether the group of each film reaches films of the source at home, by split.

    A group holds the films of one patient with all exact and near duplicates, here as at home. One
    film in common joins two groups: the patient is then known, and none of its films is new.

    Args:
        films: Films of the cohort with `path` and `group_id`.
        overlap: Pairs with `path_a` in the cohort and `path_b` at home.
        home: Rows of data/samples.parquet: `path`, `split`.
        home_groups: From `groups_at_home`: every usable film at home with its group, also the
            duplicates that data/samples.parquet leaves out.

    Returns:
        Columns `in_training` and `in_test` (bool) and `known_as` (path at home of the first film in
        common, or null), aligned with `films`.
    """
    group_of_home = home_groups.set_index("path")["group_id"]
    group_of_film = films.set_index("path")["group_id"]
    found = overlap[overlap["path_a"].isin(group_of_film.index)]
    found = found.sort_values(["path_a", "path_b"])
    found = found.assign(
        ours=found["path_a"].map(group_of_film), theirs=found["path_b"].map(group_of_home)
    )

    def reached(splits: Collection[str]) -> pd.Series:
        paths = home.loc[home["split"].isin(splits), "path"]
        groups = set(paths.map(group_of_home))
        mine = set(found.loc[found["theirs"].isin(groups), "ours"])
        return films["group_id"].isin(mine)

    first = found.drop_duplicates("ours").set_index("ours")["path_b"]
    return pd.DataFrame(
        {
            "in_training": reached(TRAINING),
            "in_test": reached(("test",)),
            "known_as": films["group_id"].map(first),
        },
        index=films.index,
    )


def groups_at_home(manifest: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Path and group of every usable film at home.

    Args:
        manifest: data/manifest.parquet.
        pairs: data/pairs.parquet.
    """
    films = usable(manifest)
    return pd.DataFrame({"path": films["path"], "group_id": join_groups(films, pairs)})
