"""What a broken expectation means: its result as a title, what to do, and where its limit is set.

`rule_runner.py` fills in the numbers: `{worst}` is the value farthest from the limit, `{n}` the
number of failing rows, `{observed}` the values found in words.
"""

from dataclasses import dataclass

_MEND_ROWS = "repair or remove the listed files in ingest.source"
_REPORT = "run `dvc repro --force ingest`; if it stays, ingest.source changed while it was read"
_NO_WORK = "nothing: the stage resample keeps such films in one split"
_DECIDE = "look at the listed pairs, and remove the film whose class is wrong from ingest.source"


@dataclass(frozen=True)
class Broken:
    """A broken expectation in words.

    title: the result; may hold `{worst}`, `{n}` and `{observed}`.
    next_step: what the reader can do.
    setting: key of params.yaml that sets the limit; empty if the code sets it.
    """

    title: str
    next_step: str
    setting: str = ""


_TABLE = {
    "columns_present": Broken("The manifest lacks columns: {observed}", _REPORT),
    "path_unique": Broken("Files listed more than once: {n}", _REPORT),
    "image_id_is_sha256": Broken("Image ids that are no SHA-256 hashes: {n}", _REPORT),
    "path_named": Broken("Rows without a path: {n}", _REPORT),
    "image_id_named": Broken("Usable films without an image id: {n}", _REPORT),
    "label_named": Broken("Usable films without a class: {n}", _MEND_ROWS),
    "patient_named": Broken(
        "Patients unknown: each film counted as one (films: {n})",
        "give the patients in an index.csv with the columns path, label and patient",
    ),
    "patients_told_apart": Broken(
        "One patient key stands for {worst} % of a class", "give the patients in an index.csv"
    ),
    "facts_complete": Broken("Usable films that lack facts of their file: {n}", _REPORT),
}
_FILMS = {
    "side_long_enough": Broken(
        "Films too small: {n}, the shortest side {worst} px", _MEND_ROWS, "ingest.min_side_px"
    ),
    "aspect_plausible": Broken(
        "Films too long for radiographs: {n}, up to {worst} times as long as wide",
        _MEND_ROWS,
        "validate.max_aspect",
    ),
    "bit_depth_known": Broken("Films with a bit depth other than 8 or 16: {n}", _MEND_ROWS),
    "file_not_empty": Broken("Empty files: {n}", _MEND_ROWS),
    "one_bit_depth": Broken(
        "Films with another bit depth than most: {n}",
        "export them with one bit depth, or check that the depth does not tell the class",
    ),
    "films_use_their_range": Broken("Films with few grey levels: {observed}", _MEND_ROWS),
    "films_upright": Broken(
        "Films may be upside down: {observed}",
        "turn the listed films that are upside down, in ingest.source",
        "validate.max_upside_down_share",
    ),
    "no_burned_in_text": Broken(
        "DICOM files that declare text in their pixels, which may name a person: {n}",
        "look at the listed files, and export them without the text",
    ),
}
_CLASSES = {
    "enough_films": Broken("Too few films: {observed}", "add films", "validate.min_films"),
    "two_classes": Broken(
        "Fewer than two classes: {observed}", "check ingest.layout and the names of the folders"
    ),
    "label_canonical": Broken(
        "Class names with an unusual spelling: {n}", "rename the folders of the listed classes"
    ),
    "negative_class_present": Broken(
        "No class means no finding",
        "set evaluate.negative_class to a class of the source, or to null",
        "evaluate.negative_class",
    ),
    "class_on_both_sides": Broken(
        "Classes without a film on one side of the given test split: {n}",
        "set resample.keep_given_test to false, so that the films are split anew",
    ),
    "class_has_films": Broken(
        "Classes with too few films: {n}, the smallest with {worst}",
        "add films of these classes, or leave the classes out",
        "validate.min_class_films",
    ),
    "class_has_patients": Broken(
        "Classes with too few patients: {n}, the smallest with {worst}",
        "add films of other patients, or leave the classes out",
        "validate.min_class_patients",
    ),
    "class_at_every_site": Broken(
        "Sites that lack a class, so that the site tells the class: {n}",
        "add films of the missing classes",
    ),
    "classes_balanced": Broken(
        "The classes are unbalanced: the largest has {worst} times as many films as the smallest",
        "add films of the small classes, or set resample.balance and then raise the limit",
        "validate.max_class_ratio",
    ),
}
_FILES = {
    "status_known": Broken("Files neither usable nor rejected: {n}", _REPORT),
    "rejection_has_reason": Broken("Rejected files without a reason: {n}", _REPORT),
    "usable_has_no_reason": Broken("Usable films with a reason for rejection: {n}", _REPORT),
    "few_rejected": Broken(
        "Many pictures are not used: {observed}", _MEND_ROWS, "validate.max_rejected_share"
    ),
    "class_keeps_films": Broken(
        "A class loses {worst} % of its films", _MEND_ROWS, "validate.max_class_rejected_share"
    ),
    "few_duplicates": Broken(
        "Many films are copies: {observed}",
        "remove the copies from ingest.source; the stage resample also leaves them out",
        "validate.max_duplicate_share",
    ),
    "few_near_duplicates": Broken(
        "Many films are nearly copies: {observed}",
        "look at the listed pairs: films of one patient are no fault",
        "validate.max_near_duplicate_share",
    ),
    "one_class_per_picture": Broken("Pictures with two classes: {n}", _DECIDE),
    "one_class_per_near_pair": Broken("Pairs of near duplicates with two classes: {n}", _DECIDE),
    "patient_in_one_split": Broken("Patients in two of the given splits: {n}", _NO_WORK),
    "picture_in_one_split": Broken("Pictures in two of the given splits: {n}", _NO_WORK),
    "near_pair_in_one_split": Broken("Pairs of near duplicates in two given splits: {n}", _NO_WORK),
}
_COMPARE = "compare each network with the baselines; one that is no better has learned this"
_TWO_SETS = "find out whether the given test films come from another machine or export"
_DRIFTED = "find out what changed in the source since validate.reference was written"
_DISTRIBUTIONS = {
    "metadata_tell_no_class": Broken(
        "File facts give the class away: AUROC {worst}", _COMPARE, "validate.max_shortcut_auroc"
    ),
    "pixels_tell_no_class": Broken(
        "Brightness, sharpness or border give the class away: AUROC {worst}",
        _COMPARE,
        "validate.max_shortcut_auroc",
    ),
    "metadata_tell_no_split": Broken(
        "File facts tell the given test films from the others: AUROC {worst}",
        _TWO_SETS,
        "validate.max_shift_auroc",
    ),
    "pixels_tell_no_split": Broken(
        "Brightness, sharpness or border tell the given test films from the others: AUROC {worst}",
        _TWO_SETS,
        "validate.max_shift_auroc",
    ),
    "statistics_stable": Broken(
        "Statistics that differ from the reference: {n}, stability index up to {worst}",
        _DRIFTED,
        "validate.max_drift",
    ),
    "no_class_vanished": Broken("Classes of the reference without a film: {n}", _DRIFTED),
    "no_new_class": Broken("Classes that the reference lacks: {n}", _DRIFTED),
    "class_shares_stable": Broken(
        "The classes have other shares than in the reference: stability index {worst}",
        _DRIFTED,
        "validate.max_drift",
    ),
}
BROKEN = _TABLE | _FILMS | _CLASSES | _FILES | _DISTRIBUTIONS
