"""Section on the baselines: what a classifier that knows no anatomy reaches, as differences."""

from tasks.page.figure_text import Finding, estimate_of
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.page_section import Cell, DataTable, PageSection
from tasks.page.weakness_rules.baseline_rule import differences_of

_HEAD = ("Baseline", "AUROC", "Network less baseline, AUROC", "Network less baseline, accuracy")


def baseline_section(inputs: PageInputs) -> PageSection:
    """Each baseline, and the network less it on the same films."""
    differences = differences_of(inputs)
    rows = [_row(one, differences.get(one["name"], {})) for one in inputs.baselines]
    return PageSection(
        "baselines",
        "Against classifiers that know no anatomy",
        (
            "Trivial classifiers, fitted to the training films and judged on the same test films. "
            "They know the file, the exposure or simple statistics of the picture, and nothing of "
            "the anatomy. A network earns its place by the difference. An interval of a difference "
            "that reaches 0 shows no difference.",
        ),
        tables=(DataTable("Baselines and differences", _HEAD, rows),),
        notes=(
            "The gate of the data looks at the same file facts and pixel statistics before a "
            "network is trained. Intervals are by patient, paired on the films.",
        ),
    )


def _row(baseline: Finding, difference: Finding) -> list[Cell]:
    return [
        baseline["name"],
        estimate_of(baseline, "test", "auroc"),
        estimate_of(difference, "auroc"),
        estimate_of(difference, "accuracy"),
    ]
