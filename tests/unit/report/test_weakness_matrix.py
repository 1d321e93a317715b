"""Rules in rows, networks in columns."""

from typing import Any

from tasks.report.weakness_matrix import collapsed_networks, weakness_rows


def summary(model: str, **rules: bool) -> dict[str, Any]:
    checks = [
        {
            "rule": rule.replace("__", ":"),
            "title": f"{rule} of {model}",
            "detail": "",
            "number": f"{model} 0.5",
            "is_weak": is_weak,
        }
        for rule, is_weak in rules.items()
    ]
    return {"model": model, "page": f"{model}.html", "weaknesses": checks}


def test_rows_are_in_the_order_of_importance_and_count_the_networks() -> None:
    rows = weakness_rows(
        [
            summary("a", few_films=True, collapsed=False, external__city=True),
            summary("b", collapsed=True, few_films=True, new_rule=False),
        ]
    )
    assert [(row.title, row.n_weak) for row in rows] == [
        ("Calls nearly every film the same", 1),
        ("Worse on films of city, or not known", 1),
        ("Few test films", 2),
        ("new rule", 0),
    ]
    assert [cell.is_weak for cell in rows[0].cells] == [False, True]
    assert rows[0].cells[1].number == "b 0.5"
    assert rows[0].cells[1].page == "b.html"


def test_a_rule_that_did_not_apply_is_no_pass() -> None:
    rows = weakness_rows([summary("a", collapsed=True), summary("b")])
    assert [cell.is_weak for cell in rows[0].cells] == [True, None]


def test_collapsed_networks_are_named() -> None:
    cells = collapsed_networks([summary("a", collapsed=True), summary("b", collapsed=False)])
    assert [(cell.model, cell.title) for cell in cells] == [("a", "collapsed of a")]
