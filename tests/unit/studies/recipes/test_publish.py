"""The page shows each recipe, what the rule says, and the test scores once they are opened."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from tasks.core.atomic import read_json, write_json
from tests.films import ROOT
from tests.recipe_searches import SHARED, STAGE, film_sets_of, judge_in, logits_of, write_trial
from tests.studies.recipes import final, publish
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.final import check_not_opened, open_test
from tests.studies.recipes.opened_search import note_stage, read_stages
from tests.studies.recipes.page import recipes_page, recipes_table, search_section
from tests.studies.recipes.publish import correlations, picked
from tests.studies.recipes.results import Stage
from tests.studies.recipes.rule import RULE
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT
from tests.studies.recipes.work_folder import WorkFolder

NAMES = ["wide_turned_degraded", "wide", "wide_averaged"]
WRONG = dict(zip(NAMES, (2, 0, 4), strict=True))  # external films, and test films
OLD = {
    "size_px": 32,
    "epochs": 40,
    "n_seeds": 1,
    "results": [
        {"recipe": "mild", "ordinary": 0.9961, "held_out": 0.85},
        {"recipe": "wide", "ordinary": 0.9932, "held_out": 0.8},
    ],
    "picked": {"ordinary": "mild", "held_out": "wide"},
    "test": {"wide": {"auroc": 0.9714, "sensitivity": 0.99, "specificity": 0.75}},
}


@pytest.fixture
def work(tmp_path, monkeypatch) -> WorkFolder:
    """A finished search of three recipes, with sealed test logits of one film set."""
    work = WorkFolder(tmp_path / "work")
    for name in NAMES:
        for split in (WHOLE, WITHOUT_HELD_OUT):
            trial = SHARED.trial(RECIPES[name], STAGE.size_px, STAGE.epochs, 0, split)
            write_trial(trial, work, {"external/clinic": WRONG[name]})
            if split == WHOLE:
                sealed = work.sealed(trial.key)
                sealed.parent.mkdir(exist_ok=True)
                logits = logits_of(film_sets_of()["external/clinic"], WRONG[name])
                np.savez(sealed, test=logits, network=work.fingerprint(trial.key))
    write_json(work.settings, {"data": "films", "model": SHARED.model})
    note_stage(work, STAGE, [RECIPES[name] for name in NAMES])
    monkeypatch.setattr(final, "films_of_test", lambda *_: film_sets_of()["external/clinic"])
    return work


def search_of(work: WorkFolder, *, with_test: bool) -> dict:
    recipes = [RECIPES[name] for name in NAMES]
    return publish._search(judge_in(work.root), STAGE, recipes, with_test=with_test)


def test_without_the_test_nothing_is_opened(work):
    found = search_of(work, with_test=False)
    assert (found["test"], found["rank_correlation"]) == ({}, {})
    check_not_opened(work)
    page = search_section(found)
    assert "## films, 32 px, 2 epochs" in page
    assert "Winner by the rule: open" in page
    assert "Spearman" not in page
    not_tried = page.split("not tried here: ")[1].splitlines()[0]
    assert "`wide_views`" in not_tried
    assert "`wide`" not in not_tried
    # external clinic has 20 positive films: 2 and 4 wrong
    assert "| `wide` | +0.100 (" not in page.split("Difference to")[0]
    external = page.split("Difference to")[1].splitlines()[4:6]
    assert external[0].startswith("| `wide` |")
    assert "| +0.100 (" in external[0]
    assert "| -0.100 (" in external[1]


def test_the_precision_is_that_of_the_networks(work):
    assert search_of(work, with_test=False)["precision"] == SHARED.shipped.precision  # no network
    for name, precision in ((NAMES[0], "float32"), (NAMES[1], "mixed_bfloat16")):
        for key in judge_in(work.root).keys(RECIPES[name], STAGE, 0):
            write_json(work.trial(key) / "model/model.json", {"precision": precision})
    assert "precision float32, mixed_bfloat16, " in search_section(search_of(work, with_test=False))
    (work.trial(key) / "model/model.json").write_text("{}")
    with pytest.raises(final.ParamsError, match=r"(?s)no key precision.*model\.json"):
        search_of(work, with_test=False)


def test_the_test_is_opened_once_and_ends_the_search(work):
    found = search_of(work, with_test=True)
    # a wrong film loses to all; the lowest positive film of validation is the threshold
    assert found["test"]["wide_averaged"]["auroc"] == pytest.approx(0.8)
    assert found["test"]["wide_averaged"]["one_network"] == pytest.approx(0.8)
    assert found["test"]["wide_averaged"]["sensitivity"] == pytest.approx(0.8)
    assert found["test"]["wide_averaged"]["specificity"] == 1.0
    with pytest.raises(final.ParamsError, match="opened the test scores"):
        check_not_opened(work)
    assert "| 0.800 | 0.800 | 1.000 |" in search_section(found)


@pytest.fixture
def readable(work, monkeypatch) -> WorkFolder:
    """The same search; the films of its tables are replaced."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    monkeypatch.setattr(publish, "read_params", lambda *_: params)
    monkeypatch.setattr(publish, "read_shared", lambda *_: SHARED)
    monkeypatch.setattr(publish, "open_cohort", lambda *_: None)
    monkeypatch.setattr(publish, "judge_of", lambda *_: judge_in(work.root))
    monkeypatch.setattr(publish, "films_hash", lambda *_: "1f")
    return work


@pytest.fixture
def opened(readable) -> WorkFolder:
    """The same search, whose test was opened."""
    assert publish.searches_of(readable, with_test=False)[0]["test"] == {}
    check_not_opened(readable)
    publish.searches_of(readable, with_test=True)
    return readable


def test_a_test_that_was_opened_stays_in_the_record(opened):
    (search,) = publish.searches_of(opened, with_test=False)
    assert search["test"]["wide_averaged"]["auroc"] == pytest.approx(0.8)
    assert (search["films_sha256"], search["train"]["learning_rate"]) == (
        "1f",
        SHARED.shipped.learning_rate,
    )
    page = search_section(search)
    assert "| 0.800 | 0.800 | 1.000 |" in page
    assert f"learning rate {SHARED.shipped.learning_rate}, schedule" in page
    assert "Hash of all films: 1f." in page


def test_a_test_that_was_opened_is_not_dropped_where_its_files_are_missing(opened):
    shutil.rmtree(opened.sealed("any").parent)
    with pytest.raises(final.ParamsError, match="no sealed file"):
        publish.searches_of(opened, with_test=False)


def test_no_test_is_opened_while_one_sealed_file_is_that_of_another_network(readable):
    last = judge_in(readable.root).keys(RECIPES[NAMES[-1]], STAGE, 0)[0]
    np.savez(readable.sealed(last), test=np.zeros((40, 2)), network="another")
    with pytest.raises(final.ParamsError, match="those of another network"):
        publish.searches_of(readable, with_test=True)
    check_not_opened(readable)


def test_a_record_keeps_its_larger_search_and_the_test_stays_closed(readable, tmp_path):
    record = tmp_path / "record.json"
    write_json(readable.rule, RULE)
    words = [str(readable.root), "--record", str(record)]
    publish.main(words)
    before = record.read_bytes()
    shutil.rmtree(readable.trial(judge_in(readable.root).keys(RECIPES["wide"], STAGE, 0)[1]))
    for more in ([], ["--test"]):
        with pytest.raises(SystemExit, match=r"found: no wide, at 32 px and 2 epochs"):
            publish.main([*words, *more])
    check_not_opened(readable)
    assert record.read_bytes() == before
    other = [words[0], "--record", str(tmp_path / "other.json"), "--test"]
    with pytest.raises(SystemExit, match="the test is read once, after the choice"):
        publish.main(other)  # one seed of each: the search goes on
    check_not_opened(readable)
    publish.main([*other, "--anyway"])
    assert set(read_json(tmp_path / "other.json")["searches"][0]["test"]) == {NAMES[0], NAMES[2]}


def test_a_recipe_without_sealed_files_has_no_test_scores(work):
    keys = judge_in(work.root).keys(RECIPES["wide"], STAGE, 0)
    work.sealed(keys[0]).unlink()
    assert open_test(work, keys[:1], film_sets_of()["val"], "NORMAL", 0.97) is None
    check_not_opened(work)


def test_correlations_use_the_recipes_that_were_tested():
    rows = [{"recipe": f"r{n}", "ordinary": n, "external": -n} for n in range(8)]
    test = {f"r{n}": {"one_network": n**2, "auroc": -n} for n in range(7)}
    found = correlations(rows, test, ["ordinary", "external"])
    assert (found["ordinary"]["value"], found["external"]["value"]) == pytest.approx((1, -1))
    assert correlations(rows, {}, ["ordinary"]) == {}


def test_each_validation_picks_its_best_recipe():
    assert picked([{"recipe": "a", "external": 0.5}], ["external"]) == {}
    rows = [{"recipe": "a", "external": 0.5}, {"recipe": "b", "external": 0.6}]
    assert picked(rows, ["external"]) == {"external": "b"}


def test_a_table_marks_each_pick_and_leaves_missing_scores_empty():
    *_, mild, wide = recipes_table([OLD]).splitlines()
    trained = "32 px, 40 epochs, seeds: 1"
    assert mild == f"| `mild` | {trained} | **0.996** | 0.850 |  |  |  |"
    assert wide == f"| `wide` | {trained} | 0.993 | **0.800** | 0.971 | 0.990 | 0.750 |"


def test_stages_remember_the_recipes_of_every_call(tmp_path):
    work = WorkFolder(tmp_path)
    note_stage(work, Stage(64, 40), [RECIPES["wide"]])
    note_stage(work, Stage(32, 24), [RECIPES["none"]])
    note_stage(work, Stage(64, 40), [RECIPES["wide_views"], RECIPES["wide"]])
    assert [(stage.size_px, [one.name for one in tried]) for stage, tried in read_stages(work)] == [
        (32, ["none"]),
        (64, ["wide_views", "wide"]),
    ]


def test_the_rule_is_written_alone_and_results_of_another_rule_are_refused(tmp_path: Path):
    record = tmp_path / "record.json"
    publish.main(["--rule", "--record", str(record)])
    assert read_json(record) == {"rule": RULE, "searches": []}
    assert "1. Candidates are" in (tmp_path / "record.md").read_text("utf-8")
    write_json(record, {"rule": RULE | {"seeds": 1}, "searches": [{"data": "films"}]})
    with pytest.raises(SystemExit, match="results of another rule"):
        publish.main(["--rule", "--record", str(record)])


def test_the_page_says_what_fixing_the_family_does_to_the_choice(work):
    found = search_of(work, with_test=False)
    assert "With all recipes as candidates" not in search_section(found)  # all are of the family
    for row in found["results"]:
        row["is_wide"] = row["recipe"] != "wide"
    # external, twice: wide is first of three; the other kinds give all the same rank
    assert "the lowest are: `wide` " in search_section(found)


@pytest.mark.parametrize(
    ("low", "words"),
    [(-0.1, "Every interval includes 0"), (0.1, "excludes 0 for: adapted (+0.30).")],
)
def test_the_page_reads_the_intervals_of_the_rank_correlations(work, low, words):
    found = search_of(work, with_test=True)
    found["rank_correlation"] = {"adapted": {"value": 0.3, "low": low, "high": 0.6}}
    assert words in search_section(found)


def test_conclusions_of_a_record_stand_first():
    record = {"rule": RULE, "searches": [], "conclusions": ["Wide crops won."]}
    told, rest = recipes_page(record).split("## The validations")
    assert told.endswith("## What came out\n\n- Wide crops won.\n\n")
    assert "Wide crops won" not in rest


def test_only_a_record_with_earlier_runs_speaks_of_them():
    record = {"rule": RULE, "searches": [], "notes": ["`mild` was the default."]}
    assert "arlier" not in recipes_page(record)
    assert "`mild`" not in recipes_page(record)
    page = recipes_page(record | {"runs": [OLD]})
    assert "## Earlier runs\n" in page
    assert "\n- `mild` was the default.\n\n## Search on your own films\n" in page
