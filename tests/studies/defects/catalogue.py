"""All defects, each with the gates that must report it; no other gate may report it.

A defect has two gates if two stages see it: `validate` names the films and `resample` leaves them
out. A renamed class breaks three expectations of the comparison with the reference.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.studies.defects import copies, files, pictures, sets
from tests.studies.defects.tree import Instance, Tree


@dataclass(frozen=True)
class Defect:
    """One kind of defect.

    plant: function that changes a clean set and returns what it planted.
    gates: names of the gates that must report it, in the order of the stages (see `gates.py`).
    against_reference: whether the clean manifest is the reference of `validate`.
    """

    name: str
    plant: Callable[[Tree], list[Instance]]
    gates: tuple[str, ...]
    against_reference: bool = False

    @property
    def words(self) -> str:
        """Description of the defect: the docstring of `plant`."""
        return " ".join(str(self.plant.__doc__).split()).removesuffix(".")


CLEAN = Defect("clean", sets.unchanged, ())

# `make test` plants these; `make test-all` plants the others too
CORE = (
    Defect("duplicate", copies.duplicates, ("resample:duplicate",)),
    Defect("many duplicates", copies.many_duplicates, ("validate:few_duplicates",)),
    Defect("near duplicates", copies.near_duplicates, ("validate:few_near_duplicates",)),
    Defect(
        "near duplicate in test",
        copies.near_duplicate_in_test,
        ("validate:near_pair_in_one_split", "resample:leak"),
    ),
    Defect(
        "leaked patient",
        copies.leaked_patients,
        ("validate:patient_in_one_split", "resample:leak"),
    ),
    Defect(
        "label conflict",
        copies.label_conflicts,
        ("validate:one_class_per_picture", "resample:label_conflict"),
    ),
    Defect("truncated file", files.truncated, ("ingest:truncated",)),
    Defect("16-bit film", pictures.deep, ("validate:one_bit_depth",)),
    Defect("decompression bomb", files.bombs, ("ingest:bomb",)),
    Defect("mask folder", files.masks, ("ingest:mask",)),
    Defect("vertical flip", pictures.upside_down, ("validate:films_upright",)),
    Defect("JPEG shortcut", pictures.quality_shortcut, ("validate:metadata_tell_no_class",)),
    Defect("profile shortcut", pictures.profile_shortcut, ("validate:metadata_tell_no_class",)),
    Defect("brighter test", pictures.bright_test, ("validate:pixels_tell_no_split",)),
    Defect(
        "brightness drift",
        pictures.bright_set,
        ("validate:statistics_stable",),
        against_reference=True,
    ),
    Defect(
        "class missing",
        sets.one_class_in_index,
        ("ingest:not_an_image", "validate:two_classes"),
    ),
    Defect(
        "class missing from test",
        sets.no_test_class,
        ("validate:class_on_both_sides", "resample:refused"),
    ),
)

MORE = (
    Defect("junk", files.junk, ("ingest:junk",)),
    Defect("no image", files.no_images, ("ingest:not_an_image",)),
    Defect("unreadable file", files.unreadable, ("ingest:unreadable",)),
    Defect(
        "many truncated files",
        files.many_truncated,
        ("ingest:truncated", "validate:few_rejected"),
    ),
    Defect("too small", files.too_small, ("ingest:too_small",)),
    Defect("constant", files.constant, ("ingest:constant",)),
    Defect("colour photograph", files.colour_photographs, ("ingest:colour_photograph",)),
    Defect("1 and 32 bits", files.odd_depths, ("ingest:bit_depth",)),
    Defect("nested copy", files.nested_copy, ("ingest:nested_copy",)),
    Defect("unknown label", files.outside_classes, ("ingest:unknown_label",)),
    Defect(
        "duplicate in test",
        copies.duplicate_in_test,
        ("validate:picture_in_one_split", "resample:duplicate"),
    ),
    Defect(
        "label conflict of twins",
        copies.near_label_conflicts,
        ("validate:one_class_per_near_pair",),
    ),
    Defect("stretched film", pictures.stretched, ("validate:aspect_plausible",)),
    Defect("burned-in text", pictures.burned_in, ("validate:no_burned_in_text",)),
    Defect("patient unknown", pictures.without_patient, ("validate:patient_named",)),
    Defect("brightness shortcut", pictures.brightness_shortcut, ("validate:pixels_tell_no_class",)),
    Defect("recompressed test", pictures.recompressed_test, ("validate:metadata_tell_no_split",)),
    Defect("class folder missing", sets.no_folder, ("ingest:refused",)),
    Defect(
        "class shrunk",
        sets.shrunk_class,
        ("validate:class_shares_stable",),
        against_reference=True,
    ),
    Defect(
        "class renamed",
        sets.renamed_class,
        (
            "validate:class_shares_stable",
            "validate:no_class_vanished",
            "validate:no_new_class",
        ),
        against_reference=True,
    ),
    Defect("few films", sets.few_films, ("validate:enough_films",)),
    Defect("small class", sets.small_class, ("validate:class_has_films",)),
    Defect("class of few patients", sets.few_patients, ("validate:class_has_patients",)),
    Defect("unbalanced classes", sets.unbalanced, ("validate:classes_balanced",)),
)
