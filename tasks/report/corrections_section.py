"""What became of the reviewers' marks, for the index page."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tasks.core.corrections import APPLIED, OPEN_OUTCOMES, OUTCOMES_OF_MARKS


@dataclass(frozen=True)
class CorrectionsView:
    """Marks of reviewers with what became of them.

    rows: one for each marked film that is not merely confirmed, the open ones first. counts:
    films by outcome. n_open: films whose mark changed nothing and needs a look.
    n_relabelled_test: films of the test split that have another label now.
    """

    rows: list[dict[Hashable, Any]]
    counts: Mapping[str, int]
    n_films: int
    n_open: int
    n_relabelled_test: int

    @property
    def title(self) -> str:
        """The result in one line."""
        if not self.n_films:
            return "No film was marked by a reviewer"
        applied = ", ".join(f"{self.counts.get(outcome, 0)} {outcome}" for outcome in APPLIED)
        waiting = f"; {self.n_open} need a look" if self.n_open else ""
        return f"Reviewers marked {self.n_films} films: {applied}{waiting}"


def view_corrections(corrections: pd.DataFrame, samples: pd.DataFrame) -> CorrectionsView:
    """Sort the marks and count them.

    Args:
        corrections: Columns of `CORRECTIONS_SCHEMA`.
        samples: Columns `image_id` and `split`.
    """
    order = [*OPEN_OUTCOMES, *(name for name in OUTCOMES_OF_MARKS if name not in OPEN_OUTCOMES)]
    table = corrections[corrections["outcome"] != "confirmed"]
    table = table.assign(place=table["outcome"].map(order.index)).sort_values(["place", "path"])
    rows = table.drop(columns="place").astype(object).where(table.notna(), None)
    test = samples.loc[samples["split"] == "test", "image_id"]
    relabelled = corrections[corrections["outcome"] == "relabelled"]
    counts = corrections["outcome"].value_counts().to_dict()
    return CorrectionsView(
        rows=rows.assign(meaning=rows["outcome"].map(OUTCOMES_OF_MARKS)).to_dict("records"),
        counts={str(outcome): int(n) for outcome, n in counts.items()},
        n_films=len(corrections),
        n_open=sum(int(counts.get(outcome, 0)) for outcome in OPEN_OUTCOMES),
        n_relabelled_test=int(relabelled["image_id"].isin(test).sum()),
    )
