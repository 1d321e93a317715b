"""The layers that mix films pass their tests on JAX too, a compiled step with labels included."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.films import ROOT

NAMES = ("partners", "histogram", "amplitude", "mixstyle")


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_partners_histograms_spectra_and_styles_are_the_same_on_jax():
    files = [f"tests/unit/train/transforms/test_{name}.py" for name in NAMES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " 1 skipped" in done.stdout  # the gradients of TensorFlow: the tests did run on JAX
