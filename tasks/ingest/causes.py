"""The causes of rejections in words, for the console."""

from collections.abc import Iterator

import pandas as pd

from tasks.core.reasons import Cause, commonest_causes, is_lost_film


def count_causes(manifest: pd.DataFrame) -> Iterator[tuple[str, int, Cause]]:
    """The reasons in the manifest: those of lost films first, then by number of files.

    Yields:
        Reason code, number of files, and the most frequent cause.
    """
    rejected = manifest[manifest["status"] == "rejected"]
    counts = rejected["reason"].value_counts()
    lost = is_lost_film(pd.Series(counts.index, index=counts.index))
    for code in sorted(counts.index, key=lambda name: (not lost[name], -counts[name], name)):
        yield str(code), int(counts[code]), commonest_causes(rejected, str(code))[0]


def cause_in_words(code: str, n_files: int, cause: Cause) -> str:
    """One reason in a line, such as `3 unreadable (2 of them: no picture: a web page)`."""
    if not cause.detail:
        return f"{n_files} {code}"
    share = "" if cause.n_files == n_files else f"{cause.n_files} of them: "
    return f"{n_files} {code} ({share}{cause.detail})"
