"""A Dask cluster gives the results of one machine, also if its workers die."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.core.compute import cluster as dask
from tasks.core.compute.cluster import software_here
from tasks.core.compute.parallel import CHUNK, map_in_order
from tasks.core.errors import LunglineError, SourceError
from tasks.core.params import ComputeParams
from tests.dask_cluster import Cluster, dask_cluster
from tests.films import ROOT

_state: Any = None


def set_state(value: Any) -> None:
    global _state  # noqa: PLW0603 - state of a worker process
    _state = value


def times_state(number: int) -> int:
    return number * int(_state)


def name_process(_: int) -> tuple[int, int]:
    time.sleep(0.005)
    return os.getpid(), threading.active_count()


def refuse_seven(number: int) -> int:
    if number == 7:
        raise SourceError("a rule", found="seven", where="item 7", next_step="skip it")
    return number


def die_once_at_40(number: int) -> int:
    mark = Path(str(_state), "died")
    if number == 40 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


_n_inside = 0


def count_inside(_: int) -> int:
    global _n_inside  # noqa: PLW0603 - state of a worker process
    _n_inside += 1
    time.sleep(0.001)
    inside, _n_inside = _n_inside, _n_inside - 1
    return inside


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


def run(address: str, function: Any, n_items: int, state: Any = None) -> list[Any]:
    results = map_in_order(
        function,
        range(n_items),
        unit="films",
        setup=set_state if state is not None else int,
        setup_args=() if state is None else (state,),
        compute=ComputeParams(n_workers=None, dask_scheduler=address),
    )
    return list(results)


@pytest.mark.parametrize("n_items", [0, 1, CHUNK, 20 * CHUNK + 1])
def test_results_are_in_item_order(cluster: Cluster, n_items: int) -> None:
    done = run(cluster.address, times_state, n_items, 3)
    assert done == [3 * number for number in range(n_items)]


def test_a_second_run_calls_the_set_up_again(cluster: Cluster) -> None:
    for factor in (2, 5):
        assert run(cluster.address, times_state, 4 * CHUNK, factor)[-1] == (4 * CHUNK - 1) * factor


def test_the_work_is_done_by_the_workers_of_the_cluster(cluster: Cluster) -> None:
    processes = {process for process, _ in run(cluster.address, name_process, 8 * CHUNK)}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert not multiprocessing.active_children()


def test_an_error_of_an_item_keeps_its_type_and_message(cluster: Cluster) -> None:
    with pytest.raises(SourceError) as caught:
        run(cluster.address, refuse_seven, 3 * CHUNK)
    assert (caught.value.found, caught.value.where) == ("seven", "item 7")


def test_no_result_is_lost_if_a_worker_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    done = run(cluster.address, die_once_at_40, 9 * CHUNK, str(tmp_path))
    assert done == list(range(9 * CHUNK))
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_an_item_that_kills_every_worker_is_an_error(cluster: Cluster) -> None:
    with pytest.raises(LunglineError, match="killed several workers") as caught:
        run(cluster.address, die, 1)
    assert caught.value.where == f"compute.dask_scheduler: {cluster.address}"
    assert run(cluster.address, times_state, 2, 1) == [0, 1]  # the cluster has new workers


@pytest.mark.parametrize(
    "doing",
    [
        pytest.param("list(results)", id="waiting", marks=pytest.mark.slow),
        pytest.param("time.sleep(60)", id="writing"),
    ],
)
def test_an_interrupt_ends_at_once_and_the_cluster_still_works(
    cluster: Cluster, doing: str
) -> None:
    body = (
        "import time; from tasks.core.params import ComputeParams; "
        "from tasks.core.compute.parallel import map_in_order; "
        "results = map_in_order(time.sleep, [0.02] * 50000, unit='films', setup=int, "
        f"setup_args=(), compute=ComputeParams(n_workers=1, dask_scheduler='{cluster.address}')); "
        f"next(results); print('on', flush=True); {doing}"
    )
    with subprocess.Popen(
        [sys.executable, "-c", body],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "on\n"
        start_s = time.monotonic()
        time.sleep(0.2)
        asking.send_signal(signal.SIGINT)
        try:
            _, said = asking.communicate(timeout=30)
        finally:
            asking.kill()
        took_s = time.monotonic() - start_s
    assert said.count("Traceback") == 1
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert took_s < 5
    assert run(cluster.address, times_state, 2, 1) == [0, 1]


@pytest.mark.slow
def test_threads_of_a_worker_run_one_at_a_time(tmp_path: Path) -> None:
    with dask_cluster(tmp_path, n_workers=1, n_threads=4) as threaded:
        assert set(run(threaded.address, count_inside, 8 * CHUNK)) == {1}


def test_workers_of_another_commit_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(ROOT / "tasks", other / "tasks")
    with (other / "tasks/core/film/decode.py").open("a") as film:
        film.write("# another line\n")
    with (
        dask_cluster(tmp_path, n_workers=1, code=other) as stale,
        pytest.raises(LunglineError, match="the same commit") as caught,
    ):
        run(stale.address, abs, 3)
    assert software_here() in caught.value.where
    assert caught.value.found != software_here()


def test_a_scheduler_that_stops_ends_with_a_next_step(tmp_path: Path) -> None:
    with dask_cluster(tmp_path) as doomed:
        results = map_in_order(
            name_process,
            range(1000 * CHUNK),
            unit="films",
            setup=set_state,
            setup_args=(None,),
            compute=ComputeParams(n_workers=None, dask_scheduler=doomed.address),
        )
        next(results)
        doomed.scheduler.kill()
        with pytest.raises(LunglineError, match="scheduler stopped"):
            list(results)


def test_no_scheduler_ends_with_a_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "CONNECT_LIMIT_S", 0.5)
    with pytest.raises(LunglineError, match="dask worker") as caught:
        run("tcp://127.0.0.1:9", times_state, 3, 1)
    assert caught.value.where == "compute.dask_scheduler: tcp://127.0.0.1:9"


def test_an_invalid_address_ends_with_a_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "CONNECT_LIMIT_S", 0.5)
    with pytest.raises(LunglineError, match="dask worker"):
        run("carrier-pigeon://loft", times_state, 3, 1)


def test_a_scheduler_without_workers_ends_with_a_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "WORKERS_LIMIT_S", 0.5)
    with (
        dask_cluster(tmp_path, n_workers=0) as empty,
        pytest.raises(LunglineError, match="a scheduler without workers"),
    ):
        run(empty.address, times_state, 3, 1)


def test_without_the_package_the_message_names_the_install_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LunglineError, match="make dev"):
        run("tcp://127.0.0.1:9", times_state, 3, 1)
