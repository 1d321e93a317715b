"""All defects, each with the gates that must report it; no other gate may report it.

A defect has two gates if two stages see it: `validate` names the films and `resample` leaves them
out. A renamed class breaks three expectations of the comparison with the reference.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.studies.defects import (
    archives,
    content,
    copies,
    damage,
    files,
    harmless,
    pictures,
    sets,
    trees,
)
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
        ("validate:two_classes", "validate:negative_class_present"),
    ),
    Defect(
        "class missing from test",
        sets.no_test_class,
        ("validate:class_on_both_sides", "resample:refused"),
    ),
    Defect("half-grey JPEG", damage.closed_half, ("ingest:truncated",)),
    Defect("one patient", trees.one_patient, ("validate:patients_told_apart",)),
    Defect("patient folders", trees.patient_folders, ("ingest:refused",)),
    Defect("two rows for a film", trees.two_rows, ("ingest:refused",)),
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
    Defect("32 bits", files.floats, ("ingest:bit_depth",)),
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
    Defect("spliced JPEG, short", damage.spliced_short, ("ingest:truncated",)),
    Defect("spliced JPEG, long", damage.spliced_long, ("ingest:unreadable",)),
    Defect("thin picture, many scans", damage.costly, ("ingest:bomb",)),
    Defect("palette missing", damage.without_palette, ("ingest:unreadable",)),
    Defect("polarity unclear", damage.unclear_polarity, ("ingest:unreadable",)),
    Defect("lateral view", damage.lateral_views, ("ingest:not_frontal",)),
    Defect("GIF", content.gifs, ("ingest:unsupported",)),
    Defect(
        "GIFs of a small class",
        content.gifs_of_a_small_class,
        ("ingest:unsupported", "validate:class_keeps_films"),
    ),
    Defect("text suffix", content.text_names, ("ingest:unsupported",)),
    Defect("mask among films", content.two_values, ("ingest:mask",)),
    Defect("lung masks", content.lung_masks, ("ingest:mask",)),
    Defect("label map", content.label_maps, ("ingest:few_levels",)),
    Defect("16 levels", content.sixteen_levels, ("validate:films_use_their_range",)),
    Defect(
        "negative class renamed",
        trees.renamed_negative_class,
        ("validate:negative_class_present",),
    ),
    Defect("hospital of one class", trees.one_class_hospital, ("validate:class_at_every_site",)),
    Defect("batch folders", trees.batch_folders, ("ingest:refused",)),
    Defect("folder beside splits", trees.folder_beside_splits, ("ingest:refused",)),
    Defect("index too deep", trees.deep_index, ("ingest:refused",)),
    Defect("other finding", trees.other_findings, ("ingest:no_class",)),
    Defect("zip with a password", archives.with_password, ("ingest:refused",)),
    Defect("Deflate64", archives.deflate64, ("ingest:refused",)),
    Defect("log-in page", archives.log_in_page, ("ingest:refused",)),
    Defect("half a zip", archives.half_zip, ("ingest:refused",)),
)

# Sound sets: no gate may report them, and every film is kept
HARMLESS = (
    Defect("no suffix", harmless.without_suffix, ()),
    Defect("no end marker", harmless.without_end, ()),
    Defect("batches", harmless.batches, ()),
    Defect("hospitals", harmless.hospitals, ()),
    Defect("long text", harmless.long_text, ()),
    Defect("white is zero", harmless.white_is_zero, ()),
    Defect("backslashes", harmless.backslashes, ()),
)
