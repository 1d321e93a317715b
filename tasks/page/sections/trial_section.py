"""Section on what bounds the trust in every number: readings of the test films, and labels."""

from tasks.core.html.number_format import count_of
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.page_section import Cell, DataTable, PageSection


def trial_section(inputs: PageInputs) -> PageSection:
    """How often the test films were read, and how many labels are worth a second look.

    Source:
        Dwork et al., Science 349:636-638, 2015: each look at the test films makes the next number
        less trustworthy.
    """
    here, total = inputs.n_readings.get(inputs.model, 0), sum(inputs.n_readings.values())
    rows: list[list[Cell]] = [[name, n] for name, n in inputs.n_readings.items()]
    return PageSection(
        "readings",
        "How far the numbers can be trusted",
        (
            f"The ledger counts {count_of(here, 'different reading')} of the test films with this "
            f"network, {total} with all: the evaluation, the disturbed films, the wrong calls and "
            "the comparison are one each. The same reading again tells nothing new and is not "
            "counted. Each look may steer a choice, so the intervals on this page hold strictly "
            "for the first look only.",
            _labels_text(inputs),
        ),
        tables=(DataTable("Readings of the test films", ("Network", "Readings"), rows),),
    )


def _labels_text(inputs: PageInputs) -> str:
    found = inputs.labels
    if found["gap"]:
        return f"The labels were not audited: {found['gap']}."
    return (
        f"{found['n_issues']} of {count_of(found['n_images'], 'label')} of all splits are worth a "
        "second look; the page of the labels shows the first of them. No number here can be truer "
        "than the labels."
    )
