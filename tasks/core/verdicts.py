"""The form of reviewers' marks: pages and the service write them, `ingest` reads them."""

import re

VERDICTS = ("agree", "wrong_label", "poor_film")
MARK_COLUMNS = (
    "image_id",
    "path",
    "label_seen",
    "verdict",
    "label",
    "comment",
    "initials",
    "model",
)
MAX_MARK_CHARACTERS = 2000  # of one field; a comment is a sentence, not a file
# What a spreadsheet takes for a formula, also behind apostrophes that a reviewer wrote.
# Source: OWASP, "CSV Injection"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(field: str) -> str:
    """A field of a CSV file with one apostrophe before what a spreadsheet would run.

    Example:
        >>> guarded("=1+1"), guarded("a comment")
        ("'=1+1", 'a comment')
    """
    return f"'{field}" if _FORMULA.match(field) else field


def unguarded(field: str) -> str:
    """The field that `guarded` was given.

    Example:
        >>> unguarded("'=1+1"), unguarded("'quoted'")
        ('=1+1', "'quoted'")
    """
    return field[1:] if field.startswith("'") and _FORMULA.match(field, 1) else field
