"""Grad-CAM on another Keras backend, in a process of its own, gives the map of TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.explain.grad_cam import grad_cam
from tasks.explain.truncated import truncate
from tasks.train.network.ensemble import average_logits

ROOT = Path(__file__).parents[3]
FILMS = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
CLASSES = [1, 0, 1]
PROGRAM = f"""
import sys
import keras, numpy as np
from tasks.explain.grad_cam import grad_cam
from tasks.explain.truncated import truncate
model = keras.saving.load_model(sys.argv[1], compile=False)
films = np.load(sys.argv[2])
np.save(sys.argv[3], grad_cam(truncate(model), films, {CLASSES}))
print(keras.backend.backend())
"""


def heat_maps_on(backend: str, model, folder: Path) -> np.ndarray:
    model.save(folder / "model.keras")
    np.save(folder / "films.npy", FILMS)
    files = [str(folder / name) for name in ("model.keras", "films.npy", "maps.npy")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *files],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == backend
    return np.load(folder / "maps.npy")


@pytest.mark.parametrize("n_networks", [pytest.param(1, marks=pytest.mark.slow), 2])
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_heat_map_is_that_of_tensorflow(build_vgg, tmp_path: Path, backend: str, n_networks: int):
    pytest.importorskip(backend)
    networks = [build_vgg() for _ in range(n_networks)]
    networks[-1].set_weights([weight * 0.9 for weight in networks[-1].get_weights()])
    model = networks[0] if n_networks == 1 else average_logits(networks)
    expected = grad_cam(truncate(model), FILMS, CLASSES)
    assert expected.max() > 0

    found = heat_maps_on(backend, model, tmp_path)

    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * expected.max())
