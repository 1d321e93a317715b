from tasks.explain.grading.method_ranks import with_ranks


def grade(name, passed, hits=None, deletion=0.2, insertion=0.5):
    truth = None if hits is None else {"pointing_game": {"value": hits}}
    return {
        "name": name,
        "sanity": {"passed": passed},
        "truth": truth,
        "deletion": {"value": deletion},
        "insertion": {"value": insertion},
    }


def names(methods):
    ranked = with_ranks(methods)
    assert [one["rank"] for one in ranked] == list(range(1, len(ranked) + 1))
    return [one["name"] for one in ranked]


def test_a_method_that_fails_its_check_stands_last_whatever_it_hits():
    methods = [grade("edges", False, 1.0), grade("silent", None, 0.0), grade("good", True, 0.3)]
    assert names(methods) == ["good", "silent", "edges"]


def test_truth_comes_before_the_curves_and_these_decide_without_it():
    assert names([grade("a", True, 0.3, insertion=0.9), grade("b", True, 0.6)]) == ["b", "a"]
    assert names([grade("a", True), grade("b", True, deletion=0.1)]) == ["b", "a"]
    assert names([grade("a", True, 0.5), grade("b", True, 0.5, insertion=0.6)]) == ["b", "a"]
