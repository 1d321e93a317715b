"""The reasons for which a file is not used, in one table; ingest writes them, the gate counts them.

A lost film is a file that is a film or may be one. The gate counts lost films, so that no part of
a class vanishes in silence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a program that screens films has no pandas
    import pandas as pd

MAX_DETAILS = 3
_EXAMPLES = 3  # files named for each detail
_AGAIN = "download or copy these files again"


@dataclass(frozen=True)
class Reason:
    """One reason code of the manifest.

    meaning: The code in plain words.
    is_lost_film: Whether the gate counts the file as a film that is lost.
    next_step: What the reader can do about it.
    """

    meaning: str
    is_lost_film: bool
    next_step: str


@dataclass(frozen=True)
class Cause:
    """Files that are rejected for one reason with alike details.

    n_files: Number of files.
    detail: The most frequent detail among them; None if they have none. Details that differ only
        in numbers are alike.
    paths: The first of the files.
    next_step: What the reader can do about them.
    """

    n_files: int
    detail: str | None
    paths: list[str]
    next_step: str


REASONS: Mapping[str, Reason] = {
    "unreadable": Reason(
        "no decoder can read it", True, "open one of these files in a viewer and export it again"
    ),
    "truncated": Reason("the file ends before its pixels do", True, _AGAIN),
    "unsupported": Reason(
        "a picture in a form that is not read", True, "convert these files to PNG"
    ),
    "bomb": Reason(
        "larger than any radiograph", True, "scale these pictures down, or take them out"
    ),
    "bit_depth": Reason(
        "the file does not state the range of its values",
        True,
        "export these films with 8 or 16 bits",
    ),
    "too_small": Reason(
        "shorter than ingest.min_side_px", True, "take larger films, or lower ingest.min_side_px"
    ),
    "constant": Reason("one grey level only", True, "take these files out of the source"),
    "few_levels": Reason(
        "too few grey levels for a film",
        True,
        "move label maps to a folder named masks; export films with their full range",
    ),
    "colour_photograph": Reason(
        "a picture in colour", True, "take these files out, or raise ingest.max_colour"
    ),
    "unknown_label": Reason(
        "neither its folder nor the index names its class",
        True,
        "move these files to a class folder, or list them in the index",
    ),
    "mask": Reason("a mask, not a film", False, "nothing: a mask is no film"),
    "nested_copy": Reason("a second copy of the whole set", False, "nothing: one copy is read"),
    "excluded_by_reviewer": Reason(
        "a reviewer excluded it", False, "see the corrections in reports/index.html"
    ),
    "no_class": Reason("the mapping names no class for it", False, "nothing: the mapping says so"),
    "not_frontal": Reason(
        "a lateral view, by its table, name or header",
        False,
        "nothing: frontal films alone are used",
    ),
    "not_an_image": Reason("not a picture", False, "nothing: the file is no picture"),
    "junk": Reason("a file of the operating system", False, "nothing: the file is no picture"),
}
# Words of a detail, and the step that fits them better than that of the reason; the first counts
_STEPS = (
    ("checksum", _AGAIN),
    ("crc", _AGAIN),
    ("truncated", _AGAIN),
    ("an empty file", _AGAIN),
    ("web page", "download these files again, signed in: the server sent a page instead"),
    ("zero bytes", _AGAIN),
    ("git lfs", "run `git lfs pull` in the source"),
    ("encrypted", "unpack the archive with its password and set ingest.source to the folder"),
    ("password", "unpack the archive with its password and set ingest.source to the folder"),
    ("link", "put the files themselves in place of the links"),
    ("permission", "allow this user to read these files"),
    ("rename it", "rename these files after what they are"),
    ("unpack it", "unpack these archives beside the films"),
    ("without preamble", "write DICOM files of them, for example with `dcmconv IN OUT`"),
    ("transfer syntax", "decompress these files, for example with `gdcmconv --raw IN OUT`"),
    ("compression method", "pack the archive again with the method deflate, or unpack it"),
)


def is_lost_film(reasons: "pd.Series") -> "pd.Series":
    """Whether each reason is that of a lost film; a code that the table lacks is one."""
    no_film = [code for code, reason in REASONS.items() if not reason.is_lost_film]
    return ~reasons.isin(no_film)


def next_step(code: str, detail: str | None) -> str:
    """What the reader can do about files with this reason and detail."""
    words = (detail or "").lower()
    for word, step in _STEPS:
        if word in words:
            return step
    return REASONS[code].next_step if code in REASONS else "see tasks/core/reasons.py"


def commonest_causes(rejected: "pd.DataFrame", code: str) -> list[Cause]:
    """The most frequent details of one reason.

    Args:
        rejected: Rows of the manifest with status `rejected`: `path`, `reason`, `detail`.
        code: A reason code.

    Returns:
        Up to MAX_DETAILS causes, the most frequent first; equal counts by text.
    """
    mine = rejected[rejected["reason"] == code]
    pattern = mine["detail"].astype(object).fillna("").map(_without_numbers)
    groups = [(-len(films), str(key), films) for key, films in mine.groupby(pattern)]
    found = []
    for minus_n, _, films in sorted(groups, key=lambda group: group[:2])[:MAX_DETAILS]:
        named = films["detail"].dropna().value_counts().sort_index()
        detail = None if named.empty else str(named.idxmax())
        paths = sorted(films["path"].astype(str))[:_EXAMPLES]
        found.append(Cause(-minus_n, detail, paths, next_step(code, detail)))
    return found


def _without_numbers(detail: str) -> str:
    return re.sub(r"\d+(?:[.,]\d+)*", "N", detail)
