"""Attribution on another Keras backend, in a process of its own, gives the maps of TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.explain.attribution.methods import ATTRIBUTION_METHODS, attribute
from tasks.train.network.ensemble import average_logits

ROOT = Path(__file__).parents[3]
FILMS = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
CLASSES = np.array([[1, 0], [0, 1], [1, 0]])
PROGRAM = """
import sys
import keras, numpy as np
from tasks.core.params.reporting import ExplainParams
from tasks.explain.attribution.methods import ATTRIBUTION_METHODS, attribute
from tasks.explain.explained_model import ExplainedModel
model = keras.saving.load_model(sys.argv[1], compile=False)
films, classes = np.load(sys.argv[2])["films"], np.load(sys.argv[2])["classes"]
params = ExplainParams.model_validate_json(sys.argv[4])
average = np.full((16, 16, 1), 90, dtype=np.uint8)
explained = ExplainedModel("by_hand", model, ("A", "B"), "A", 0.5, ("TP",), average)
heat = {
    method: attribute(method, explained, films, classes, params)
    for method in ATTRIBUTION_METHODS
}
network = explained.scored.truncated.network
network.set_weights([weight * 0.0 for weight in network.get_weights()])
heat["silenced"] = attribute("grad_cam", explained, films, classes, params)
np.savez(sys.argv[3], **heat)
print(keras.backend.backend())
"""


def heat_on(backend: str, model, params, folder: Path) -> dict[str, np.ndarray]:
    model.save(folder / "model.keras")
    np.savez(folder / "films.npz", films=FILMS, classes=CLASSES)
    files = [str(folder / name) for name in ("model.keras", "films.npz", "maps.npz")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *files, params.model_dump_json()],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == backend
    with np.load(folder / "maps.npz") as found:
        return dict(found)


@pytest.mark.parametrize("n_networks", [pytest.param(1, marks=pytest.mark.slow), 2])
@pytest.mark.parametrize("backend", [pytest.param("jax", marks=pytest.mark.slow), "torch"])
def test_maps_are_those_of_tensorflow(
    build_vgg, explain, params, tmp_path: Path, backend: str, n_networks: int
):
    pytest.importorskip(backend)
    networks = [build_vgg() for _ in range(n_networks)]
    networks[-1].set_weights([weight * 0.9 for weight in networks[-1].get_weights()])
    model = networks[0] if n_networks == 1 else average_logits(networks)

    found = heat_on(backend, model, params, tmp_path)

    assert not found.pop("silenced").any()  # new weights count at once
    assert set(found) == set(ATTRIBUTION_METHODS)
    for method, heat in found.items():
        expected = attribute(method, explain(model), FILMS, CLASSES, params)
        assert expected.max() > 0
        np.testing.assert_allclose(heat, expected, atol=1e-4 * np.abs(expected).max())
