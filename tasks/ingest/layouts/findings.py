"""From the findings of a film to its class, as `ingest.table.classes` lists them.

A film has each class that lists at least one of its findings. Findings that no class lists do not
count; `"*"` stands for all of them. A film with exactly one class has that label. A film with no
class, or with two, has none: nothing decides between them, no class comes first.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tasks.core.params import Uncertain
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.cells import whole

ANY_OTHER = "*"


@dataclass(frozen=True)
class Classes:
    """Classes by finding.

    Attributes:
        of_finding: Class of each listed finding; both in canonical form.
    """

    of_finding: Mapping[str, str]

    @classmethod
    def from_lists(cls, lists: Mapping[str, Iterable[str]]) -> "Classes":
        """Take `{class: [finding, ...]}`; upper and lower case are equal, and so are 1 and 1.0."""
        return cls(
            {
                canonical_label(whole(finding.strip())): canonical_label(label)
                for label, findings in lists.items()
                for finding in findings
            }
        )

    def label_of(self, findings: Collection[str]) -> str | None:
        """Class of a film, or None if no class lists its findings or two do.

        Example:
            >>> classes = Classes.from_lists({"NORMAL": ["No Finding"], "PNEUMONIA": ["Pneumonia"]})
            >>> classes.label_of(["Pneumonia", "Effusion"]), classes.label_of(["Effusion"])
            ('PNEUMONIA', None)
        """
        other = self.of_finding.get(ANY_OTHER)
        named = (self.of_finding.get(canonical_label(found), other) for found in findings)
        labels = {label for label in named if label}
        return labels.pop() if len(labels) == 1 else None

    def label_of_flags(self, flags: Mapping[str, int], uncertain: Uncertain) -> str | None:
        """Class of a film from columns with one finding each.

        Args:
            flags: 1, 0 or -1 (uncertain) for each listed finding, in canonical form.
            uncertain: What -1 counts as. `leave_out`: a film with an uncertain listed finding has
                no class.
        """
        if uncertain == "leave_out" and -1 in flags.values():
            return None
        positive = 1 if uncertain != "positive" else -1
        return self.label_of([name for name, flag in flags.items() if flag in (1, positive)])
