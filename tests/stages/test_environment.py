"""The user's settings and environment do not change a byte of what a stage writes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, squares_cohort, store_films
from tests.films import ROOT, mooney_files, stage_environment, workspace, write_tree

HOSTILE = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    **dict.fromkeys(("KMP_AFFINITY", "NUMEXPR_MAX_THREADS", "OMP_SCHEDULE"), "none"),
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_DETERMINISTIC_OPS": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
    "TF_USE_LEGACY_KERAS": "1",
    "TF_CPP_MAX_VLOG_LEVEL": "0",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "KERAS_MAX_EPOCHS": "0",
    "KERAS_MAX_STEPS_PER_EPOCH": "1",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "LC_ALL": "C",
    "LANG": "tr_TR.ISO-8859-9",
    "TZ": "Pacific/Kiritimati",
    "MPLBACKEND": "no-such-backend",
}
KERAS = {
    "floatx": "float16",
    "epsilon": 0.5,
    "backend": "jax",
    "image_data_format": "channels_first",
}


def run(folder: Path, arguments: list[str], environment: Mapping[str, str]) -> list[str]:
    """Run a stage that must succeed; return its lines on stderr."""
    clean = {name: text for name, text in stage_environment().items() if name not in HOSTILE}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def files_in(folder: Path) -> dict[str, bytes]:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.slow
def test_ingest_writes_the_same_bytes_in_a_hostile_environment(tmp_path):
    drawn = mooney_files(6).items()
    films = {name.replace("NORMAL/", "NORMAL/é-"): data for name, data in drawn}
    write_tree(tmp_path / "source", films)
    written = []
    for name, environment in (("clean", {"PYTHONHASHSEED": "1"}), ("hostile", HOSTILE)):
        folder = workspace(tmp_path / name, ingest={"source": str(tmp_path / "source")})
        run(folder, ["tasks.ingest"], environment)
        written.append(files_in(folder / "data"))
    assert written[0] == written[1]


@pytest.mark.slow
def test_train_writes_the_same_bytes_in_a_hostile_environment(tmp_path):
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras/keras.json").write_text(json.dumps(KERAS), "utf-8")
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["train"] |= {"epochs": 1, "n_seeds": 1, "batch_size": 8, "precision": "float32"}
    params["train"]["pretraining"] |= {"epochs": 1}
    samples = squares_cohort()
    written = []
    for name, environment in (
        ("clean", {"PYTHONHASHSEED": "1"}),
        ("hostile", {**HOSTILE, "KERAS_HOME": str(tmp_path / "keras")}),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
        write_table(samples, SAMPLES_SCHEMA, folder / paths.SAMPLES)
        store_films(folder / paths.IMAGES, samples, draw_squares(samples, 32))
        run(folder, ["tasks.train", "--model", "cnn4"], environment)
        written.append(files_in(folder / paths.model_dir("cnn4")))
    assert "model.keras" in written[0]
    assert written[0] == written[1]


def test_matplotlib_reads_no_settings_of_the_user(tmp_path):
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 40\n", "utf-8")
    code = (
        "from tasks.core import stage\n"
        "def main(arguments):\n"
        "    import matplotlib\n"
        "    print(matplotlib.rcParams['lines.linewidth'])\n"
        "stage.run('demo', None, main)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MATPLOTLIBRC": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "1.5\n"
