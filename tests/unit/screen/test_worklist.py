"""Many files into one folder: a row for each, copies scored once, and runs that go on."""

import csv
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.core.errors import ScreeningError
from tasks.core.network.onnx_network import OnnxNetwork, load_network
from tasks.core.params import Params, load_params
from tasks.screen import film_screening
from tasks.screen.worklist import screen_to_folder
from tests.films import ROOT, jpeg, png, write_tree
from tests.small_onnx import small_onnx

# more files than one process prepares alone
FILES = {f"film{seed}.jpeg": jpeg(seed) for seed in range(20)} | {
    "copy/film3.jpeg": jpeg(3),
    "film3.txt": jpeg(3),
    "note.txt": b"a note",
    "broken.png": png(1)[:200],
    "=cmd.png": png(2),
}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> OnnxNetwork:
    return load_network(small_onnx(tmp_path_factory.mktemp("onnx")))


@pytest.fixture(scope="module")
def params() -> Params:
    params = load_params(ROOT / "params.yaml")
    few = params.screen.model_copy(update={"n_pictures": 2})
    two = params.compute.model_copy(update={"n_workers": 2})
    return params.model_copy(update={"screen": few, "compute": two})


@pytest.fixture
def scored(network: OnnxNetwork, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of films that the network scores, batch by batch."""
    counts: list[int] = []
    score: Callable[..., object] = network.score

    def counted(images: np.ndarray) -> object:
        counts.append(len(images))
        return score(images)

    monkeypatch.setattr(network, "score", counted)
    return counts


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path / "films", FILES)
    return tmp_path


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "worklist.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_a_row_and_a_copy_is_scored_once(
    place: Path, network: OnnxNetwork, params: Params, scored: list[int]
) -> None:
    screen_to_folder(["films"], network, place / "out", params)
    rows = {row["path"]: row for row in rows_of(place / "out")}
    assert set(rows) == {f"films/{name}" for name in FILES}
    assert sum(scored) == 21  # 20 films and =cmd.png; the copy is none
    assert rows["films/copy/film3.jpeg"] | {"path": ""} == rows["films/film3.jpeg"] | {"path": ""}
    assert rows["films/film3.txt"]["reason"] == "unsupported"
    assert rows["films/note.txt"]["reason"] == "not_an_image"
    assert rows["films/broken.png"]["status"] == "rejected"
    assert rows["films/=cmd.png"]["status"] == "scored"


def test_the_rows_are_in_reading_order(place: Path, network: OnnxNetwork, params: Params) -> None:
    screen_to_folder(["films"], network, place / "out", params)
    order = [
        (int(row["urgency"]), -float(row["prob_finding"] or -1), row["path"])
        for row in rows_of(place / "out")
    ]
    assert order == sorted(order)
    assert {row["urgency"] for row in rows_of(place / "out")} >= {"1", "3", "4"}


def test_the_next_run_scores_new_films_only_and_forgets_missing_ones(
    place: Path, network: OnnxNetwork, params: Params, scored: list[int]
) -> None:
    screen_to_folder(["films"], network, place / "out", params)
    before = rows_of(place / "out")
    scored.clear()
    screen_to_folder(["films"], network, place / "out", params)
    assert scored == []
    assert rows_of(place / "out") == before
    (place / "films/film0.jpeg").unlink()
    (place / "films/new.jpeg").write_bytes(jpeg(99))
    screen_to_folder(["films"], network, place / "out", params)
    assert scored == [1]
    paths = {row["path"] for row in rows_of(place / "out")}
    assert ("films/new.jpeg" in paths, "films/film0.jpeg" in paths) == (True, False)


def test_the_next_run_takes_the_heat_from_the_journal(
    place: Path,
    network: OnnxNetwork,
    params: Params,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    screen_to_folder(["films"], network, place / "out", params)
    assert "drawing heat maps of 2 films" in caplog.text
    assert "known from an earlier run" not in caplog.text  # the copy was known to this run only
    page = (place / "out/worklist.html").read_bytes()
    monkeypatch.setattr(network, "heats", None)
    screen_to_folder(["films"], network, place / "out", params)
    assert (place / "out/worklist.html").read_bytes() == page
    assert "22 of 25 films known from an earlier run" in caplog.text


def test_ctrl_c_tells_what_is_done_and_that_the_command_goes_on(
    place: Path,
    network: OnnxNetwork,
    params: Params,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    heats, films = network.heats, iter([1])

    def stopped_at_the_second(image: np.ndarray) -> np.ndarray:
        if next(films, None) is None:
            raise KeyboardInterrupt
        return heats(image)

    monkeypatch.setattr(network, "heats", stopped_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        screen_to_folder(["films"], network, place / "out", params)
    told = "25 of 25 films are done (heat maps: 1); the same command goes on from there"
    assert told in caplog.text


def test_the_number_of_processes_changes_no_row(
    place: Path, network: OnnxNetwork, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen_to_folder(["films"], network, place / "two", params)
    monkeypatch.setattr(film_screening, "_FEW", 100)
    screen_to_folder(["films"], network, place / "none", params)
    assert rows_of(place / "two") == rows_of(place / "none")


def test_the_page_shows_the_most_urgent_films(
    place: Path, network: OnnxNetwork, params: Params
) -> None:
    screen_to_folder(["films"], network, place / "out", params)
    page = (place / "out/worklist.html").read_text(encoding="utf-8")
    assert all(name in page for name in FILES)
    assert page.count('src="data:image/jpeg') >= 2
    assert "Content-Security-Policy" in page


@pytest.mark.parametrize("out", ["films", "films/answers"])
def test_the_answers_do_not_lie_among_the_films(
    place: Path, network: OnnxNetwork, params: Params, out: str
) -> None:
    with pytest.raises(ScreeningError, match="outside of FILMS"):
        screen_to_folder(["films"], network, place / out, params)


@pytest.mark.parametrize(("films", "out"), [("loop", "out"), ("films", "loop")])
def test_a_loop_of_links_is_refused(
    place: Path, network: OnnxNetwork, params: Params, films: str, out: str
) -> None:
    (place / "loop").symlink_to("loop")
    with pytest.raises(ScreeningError, match="leads back to itself"):
        screen_to_folder([films], network, place / out, params)


def test_a_folder_without_files_is_no_worklist(
    place: Path, network: OnnxNetwork, params: Params
) -> None:
    (place / "empty").mkdir()
    with pytest.raises(ScreeningError, match="no file at all"):
        screen_to_folder(["empty"], network, place / "out", params)
