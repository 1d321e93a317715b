"""Section on this network against the others."""

from tasks.page.figure_text import Finding
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.page_section import DataTable, PageSection, missing_section, p_cell


def comparison_section(inputs: PageInputs) -> PageSection:
    """This network against the others, on the same films."""
    found = inputs.comparison
    pairs = [pair for pair in found["pairs"] if inputs.model in (pair["a"], pair["b"])]
    title = "Against other networks"
    if not pairs:
        why = "There is no other network to compare with (models in params.yaml)."
        return missing_section("comparison", title, why)
    rows = [
        [
            f"{pair['a']} less {pair['b']}",
            row["measure"].replace("auroc", "AUROC"),
            row["difference"],
            p_cell(row["p"]),
            p_cell(row["p_corrected"]),
            _result(pair),
        ]
        for pair in pairs
        for row in pair["measures"]
    ]
    head = ("Networks", "Metric", "Difference", "p", "p, corrected", "Result of the pair")
    return PageSection(
        "comparison",
        title,
        (f"The same {found['n_images']} {found['films']} films, in pairs.",),
        tables=(DataTable("Comparisons in pairs", head, rows),),
        notes=(found["rule"],),
    )


def _result(pair: Finding) -> str:
    return f"{pair['better']} is better" if pair["better"] else "no difference is shown"
