from tasks.evaluate.adapt.change_in_words import describe_change
from tests.report_tables import estimate

UNDEFINED = estimate(None, None, None)
ROSE = estimate(0.3, 0.2, 0.4)


def test_films_of_one_side_do_not_show_that_it_helped() -> None:
    change = {"auroc": UNDEFINED, "sensitivity": ROSE, "specificity": UNDEFINED}
    found = describe_change(change)
    assert found.startswith("Whether it helped is unknown, without any specificity: sensitivity")
    change |= {"specificity": estimate(0.0, -0.1, 0.1)}
    assert describe_change(change).startswith("It helped: ")


def test_a_mean_auroc_of_the_classes_needs_no_sides() -> None:
    change = {"auroc": ROSE, "sensitivity": UNDEFINED, "specificity": UNDEFINED}
    assert describe_change(change).startswith("It helped: AUROC rose by 0.300")
