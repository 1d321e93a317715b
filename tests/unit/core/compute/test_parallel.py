"""Several processes give the results of one, in the same order and with the same errors."""

import logging
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks.core.compute import progress
from tasks.core.compute.parallel import (
    CHUNK,
    CHUNKS_AHEAD,
    MAX_RESTARTS,
    available_cores,
    map_in_order,
)
from tasks.core.errors import LunglineError, SourceError
from tasks.core.film.errors import FilmError
from tests.films import on_workers

_factor = 0


def set_factor(factor: int) -> None:
    global _factor  # noqa: PLW0603 - state of a worker process
    _factor = factor


def times_factor(number: int) -> int:
    return number * _factor


def slow_if_early(number: int) -> int:
    time.sleep(0.01 if number < CHUNK else 0)  # the first chunk ends last
    return number


def which_process(_: int) -> int:
    time.sleep(0.002)
    return os.getpid()


def refuse_seven(number: int) -> int:
    if number == 7:
        raise SourceError("a rule", found="seven", where="item 7", next_step="skip it")
    return number


def refuse_as_film(_: int) -> int:
    raise FilmError("bomb", "9 x 9 px")


_mark = Path()


def set_mark(folder: str) -> None:
    global _mark  # noqa: PLW0603 - state of a worker process
    _mark = Path(folder)


def die_once_at_40(number: int) -> int:
    if number == 40 and not (_mark / "died").exists():
        (_mark / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def count_a_death_at_40(number: int) -> int:
    if number == 40:
        (_mark / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


class Counted(Sequence[int]):
    """A sequence of numbers that counts how many were taken."""

    def __init__(self, n_items: int) -> None:
        self.n_items = n_items
        self.n_taken = 0

    def __len__(self) -> int:
        return self.n_items

    def __getitem__(self, place: Any) -> Any:
        taken = range(self.n_items)[place]
        self.n_taken += len(taken)
        return taken


def refuse_set_up(word: str) -> None:
    raise SourceError("a rule", found=word, where="set-up", next_step="mend it")


def die(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def nothing() -> None:
    pass


def run(function: Any, n_items: int, n_workers: int | None, **changes: Any) -> list[Any]:
    options = {"unit": "films", "setup": nothing, "setup_args": (), **changes}
    return list(map_in_order(function, range(n_items), compute=on_workers(n_workers), **options))


@pytest.mark.parametrize("n_workers", [1, 2, 3, None])
@pytest.mark.parametrize("n_items", [0, 1, CHUNK, 3 * CHUNK + 1])
def test_results_are_in_item_order(n_workers: int | None, n_items: int) -> None:
    done = run(times_factor, n_items, n_workers, setup=set_factor, setup_args=(3,))
    assert done == [3 * number for number in range(n_items)]


def test_results_are_in_item_order_if_the_first_items_take_longest() -> None:
    assert run(slow_if_early, 3 * CHUNK, 3) == list(range(3 * CHUNK))


def test_the_work_is_done_in_the_requested_number_of_other_processes() -> None:
    processes = set(run(which_process, 6 * CHUNK, 2))
    assert os.getpid() not in processes
    assert len(processes) == 2


@pytest.mark.parametrize("n_workers", [1, 2])
def test_an_error_of_an_item_keeps_its_type_and_message(n_workers: int) -> None:
    with pytest.raises(SourceError) as caught:
        run(refuse_seven, 3 * CHUNK, n_workers)
    assert (caught.value.found, caught.value.where) == ("seven", "item 7")


def test_a_film_error_keeps_its_reason() -> None:
    with pytest.raises(FilmError) as caught:
        run(refuse_as_film, 2, 2)
    assert caught.value.reason == "bomb"


@pytest.mark.parametrize("n_workers", [1, 2])
def test_an_error_of_the_set_up_keeps_its_type_and_message(n_workers: int) -> None:
    with pytest.raises(SourceError) as caught:
        run(times_factor, 100, n_workers, setup=refuse_set_up, setup_args=("no zip",))
    assert caught.value.found == "no zip"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_work_that_kills_every_worker_ends_with_a_next_step() -> None:
    with pytest.raises(LunglineError, match="memory") as caught:
        run(die, 3, 2)
    assert caught.value.where == "2 workers on 3 films"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("n_workers", [1, 2])
def test_no_result_is_lost_if_a_worker_is_killed(
    tmp_path: Path, n_workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    done = run(die_once_at_40, 9 * CHUNK, n_workers, setup=set_mark, setup_args=(str(tmp_path),))
    assert done == list(range(9 * CHUNK))
    assert (tmp_path / "died").exists()
    assert caplog.messages == ["a worker was killed; its items are processed again"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_an_item_that_kills_every_worker_stops_after_some_restarts(tmp_path: Path) -> None:
    results = map_in_order(
        count_a_death_at_40,
        range(3 * CHUNK),
        unit="films",
        setup=set_mark,
        setup_args=(str(tmp_path),),
        compute=on_workers(1),
    )
    done: list[int] = []
    with pytest.raises(LunglineError, match="memory"):  # noqa: PT012
        for result in results:  # results before the error are valid
            done.append(result)
    assert done == list(range(len(done)))
    assert 0 < len(done) <= 40
    assert len(list(tmp_path.iterdir())) == MAX_RESTARTS + 1


@pytest.mark.parametrize("n_items", [100 * CHUNK, 200 * CHUNK])
def test_the_number_of_items_in_memory_does_not_grow_with_all_items(n_items: int) -> None:
    items = Counted(n_items)
    results = map_in_order(
        times_factor, items, unit="films", setup=set_factor, setup_args=(3,), compute=on_workers(2)
    )
    for number in range(10 * CHUNK):
        assert next(results) == 3 * number
    assert items.n_taken == (10 - 1 + 2 * CHUNKS_AHEAD) * CHUNK
    results.close()  # type: ignore[attr-defined]


def test_no_process_is_left_if_the_results_are_not_all_taken() -> None:
    results = map_in_order(
        which_process,
        range(5 * CHUNK),
        unit="films",
        setup=nothing,
        setup_args=(),
        compute=on_workers(2),
    )
    process = next(results)
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_progress_lines_state_count_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.0)
    with caplog.at_level(logging.INFO, logger="tasks.core.compute.progress"):
        run(times_factor, 4, 1)
    assert [line.split(",")[0] for line in caplog.messages] == [
        "1 of 4 films", "2 of 4 films", "3 of 4 films",
    ]  # fmt: skip
    assert all(line.endswith("s left") and "/s" in line for line in caplog.messages)


def test_short_work_writes_no_progress_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tasks.core.compute.progress"):
        run(times_factor, 4, 1)
    assert not caplog.messages


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be taken away here")
def test_available_cores_counts_the_cores_of_this_process() -> None:
    allowed = os.sched_getaffinity(0)
    assert available_cores() == len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
