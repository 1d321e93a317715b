"""Results that were cut, or valid JSON of another form: the stage `page` names the file."""

import shutil
from argparse import Namespace
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.errors import LunglineError, TableError
from tasks.page.__main__ import main
from tests.report_inputs import MODEL, write_state


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("state")
    write_state(root)
    return root


@pytest.fixture
def copy(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state, to be changed by a test, as the current folder."""
    shutil.copytree(state, tmp_path / "state")
    monkeypatch.chdir(tmp_path / "state")
    return tmp_path / "state"


@pytest.mark.parametrize(
    "place",
    [
        paths.heat_maps(MODEL),
        paths.explanations(MODEL) / "overlays/0.png",
        paths.augmentation(MODEL),
        "film",
    ],
)
def test_a_file_that_was_cut_is_named(copy: Path, place: Path | str) -> None:
    path = next((copy / paths.FILMS).glob("*.jpg")) if place == "film" else copy / place
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(LunglineError) as refusal:
        main(Namespace(model=MODEL))
    assert refusal.value.where == str(path.relative_to(copy))
    assert "dvc repro" in refusal.value.next_step


OF_ANOTHER_FORM = [
    *(paths.grades_json(MODEL), paths.explanations_json(MODEL), paths.evaluation(MODEL)),
    *(paths.films_json(), paths.error_book(MODEL), paths.BASELINES, paths.COMPARISON),
    *(paths.LABELS_JSON, paths.robustness(MODEL), paths.adaptation(MODEL)),
    *(paths.external_evaluation(MODEL), paths.decision_file(MODEL)),
    *(paths.contract_file(paths.model_dir(MODEL)), paths.explanations(MODEL) / "activations.json"),
]


def test_json_of_another_form_is_named(copy: Path) -> None:
    for place in OF_ANOTHER_FORM:
        path = copy / place
        whole = path.read_text(encoding="utf-8")
        for text in ("{}", "[3]", '{"methods": 3, "cases": null}', "7", whole[: len(whole) // 2]):
            path.write_text(text, encoding="utf-8")
            with pytest.raises(TableError) as refusal:
                main(Namespace(model=MODEL))
            assert refusal.value.where == str(place)
        path.write_text(whole, encoding="utf-8")
