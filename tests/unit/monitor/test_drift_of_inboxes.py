"""Each kind of drift is named by the right feature; films like those of the training are silent."""

import shutil
from pathlib import Path

import pytest

from tasks.monitor.drift_decision import DriftDecision
from tasks.monitor.inbox_findings import InboxFindings, look_at
from tests.films import PACKS
from tests.monitored_films import brighter, changed, other_scanner, read_files, upside_down
from tests.unit.monitor.conftest import Origin

LEVEL = 0.05
BOTH = pytest.mark.parametrize("origin", ["drawn", "kermany"], indirect=True)


def findings(origin: Origin, folder: Path) -> InboxFindings:
    network = origin.folder / "network/model.onnx"
    return look_at(read_files(folder, network), origin.watched, LEVEL)


def decision(origin: Origin, folder: Path) -> DriftDecision:
    found = findings(origin, folder).drift
    assert found is not None
    return found


def moved(found: DriftDecision) -> set[str]:
    return {move.feature for move in found.moves if move.has_moved}


@BOTH
def test_films_like_those_of_the_training_are_silent(origin: Origin, tmp_path: Path) -> None:
    for file in origin.new:
        shutil.copy(file, tmp_path)
    found = decision(origin, tmp_path)
    assert not found.has_drifted
    assert found.first is None


@BOTH
def test_a_brighter_inbox_is_named_by_its_brightness(origin: Origin, tmp_path: Path) -> None:
    found = decision(origin, changed(origin.new, tmp_path, brighter))
    assert found.first is not None
    assert found.first.feature == "mean"
    assert found.first.is_higher
    assert found.first.moved_by == pytest.approx(35, abs=8)  # grey levels; white stays white


@BOTH
def test_a_new_scanner_is_named_by_its_size_or_sharpness(origin: Origin, tmp_path: Path) -> None:
    found = decision(origin, changed(origin.new, tmp_path, other_scanner))
    assert found.first is not None
    assert found.first.feature in ("width", "height", "sharpness")
    assert {"width", "height", "sharpness"} <= moved(found)
    assert "mean" not in moved(found)


@BOTH
def test_films_upside_down_are_named_by_their_orientation(origin: Origin, tmp_path: Path) -> None:
    found = decision(origin, changed(origin.new, tmp_path, upside_down))
    assert found.first is not None
    assert found.first.feature == "upright"
    assert not {"mean", "contrast", "sharpness", "width"} & moved(found)


@pytest.mark.parametrize("n_films", [2, 5, 12])
def test_adult_films_are_named_by_their_size(kermany: Origin, tmp_path: Path, n_films: int) -> None:
    adults = sorted((PACKS / "nih-sample").glob("*.png"))
    if not adults:
        pytest.skip("the pack nih-sample is not here")
    for file in adults[:n_films]:
        shutil.copy(file, tmp_path)
    found = decision(kermany, tmp_path)
    assert found.first is not None
    assert found.first.feature in ("width", "height")
    assert found.first.inbox == 1024.0


def test_one_adult_film_among_few_references_cannot_be_told_from_chance(kermany: Origin) -> None:
    """The smallest p value of one film and 160 others is 2 of 161, and 18 tests share 5 %."""
    from tasks.monitor.drift_tests import compare_numbers
    from tasks.monitor.film_features import ACQUISITION

    widths = kermany.watched.reference.acquisition["width"]
    move = compare_numbers("width", ACQUISITION["width"], widths, widths[:1] + 800)
    assert move is not None
    assert move.p_value == pytest.approx(2 / (len(widths) + 1))


def test_so_few_films_say_what_they_cannot_show(drawn: Origin, tmp_path: Path) -> None:
    from tasks.monitor.drift_text import unseen_texts

    shutil.copy(drawn.new[0], tmp_path)
    found = findings(drawn, tmp_path)
    texts = list(unseen_texts(found))
    assert found.drift is not None
    assert not found.drift.has_drifted
    assert any("look again when more films have come" in text for text in texts)
    assert any("needs 20 films on each side" in text for text in texts)
    assert any("expected performance needs 20 films" in text for text in texts)


def test_films_of_the_training_are_named_and_not_compared(drawn: Origin, tmp_path: Path) -> None:
    known = [film.path for film in drawn.films[:3]]
    for name in known:
        shutil.copy(drawn.folder / "films" / name, tmp_path)
    found = findings(drawn, tmp_path)
    assert sorted(found.splits) == ["train"] * 3
    assert found.drift is None
    shutil.copy(drawn.new[0], tmp_path)
    assert findings(drawn, tmp_path).n_compared == 1
