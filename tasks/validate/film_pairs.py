"""Pairs of duplicate films, with the classes, splits and patients of both."""

import pandas as pd

from tasks.core import paths
from tasks.core.errors import TableError
from tasks.core.tables import PAIRS_SCHEMA

MAX_PAIRS = 60  # on the page; pairs across classes or splits come first
_FACTS = ("label", "given_split", "patient_id")


def join_pairs(films: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with class, given split and patient of both films.

    Args:
        films: One row per file, unique index, columns as in the manifest.
        pairs: As in `tables.PAIRS_SCHEMA`.

    Returns:
        One row per pair, in the order of `pairs`: `path`, `other_path`, `kind`, `n_bits`,
        `correlation`, `label`, `other_label`, `given_split`, `other_given_split`, `patient_id`,
        `other_patient_id`, and `n_labels`, `n_splits`: 2 if both are known and differ, else 1.

    Raises:
        TableError: A pair names a file that the manifest lacks.
    """
    table = pairs[PAIRS_SCHEMA.names].rename(columns={"path_a": "path", "path_b": "other_path"})
    named = films["path"].isin(pd.concat([table["path"], table["other_path"]]).unique())
    facts = films.loc[named, ["path", *_FACTS]].drop_duplicates("path").set_index("path")
    unknown = ~(table["path"].isin(facts.index) & table["other_path"].isin(facts.index))
    if unknown.any():
        raise TableError(
            "both films of a pair must be in the manifest",
            found=f"{int(unknown.sum())} pairs with other files, such as "
            f"{table.loc[unknown, 'path'].iloc[0]}",
            where=str(paths.PAIRS),
            next_step="run `dvc repro --force ingest`, which writes both tables",
        )
    for name in _FACTS:
        table[name] = facts[name].reindex(table["path"]).to_numpy()
        table[f"other_{name}"] = facts[name].reindex(table["other_path"]).to_numpy()
    table["n_labels"] = _n_values(table, "label")
    table["n_splits"] = _n_values(table, "given_split")
    joined: pd.DataFrame = table.reset_index(drop=True)
    return joined


def same_patient(films: pd.DataFrame) -> pd.DataFrame:
    """One pair of films for each patient with films in several given splits.

    Args:
        films: One row per file.

    Returns:
        Columns as from `join_pairs`, sorted by patient; `kind` is `patient`, `n_bits` and
        `correlation` are null. The pair is the first film of the patient's first split (by name)
        and the first film of the last split.
    """
    known = films.loc[films["status"] == "ok", ["path", *_FACTS]].dropna(
        subset=["patient_id", "given_split", "path"]
    )
    known = known[known["patient_id"].duplicated(keep=False)]
    firsts = known.sort_values("path", kind="stable").drop_duplicates(["patient_id", "given_split"])
    firsts = firsts.sort_values(["patient_id", "given_split"], kind="stable")
    firsts = firsts[firsts["patient_id"].duplicated(keep=False)]
    one = firsts.drop_duplicates("patient_id", keep="first")
    other = firsts.drop_duplicates("patient_id", keep="last")
    table = pd.DataFrame({"kind": ["patient"] * len(one)}).assign(n_bits=None, correlation=None)
    for name in ("path", *_FACTS):
        table[name] = one[name].to_numpy()
        table[f"other_{name}"] = other[name].to_numpy()
    table["n_labels"] = _n_values(table, "label")
    table["n_splits"] = 2
    return table


def conflicts_first(table: pd.DataFrame) -> pd.DataFrame:
    """The first MAX_PAIRS pairs: across classes, then across splits, then by path."""
    order = table.assign(same_label=-table["n_labels"], same_split=-table["n_splits"])
    order = order.sort_values(
        ["same_label", "same_split", "path", "other_path"], kind="stable", ignore_index=True
    )
    return order.drop(columns=["same_label", "same_split"]).head(MAX_PAIRS)


def _n_values(table: pd.DataFrame, name: str) -> pd.Series:
    one, other = table[name], table[f"other_{name}"]
    differ = one.notna() & other.notna() & (one.astype(object) != other.astype(object))
    return differ.astype("int64") + 1
