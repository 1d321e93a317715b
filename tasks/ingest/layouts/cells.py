"""What a cell of a table means: a missing value, a whole number, several findings, yes or no."""

import re
from collections.abc import Iterable, Sequence

# Words that programs and people write for a missing value, in lower case
MISSING = frozenset(
    {"", "nan", "na", "n/a", "n.a.", "<na>", "#n/a", "nat", "none", "null", "unknown", "missing"}
)
# -1 is CheXpert's mark for a finding that the report leaves open
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes"), 1),
    **dict.fromkeys(("0", "false", "no"), 0),
    "-1": -1,
}
_WHOLE = re.compile(r"(-?[0-9]{1,18})\.0+")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or holds a word for a missing value, such as `nan` or `unknown`."""
    return cell.lower() in MISSING


def whole(cell: str) -> str:
    """A number without its empty decimals: 12 for 12.0, as pandas writes a column with gaps."""
    match = _WHOLE.fullmatch(cell)
    return match[1] if match else cell


def whole_numbers(cells: Sequence[str]) -> list[str]:
    """Write 12.0 as 12, if every cell of the column is a whole number or missing.

    Example:
        >>> whole_numbers(["12.0", "", "7"]), whole_numbers(["1.0", "1.5"])
        (['12', '', '7'], ['1.0', '1.5'])
    """
    written = [whole(cell) for cell in cells]
    numbers = all(
        is_missing(cell) or cell.removeprefix("-").isdecimal() for cell in dict.fromkeys(written)
    )
    return written if numbers else list(cells)


def findings_in(cell: str) -> tuple[str, ...]:
    """Findings that one cell lists, without missing ones.

    Args:
        cell: One finding, findings joined by `|`, or a list as Python or JSON writes it.

    Example:
        >>> findings_in("Effusion|Pneumonia"), findings_in("['normal', 'nan']"), findings_in("1.0")
        (('Effusion', 'Pneumonia'), ('normal',), ('1',))
    """
    if cell.startswith("[") and cell.endswith("]"):
        quoted = [single or double for single, double in _QUOTED.findall(cell)]
        parts = quoted or cell[1:-1].split(",")
    else:
        parts = cell.split("|")
    found = (whole(part.strip()) for part in parts)
    return tuple(part for part in found if not is_missing(part))


def several_findings(cells: Iterable[str]) -> str | None:
    """The first cell that lists several findings, or None."""
    return next((cell for cell in dict.fromkeys(cells) if len(findings_in(cell)) > 1), None)


def flag_of(cell: str) -> int | None:
    """1, 0 or -1 (uncertain) for a cell of a column with one finding; None for other cells.

    A missing value is 0: the finding is not mentioned.
    """
    return 0 if is_missing(cell) else _FLAGS.get(whole(cell).lower())
