"""Faults of a manifest, each with the expectation that it breaks and the rows that it affects."""

from collections.abc import Callable

import pandas as pd

Fault = Callable[[pd.DataFrame], pd.DataFrame]


def setting(**changes: object) -> Fault:
    """The film `train/NORMAL/00.png` with other facts."""
    return setting_at(["train/NORMAL/00.png"], **changes)


def setting_at(paths: list[str], **changes: object) -> Fault:
    def fault(manifest: pd.DataFrame) -> pd.DataFrame:
        manifest = manifest.astype(object).where(manifest.notna(), None)
        rows = manifest["path"].isin(paths)
        for column, value in changes.items():
            manifest.loc[rows, column] = value
        return manifest

    return fault


def without(*paths: str) -> Fault:
    return lambda manifest: manifest[~manifest["path"].isin(paths)]


def train(label: str, *numbers: int) -> list[str]:
    return [f"train/{label}/{number:02d}.png" for number in numbers]


def in_title_case(manifest: pd.DataFrame) -> pd.DataFrame:
    return manifest.assign(label=manifest["label"].replace("NORMAL", "Normal"))


def one_class_at_a_site(manifest: pd.DataFrame) -> pd.DataFrame:
    """Hospital B has normal films only."""
    films = manifest["label"].eq("NORMAL") & manifest["path"].str.contains("0[0-4]")
    return manifest.assign(site=films.map({True: "hospital B", False: "hospital A"}))


def listed_twice(manifest: pd.DataFrame) -> pd.DataFrame:
    # other pixels, because a copy would also be a duplicate picture
    again = manifest.head(1).assign(pixel_hash="f" * 64)
    return pd.concat([manifest, again], ignore_index=True)


FILM = "train/NORMAL/00.png"
PIXELS_OF_1 = f"{1:064x}"
# expectation -> (fault, paths of the rows named)
FAULTS: dict[str, tuple[Fault, list[str]]] = {
    "columns_present": (lambda manifest: manifest.drop(columns="subtype"), []),
    "path_unique": (listed_twice, ["test/NORMAL/08.png", "test/NORMAL/08.png"]),
    "image_id_is_sha256": (setting(image_id="0" * 63 + "G"), [FILM]),
    "path_named": (setting(path=None), ["None"]),
    "image_id_named": (setting(image_id=None), [FILM]),
    "label_named": (setting(label=None), [FILM]),
    "patient_named": (setting(patient_id=None), [FILM]),
    "facts_complete": (setting(mode=None), [FILM]),
    "side_long_enough": (setting(width=63, height=63), [FILM]),
    "aspect_plausible": (setting(width=401), [FILM]),
    "bit_depth_known": (setting(bit_depth=1), [FILM]),
    "file_not_empty": (setting(n_bytes=0), [FILM]),
    "enough_films": (
        without(*train("NORMAL", 0, 1), *train("PNEUMONIA", 10, 11, 12)),
        [],
    ),
    "two_classes": (lambda manifest: manifest.assign(label="NORMAL"), []),
    "label_canonical": (in_title_case, ["test/NORMAL/08.png"]),
    "class_on_both_sides": (
        setting_at(["test/NORMAL/08.png", "test/NORMAL/09.png"], given_split="train"),
        ["test/NORMAL/08.png"],
    ),
    "class_has_patients": (
        setting_at(train("NORMAL", *range(8)), patient_id="patient-0"),
        ["test/NORMAL/08.png"],
    ),
    "classes_balanced": (without(*train("NORMAL", 0, 1, 2, 3)), ["test/NORMAL/08.png"]),
    "status_known": (setting(status="maybe"), [FILM]),
    "rejection_has_reason": (setting(status="rejected"), [FILM]),
    "usable_has_no_reason": (setting(reason="constant"), [FILM]),
    "few_rejected": (
        setting_at(
            [FILM, "train/PNEUMONIA/10.png", "train/PNEUMONIA/11.png"],
            status="rejected",
            reason="unsupported",
            label=None,
        ),
        [FILM, "train/PNEUMONIA/10.png", "train/PNEUMONIA/11.png"],
    ),
    "class_keeps_films": (
        setting_at(train("NORMAL", 0, 1), status="rejected", reason="unsupported"),
        [FILM],
    ),
    "films_use_their_range": (setting(n_levels=17), [FILM]),
    "few_duplicates": (
        setting_at(train("NORMAL", 0, 1, 2, 3), pixel_hash=PIXELS_OF_1),
        train("NORMAL", 1, 2, 3),
    ),
    "one_class_per_picture": (
        setting_at(train("PNEUMONIA", 10), pixel_hash=PIXELS_OF_1),
        train("NORMAL", 1),
    ),
    "patient_in_one_split": (
        setting_at(["test/NORMAL/08.png"], patient_id="patient-1"),
        ["test/NORMAL/08.png"],
    ),
    "picture_in_one_split": (
        setting_at(["test/NORMAL/08.png"], pixel_hash=PIXELS_OF_1),
        ["test/NORMAL/08.png"],
    ),
    "one_bit_depth": (setting(bit_depth=16), [FILM]),
    "no_burned_in_text": (setting(burned_in=True), [FILM]),
}
# expectation -> (pairs of near duplicates, rows named)
NEAR: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "few_near_duplicates": (
        [(f"train/NORMAL/{k:02d}.png", f"train/NORMAL/{k + 1:02d}.png") for k in (0, 2, 4)],
        train("NORMAL", 1, 3, 5),
    ),
    "one_class_per_near_pair": ([(FILM, "train/PNEUMONIA/10.png")], [FILM]),
    "near_pair_in_one_split": ([(FILM, "test/NORMAL/08.png")], ["test/NORMAL/08.png"]),
}


def telling_class(column: str, split: str | None = None) -> Fault:
    """Adds 1 to a number of every PNEUMONIA film, or of every test film of NORMAL."""

    def fault(manifest: pd.DataFrame) -> pd.DataFrame:
        marked = manifest["label"] == ("PNEUMONIA" if split is None else "NORMAL")
        if split is not None:
            marked &= manifest["given_split"] == split
        return manifest.assign(**{column: manifest[column] + marked})

    return fault


SHORTCUTS: dict[str, Fault] = {
    "metadata_tell_no_class": telling_class("n_bytes"),
    "pixels_tell_no_class": telling_class("sharpness"),
    "metadata_tell_no_split": telling_class("n_bytes", "test"),
    "pixels_tell_no_split": telling_class("sharpness", "test"),
}
