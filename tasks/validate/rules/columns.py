"""Expectations about the columns of the manifest, and about the values that identify a film."""

from tasks.core.tables import MANIFEST_SCHEMA
from tasks.validate.group_tables import MANY_FILMS
from tasks.validate.rules.rule import Rule, percent_limit

# All films of one key are in one split: above a half, the other splits of the class stay small
_MOST_OF_A_CLASS = 0.5
_SHA256 = r"^[0-9a-f]{64}$"


def schema_rules() -> list[Rule]:
    """The columns exist, and the keys of a row are valid."""
    return [
        Rule(
            group="schema",
            name="columns_present",
            title="The manifest has every promised column",
            severity="error",
            threshold=f"{len(MANIFEST_SCHEMA.names)} columns",
            expectation="ExpectTableColumnsToMatchSet",
            arguments={"column_set": list(MANIFEST_SCHEMA.names), "exact_match": False},
            frame="manifest",
        ),
        Rule(
            group="schema",
            name="path_unique",
            title="No file is listed twice",
            severity="error",
            threshold="each path once",
            expectation="ExpectColumnValuesToBeUnique",
            arguments={"column": "path"},
        ),
        Rule(
            group="schema",
            name="image_id_is_sha256",
            title="Image ids are SHA-256 hashes",
            severity="error",
            threshold="64 hexadecimal digits",
            expectation="ExpectColumnValuesToMatchRegex",
            arguments={"column": "image_id", "regex": _SHA256},
            shows=("image_id",),
        ),
    ]


def identity_rules() -> list[Rule]:
    """Every usable film has an id, a class, a patient and all facts of its file."""
    return [
        Rule(
            group="identity",
            name="path_named",
            title="Every row has the path of its file",
            severity="error",
            threshold="no path missing",
            expectation="ExpectColumnValuesToNotBeNull",
            arguments={"column": "path"},
            shows=("image_id",),
        ),
        Rule(
            group="identity",
            name="image_id_named",
            title="Every usable film has an image id",
            severity="error",
            threshold="no id missing",
            expectation="ExpectColumnValuesToNotBeNull",
            arguments={"column": "image_id"},
            status="ok",
        ),
        Rule(
            group="identity",
            name="label_named",
            title="Every usable film has a class",
            severity="error",
            threshold="no class missing",
            expectation="ExpectColumnValuesToNotBeNull",
            arguments={"column": "label"},
            status="ok",
        ),
        Rule(
            group="identity",
            name="patient_named",
            title="Every usable film has a patient key (a film without a key counts as a patient "
            "of its own, so a leak through that patient is not found)",
            severity="warning",
            threshold="no key missing",
            expectation="ExpectColumnValuesToNotBeNull",
            arguments={"column": "patient_id"},
            status="ok",
        ),
        Rule(
            group="identity",
            name="patients_told_apart",
            title=f"No patient key stands for most films of a class ({MANY_FILMS} films or more), "
            "as in a set that was anonymised with one PatientID",
            severity="error",
            threshold=percent_limit(_MOST_OF_A_CLASS) + " of a class",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "percent", "max_value": 100 * _MOST_OF_A_CLASS},
            frame="patients",
            shows=("label", "n_films", "patient_id"),
            unit="% of a class",
            next_step="give the patients in an index.csv with the columns path, label and patient; "
            "if nobody knows them, put the path there, and each film counts as a patient",
        ),
        Rule(
            group="identity",
            name="facts_complete",
            title="Every usable film has its size, mode, format, hashes, byte count and pixel "
            "statistics",
            severity="error",
            threshold="no fact missing",
            expectation="ExpectColumnValuesToBeNull",
            arguments={"column": "missing_facts"},
            status="ok",
            shows=("missing_facts",),
        ),
    ]
