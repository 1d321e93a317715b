"""What became of the reviewers' marks: `ingest` applies them, `report` shows them."""

import pyarrow as pa

# What became of a mark, with its meaning; the last ones change nothing and need a look
OUTCOMES_OF_MARKS = {
    "relabelled": "the film has the class that the reviewer named",
    "excluded": "the film is not used",
    "confirmed": "the reviewer agrees with the label",
    "already so": "the source gives the class that the reviewer named",
    "contradicted": "reviewers differ about this film; nothing was changed",
    "label changed": "the source gives another label than the reviewer saw; nothing was changed",
    "film changed": "the file at this path has other bytes now; nothing was changed",
    "film gone": "the source holds no such film; nothing was changed",
    "not used": "the film was rejected for another reason",
}
APPLIED = ("relabelled", "excluded")
OPEN_OUTCOMES = ("contradicted", "label changed", "film changed", "film gone")

CORRECTIONS_SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),  # sha256 of the film that the reviewer saw, hex
        ("path", pa.string()),  # where the film was when the reviewer saw it
        ("verdict", pa.string()),  # one of verdicts.VERDICTS; several are joined by "; "
        ("label_before", pa.string()),  # label that the source gives; null if the film is gone
        ("label", pa.string()),  # class that the reviewer named, or null
        ("initials", pa.string()),  # who
        ("comment", pa.string()),  # why
        ("model", pa.string()),  # on whose page the film was marked
        ("outcome", pa.string()),  # a key of OUTCOMES_OF_MARKS
    ]
)
