"""The compliance pack is filled from results, and stops when a result that it needs is gone."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.dvc_hash import dvc_md5
from tasks.core.params import Params, load_params
from tasks.page.model_page import summarise_model
from tasks.page.page_inputs import load_page_inputs
from tasks.report.compliance.__main__ import main
from tasks.report.compliance.checklist import ComplianceError
from tasks.report.compliance.network_evidence import initial_weights
from tasks.report.compliance.study_records import load_records
from tests.report_inputs import write_state

MODELS = ("minivggnet", "ann")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of two networks and the pack of the first run."""
    root = tmp_path_factory.mktemp("compliance")
    write_state(root, MODELS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for model in MODELS:
            write_json(paths.summary(model), summarise_model(load_page_inputs(model)))
        main(Namespace())
    return root


@pytest.fixture
def state(written: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(written)
    return written


@pytest.mark.usefixtures("state")
def test_the_pack_is_filled_and_equal_on_a_second_run() -> None:
    first = dvc_md5(paths.COMPLIANCE)
    main(Namespace())
    assert dvc_md5(paths.COMPLIANCE) == first
    names = sorted(path.name for path in paths.COMPLIANCE.iterdir())
    assert names == ["ann.md", "checklists.json", "data_card.md", "index.html", "minivggnet.md"]
    lists = json.loads((paths.COMPLIANCE / "checklists.json").read_text())
    assert {name: len(one["items"]) for name, one in lists.items()} == {
        "claim_2024": 44,
        "stard_ai_2025": 48,
        "tripod_ai_2024": 52,
    }
    for one in lists.values():
        for item in one["items"]:
            assert item["value"]
            assert (item["artifact"] is not None) == (item["status"] == "automatic")


@pytest.mark.usefixtures("state")
def test_a_value_is_that_of_the_results_with_the_hash_of_its_file() -> None:
    lists = json.loads((paths.COMPLIANCE / "checklists.json").read_text())
    items = {item["number"]: item for item in lists["stard_ai_2025"]["items"]}
    auroc = read_json(paths.evaluation("ann"))["test"]["auroc"]
    assert f"ann: AUROC {auroc['value']:.3f} (" in items["31"]["value"]
    assert items["31"]["md5"] == dvc_md5(paths.SUMMARIES)
    assert items["31"]["link"].startswith("../index.html#")
    assert items["6"]["status"] == "needs a human"
    assert items["32"]["status"] == "not applicable"


@pytest.mark.usefixtures("state")
def test_a_changed_result_has_a_new_hash_in_the_same_process() -> None:
    summary = read_json(paths.summary("ann"))
    write_json(paths.summary("ann"), summary | {"another": 1})
    main(Namespace())
    lists = json.loads((paths.COMPLIANCE / "checklists.json").read_text())
    items = {item["number"]: item for item in lists["stard_ai_2025"]["items"]}
    assert items["31"]["md5"] == dvc_md5(paths.SUMMARIES)
    write_json(paths.summary("ann"), summary)
    main(Namespace())


@pytest.mark.usefixtures("state")
def test_pretraining_is_told_with_the_initial_weights() -> None:
    summary = read_json(paths.summary("ann"))
    values = load_params(paths.PARAMS).model_dump(mode="json", by_alias=True)
    for method, words in {"none": "", "barlow_twins": "; pretrained by barlow_twins"}.items():
        values["train"]["pretraining"] |= {"method": method, "epochs": 3}
        params = Params.model_validate(values)
        summary["description"]["settings"] = params.train_of("ann").model_dump(mode="json")
        told = initial_weights(load_records(params, {}, 1, [summary])).value
        assert told.partition("seed 0")[2].startswith(words)
        assert ("for 3 epochs, without labels" in told) == (method != "none")


@pytest.mark.usefixtures("state")
def test_the_card_of_a_model_lists_its_weaknesses() -> None:
    card = (paths.COMPLIANCE / "ann.md").read_text(encoding="utf-8")
    weak = [one for one in read_json(paths.summary("ann"))["weaknesses"] if one["is_weak"]]
    assert weak
    for one in weak:
        assert one["title"].replace("*", "\\*") in card
    assert "not a medical device" in card
    assert card.startswith("---\n")


@pytest.mark.usefixtures("state")
def test_an_item_that_lost_its_evidence_stops_the_stage() -> None:
    before, summary = dvc_md5(paths.COMPLIANCE), read_json(paths.summary("ann"))
    kept = [one for one in summary["weaknesses"] if one["rule"] != "without_lungs"]
    write_json(paths.summary("ann"), summary | {"weaknesses": kept})
    with pytest.raises(ComplianceError, match="rule without_lungs of ann") as lost:
        main(Namespace())
    write_json(paths.summary("ann"), summary)
    assert lost.value.where == "item 30 of claim_2024"
    assert dvc_md5(paths.COMPLIANCE) == before


@pytest.mark.usefixtures("state")
def test_a_rule_whose_numbers_are_undefined_is_told_and_stops_nothing() -> None:
    summary = read_json(paths.summary("ann"))
    kept = [one for one in summary["weaknesses"] if one["rule"] != "without_lungs"]
    silent = {"weaknesses": kept, "silent_rules": ["without_lungs"]}
    write_json(paths.summary("ann"), summary | silent)
    main(Namespace())
    lists = json.loads((paths.COMPLIANCE / "checklists.json").read_text())
    items = {item["number"]: item for item in lists["claim_2024"]["items"]}
    write_json(paths.summary("ann"), summary)
    assert "ann: not defined: too few films" in items["30"]["value"]
