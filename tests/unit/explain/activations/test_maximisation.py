import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.explain.activations.maximisation import maximise_channels
from tasks.explain.truncated import truncate

ROOT = Path(__file__).parents[4]
PROGRAM = """
import sys
import keras, numpy as np
from tasks.explain.activations.maximisation import maximise_channels
from tasks.explain.truncated import truncate
model = keras.saving.load_model(sys.argv[1], compile=False)
films, means = maximise_channels(truncate(model, "float32"), 0, [1, 0, 2], seed=3)
np.savez(sys.argv[2], films=films, means=means)
print(keras.backend.backend())
"""


@pytest.fixture
def made(build_edges):
    return maximise_channels(truncate(build_edges(), "float32"), 0, [1, 0, 2], seed=3)


def test_film_for_an_edge_detector_is_edges_and_for_brightness_is_white(made):
    films, means = made
    white, edges, noise = films[..., 0].astype(float)

    assert films.shape == (3, 16, 16, 1)
    assert films.dtype == np.uint8
    assert white.min() > 200
    assert means[0] == pytest.approx(white[:, :-1].mean() / 255, abs=1e-5)
    across, down = np.abs(np.diff(edges, axis=1)).mean(), np.abs(np.diff(edges, axis=0)).mean()
    assert across > 1.5 * down  # 1 in the noise that it began with
    assert means[1] == pytest.approx(np.maximum(np.diff(edges, axis=1), 0).mean() / 255, abs=1e-5)
    assert means[1] > 0.2  # of at most 0.5: every second pixel can be an edge
    assert means[2] == 0  # silent: its noise stays
    assert abs(noise.mean() - 128) < 5
    assert 8 < noise.std() < 16


def test_seed_decides_the_film(build_edges, made):
    truncated = truncate(build_edges(), "float32")

    again, _ = maximise_channels(truncated, 0, [1, 0, 2], seed=3)
    other, _ = maximise_channels(truncated, 0, [1, 0, 2], seed=4)

    np.testing.assert_array_equal(again, made[0])
    assert (other[1] != again[1]).any()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_film_on_another_backend_is_that_of_tensorflow(
    build_edges, made, tmp_path: Path, backend: str
):
    pytest.importorskip(backend)
    build_edges().save(tmp_path / "model.keras")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "model.keras"), str(tmp_path / "made.npz")],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == backend

    with np.load(tmp_path / "made.npz") as found:
        np.testing.assert_allclose(found["films"].astype(int), made[0].astype(int), atol=2)
        np.testing.assert_allclose(found["means"], made[1], atol=0.01)
