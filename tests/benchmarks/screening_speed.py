"""Speed of `python -m tasks.screen`, for the first model of params.yaml; run it after `make run`.

Run    python -m tests.benchmarks.screening_speed
"""

import logging
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.film.decode import decode_reduced, open_film
from tasks.core.film.strict import decode_strictly
from tasks.core.network.engine import Engine
from tasks.core.network.onnx_network import load_network, network_path
from tasks.core.params import load_params
from tests.benchmarks.memory import SAMPLE_EVERY_S, children, memory_mib
from tests.benchmarks.repeated_films import film_files, write_films
from tests.films import stage_environment, workspace

N_ROUNDS = 5
FIRST_ANSWER_LIMIT_S = 1.5
DECODER_SHARE = 0.5  # films per core-second of the whole of screen over those of the decoder alone
N_FILMS = 1_000
ONE_FILM_LIMIT_S = 0.1
N_WARM = 200
N_FEW, N_MANY = 5_000, 50_000
GROWTH_LIMIT = 1.10
PACK = "kermany-original"
KERAS = """
import sys
from pathlib import Path
from tasks.core import paths
from tasks.core.classifier import load_classifier, prepare_backend
prepare_backend()
from tasks.core.film.square import square_of_film
from tasks.core.decision.judgement import call_films
from tasks.core.decision.decision import read_decision
from tasks.core.params import load_params
from tasks.evaluate.inference import infer
name, film = sys.argv[1:]
decision = read_decision(name)
model = load_classifier(paths.model_dir(name))
image = square_of_film(Path(film).read_bytes(), load_params(paths.PARAMS).resize).image
images = image[None, ..., None]
found = infer(model, images)
novelty = decision.novelty.score(found.features, images)
print(call_films(found.logits, found.is_refused, novelty, decision).probabilities)
"""

logger = logging.getLogger("benchmarks")


def screen_first_answer() -> dict[str, Any]:
    """Divide the limit by the median time from a cold start to the table for one film."""
    film, model = first_film(), first_model()
    ours = [first_answer_s(film, model) for _ in range(N_ROUNDS)]
    answer_s, whole_s = (statistics.median(times) for times in zip(*ours, strict=True))
    logger.info("worklist.csv after %.2f s, the page after %.2f s", answer_s, whole_s)
    return {
        "ratio": FIRST_ANSWER_LIMIT_S / answer_s,
        "against": f"a limit of {FIRST_ANSWER_LIMIT_S:g} s from a cold start to `worklist.csv` for "
        "one film",
        "command": "make bench",
    }


def screen_vs_keras() -> dict[str, Any]:
    """Divide the time of Keras to the probabilities of one film by ours, in turn."""
    film, model = first_film(), first_model()
    ratios = []
    for _ in range(N_ROUNDS):
        start_s = time.monotonic()
        command = [sys.executable, "-c", KERAS, model, str(film)]
        subprocess.run(command, env=stage_environment(), check=True, capture_output=True)
        keras_s = time.monotonic() - start_s
        ours_s, _ = first_answer_s(film, model)
        logger.info("Keras %.2f s, screen %.2f s", keras_s, ours_s)
        ratios.append(keras_s / ours_s)
    return {
        "ratio": statistics.median(ratios),
        "against": "Keras and TensorFlow from a cold start to the probabilities of one film",
        "command": "make bench",
    }


def first_answer_s(film: Path, model: str) -> tuple[float, float]:
    """Return the seconds to the table, and those to the end of the program."""
    with tempfile.TemporaryDirectory() as name:
        start_s = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "tasks.screen", str(film), "--model", model, "--out", name],
            env=stage_environment(),
            stderr=subprocess.PIPE,
            text=True,
        ) as program:
            assert program.stderr is not None
            answer_s = next(
                time.monotonic() - start_s for line in program.stderr if "worklist.csv" in line
            )
            program.stderr.read()
        assert program.returncode == 0
        return answer_s, time.monotonic() - start_s


def screen_vs_decoder() -> dict[str, Any]:
    """Compare films per core-second of the program with those of its decoder alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_films(folder / "films", N_FILMS, PACK)
        files = sorted((folder / "films").rglob("*.jpeg"))
        shares = []
        for round_ in range(3):
            strict_s, reduced_s = decoder_s(files)
            ours_s = program_s(folder / f"run{round_}", folder / "films")
            shares.append(strict_s / ours_s)
            numbers = (1e3 * one / N_FILMS for one in (ours_s, strict_s, reduced_s))
            logger.info("ms of CPU a film: screen %.1f, strict %.1f, reduced %.1f", *numbers)
    return {
        "ratio": statistics.median(shares) / DECODER_SHARE,
        "against": f"{DECODER_SHARE:g} of the films per core-second of full, strict decoding alone"
        f"; {N_FILMS:,} JPEG films, without the pictures of the page",
        "command": "make bench",
    }


def decoder_s(files: Sequence[Path]) -> tuple[float, float]:
    """CPU seconds to read and decode films: in full and strictly, and reduced to 64 px."""
    start_s = time.process_time()
    for file in files:
        decode_strictly(open_film(file.read_bytes()))
    strict_s = time.process_time() - start_s
    start_s = time.process_time()
    for file in files:
        decode_reduced(open_film(file.read_bytes()), 64)
    return strict_s, time.process_time() - start_s


def program_s(folder: Path, films: Path) -> float:
    """CPU seconds of the program with its processes, from its start to its end."""
    before = children_cpu_s()
    run_program(folder, films).wait()
    return children_cpu_s() - before


def children_cpu_s() -> float:
    """CPU seconds of the children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_program(folder: Path, films: Path) -> "subprocess.Popen[bytes]":
    """Start the program in a folder of its own, with two processes and without pictures."""
    network = network_path(None, load_params(paths.PARAMS)).resolve()
    workspace(folder, compute={"n_workers": 2}, screen={"n_pictures": 0})
    return subprocess.Popen(
        [sys.executable, "-m", "tasks.screen", str(films), "--model", str(network), "--out", "out"],
        cwd=folder,
        env=stage_environment(),
        stderr=subprocess.DEVNULL,
    )


def screen_warm_film() -> dict[str, Any]:
    """Divide the limit by the 99th percentile of the time for one film in a warm process."""
    engine = Engine(load_network(network_path(None, load_params(paths.PARAMS))))
    files = film_files(PACK)
    times_s = []
    for number in range(N_WARM):
        data = files[number % len(files)].read_bytes()
        start_s = time.perf_counter()
        engine.screen(data, "film.jpeg")
        times_s.append(time.perf_counter() - start_s)
    median_s, high_s = np.quantile(times_s, [0.5, 0.99])
    logger.info(
        "one film in a warm process: p50 %.0f ms, p99 %.0f ms", 1e3 * median_s, 1e3 * high_s
    )
    return {
        "ratio": ONE_FILM_LIMIT_S / float(high_s),
        "against": f"a limit of {1e3 * ONE_FILM_LIMIT_S:.0f} ms for one film in a warm process,"
        f" 99th percentile of {N_WARM} films",
        "command": "make bench",
    }


def screen_memory_growth() -> dict[str, Any]:
    """Divide the limit by the growth of memory from 5,000 to 50,000 films."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peaks = []
        for n_films in (N_FEW, N_MANY):
            write_films(folder / f"films{n_films}", n_films, "kermany-224")
            peaks.append(peak_mib(folder / f"run{n_films}", folder / f"films{n_films}"))
    logger.info("%d films: %.0f MiB; %d films: %.0f MiB", N_FEW, peaks[0], N_MANY, peaks[1])
    return {
        "ratio": GROWTH_LIMIT / (peaks[1] / peaks[0]),
        "against": f"{GROWTH_LIMIT:g} times the peak memory of screen for {N_FEW:,} films, where "
        f"{N_MANY:,} are screened",
        "command": "make bench",
    }


def peak_mib(folder: Path, films: Path) -> float:
    """Peak memory of the program with its processes, MiB."""
    peak = 0.0
    with run_program(folder, films) as program:
        while program.poll() is None:
            ids = (program.pid, *children(program.pid))
            peak = max(peak, sum(memory_mib(one, "Pss") for one in ids))
            time.sleep(SAMPLE_EVERY_S)
    assert program.returncode == 0
    return peak


def first_model() -> str:
    """Name of the first model of params.yaml."""
    return load_params(paths.PARAMS).models[0]


def first_film() -> Path:
    """Return one film of the pack, or of `ingest.source`."""
    return film_files(PACK)[0]


ENTRIES = {
    "screen_first_answer": screen_first_answer,
    "screen_vs_keras": screen_vs_keras,
    "screen_vs_decoder": screen_vs_decoder,
    "screen_warm_film": screen_warm_film,
    "screen_memory_growth": screen_memory_growth,
}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    for name in sys.argv[1:] or ENTRIES:
        entry = ENTRIES[name]()
        logger.info("%s: %.2f x %s", name, entry["ratio"], entry["against"])
