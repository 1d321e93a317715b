"""A sealed file is bound to its network: the scores of another one are never shown."""

import numpy as np
import pytest

from tasks.core.atomic import write_json
from tasks.core.errors import ParamsError
from tests.recipe_searches import SHARED, STAGE, film_sets_of, judge_in, logits_of, write_trial
from tests.studies.recipes import final
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.final import check_not_opened, check_sealed, open_test, seal_test
from tests.studies.recipes.trial import WHOLE
from tests.studies.recipes.work_folder import WorkFolder

FILMS = film_sets_of()["external/clinic"]
TRIAL = SHARED.trial(RECIPES["wide"], STAGE.size_px, STAGE.epochs, 0, WHOLE)


class Films:
    """Test films whose pixels are not read."""

    positive = FILMS.positive

    def read(self) -> None:
        """No pixel."""


@pytest.fixture
def work(tmp_path, monkeypatch) -> WorkFolder:
    """A finished network that calls 4 of 20 positive test films wrongly, with its sealed file."""
    work = WorkFolder(tmp_path)
    write_trial(TRIAL, work, {})
    monkeypatch.setattr(final, "films_of_test", lambda *_: Films())
    answer_with(monkeypatch, 4)
    assert seal_test(work, "NORMAL") == 1
    return work


def answer_with(monkeypatch, n_wrong: int) -> None:
    monkeypatch.setattr(final, "network_logits", lambda *_: logits_of(FILMS, n_wrong))


def train_again(work: WorkFolder) -> None:
    """Put a network of other settings into the place of the trial."""
    values = work.facts(TRIAL.key)
    write_json(work.trial(TRIAL.key) / "trial.json", values | {"train": {"learning_rate": 9.0}})


def auroc_of(work: WorkFolder) -> float:
    found = open_test(work, [TRIAL.key], judge_in(work.root).sets["val"], "NORMAL", 0.97)
    assert found is not None
    return float(found["auroc"])


def test_the_scores_of_another_network_are_refused_and_the_test_stays_closed(work):
    train_again(work)
    for check in (lambda: auroc_of(work), lambda: check_sealed(work, [TRIAL.key])):
        with pytest.raises(ParamsError, match="those of another network") as error:
            check()
        assert error.value.where == str(work.sealed(TRIAL.key))
        assert "--final" in error.value.next_step
    check_not_opened(work)


def test_another_network_is_sealed_again(work, monkeypatch):
    train_again(work)
    answer_with(monkeypatch, 2)
    seal_test(work, "NORMAL")
    assert auroc_of(work) == pytest.approx(0.9)  # 2 of 20 positive films lose to all others


def test_the_same_network_is_sealed_once(work, monkeypatch):
    monkeypatch.setattr(final, "network_logits", None)  # calling it would fail
    seal_test(work, "NORMAL")
    assert auroc_of(work) == pytest.approx(0.8)


def test_after_the_test_was_opened_another_network_is_not_sealed(work):
    assert auroc_of(work) == pytest.approx(0.8)
    train_again(work)
    with pytest.raises(ParamsError, match="those of another network") as error:
        seal_test(work, "NORMAL")
    assert "put the former trial back" in error.value.next_step


@pytest.mark.parametrize("is_opened", [False, True])
def test_a_sealed_file_that_does_not_tell_its_network_is_written_anew(work, monkeypatch, is_opened):
    np.savez(work.sealed(TRIAL.key), test=logits_of(FILMS, 9))  # as older releases wrote it
    if is_opened:
        write_json(work.opened, {"test": "read"})
    with pytest.raises(ParamsError, match="no name of a network"):
        auroc_of(work)
    answer_with(monkeypatch, 2)
    seal_test(work, "NORMAL")
    assert auroc_of(work) == pytest.approx(0.9)


def test_a_damaged_sealed_file_is_named(work):
    path = work.sealed(TRIAL.key)
    path.write_bytes(path.read_bytes()[:99])
    for run in (lambda: auroc_of(work), lambda: seal_test(work, "NORMAL")):
        with pytest.raises(ParamsError, match="as the program wrote it") as error:
            run()
        assert (error.value.where, error.value.next_step) == (str(path), final._SEAL_AGAIN)


def test_test_scores_of_other_films_are_refused(work):
    fingerprint = work.fingerprint(TRIAL.key)
    np.savez(work.sealed(TRIAL.key), test=logits_of(FILMS, 0)[:7], network=fingerprint)
    with pytest.raises(ParamsError, match=r"shape \(7, 2\) for test, and not of \(40, 2\)"):
        auroc_of(work)
