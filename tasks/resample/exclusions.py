"""Usable films that a cohort must not hold: second copies, contradictions and leaks."""

import pandas as pd


def find_exclusions(films: pd.DataFrame) -> pd.DataFrame:
    """Columns `reason` and `because` for films to leave out, null for the others.

    - `label_conflict`: identical pixels under two labels; nobody can say which is right, so both
      go. Near duplicates under two labels are two pictures: both stay, in one group, and the
      data gate lists them for a person to judge.
    - `duplicate`: identical pixels. The copy in a kept test stays, else that of the smallest
      patient key, then image id, then path: file names decide only between equal files.
    - `leak`: shares a group with a film of the kept test.

    Args:
        films: Columns `path`, `image_id`, `patient_id`, `group_id`, `label` (mapped),
            `pixel_hash`, `held` (whether a kept test holds the film).
    """
    copies = films[films["pixel_hash"].duplicated(keep=False)]
    ordered = copies.sort_values(
        ["held", "patient_id", "image_id", "path"], ascending=[False, True, True, True]
    )
    same_pixels = ordered.groupby("pixel_hash")
    kept_path = same_pixels["path"].transform("first").reindex(copies.index)
    duplicate = copies.index[kept_path != copies["path"]]
    conflict = ordered.index[same_pixels["label"].transform("nunique") > 1]
    exclusions = pd.DataFrame(index=films.index, columns=["reason", "because"], dtype="str")
    exclusions.loc[duplicate, "reason"] = "duplicate"
    exclusions.loc[duplicate, "because"] = "same pixels as " + kept_path[duplicate]
    exclusions.loc[conflict, "reason"] = "label_conflict"
    exclusions.loc[conflict, "because"] = "same pixels under two labels"
    in_cohort = exclusions["reason"].isna()
    held_groups = films.loc[films["held"] & in_cohort, "group_id"].unique()
    leak = films["group_id"].isin(held_groups) & ~films["held"] & in_cohort
    exclusions.loc[leak, "reason"] = "leak"
    exclusions.loc[leak, "because"] = "shares group " + films["group_id"][leak] + " with the test"
    return exclusions
