"""What a program that screens films imports stays light: it starts in well below a second."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.contract.imports import ROOT, modules_of
from tests.films import film_pixels

# Slow to import, or not installed where films are only screened
HEAVY = {
    *("tensorflow", "keras", "pandas", "pyarrow", "scipy", "skimage", "imagehash", "sklearn"),
    *("matplotlib", "pydicom", "imagecodecs", "threadpoolctl", "dask", "great_expectations"),
}

# Packages and modules of core that `screen` imports; of params every section
SCREENED_BY = (
    *("tasks/core/decision", "tasks/core/examination", "tasks/core/source", "tasks/core/params"),
    *("tasks/core/film", "tasks/core/reasons", "tasks/core/errors", "tasks/core/stage"),
    *("tasks/core/paths", "tasks/core/unchanged_film"),
    *("tasks/core/network", "tasks/screen/worklist", "tasks/screen/worklist_pictures"),
)
FITTED = """
from pathlib import Path
from tasks.core import paths
from tasks.core.examination.examine_bytes import ExaminationSettings, examine_bytes
from tasks.core.film.square import square_of_film
from tasks.core.params import load_params
params = load_params(paths.PARAMS)
data = Path({path!r}).read_bytes()
assert examine_bytes(data, "film", ExaminationSettings(32, 10.0)).reason is None
assert square_of_film(data, params.resize).image.shape[0] == params.resize.size_px
"""


def modules_in(folder: str) -> list[str]:
    """Return the dotted names of the modules of a folder, or of one file."""
    files = modules_of(folder) or [ROOT / f"{folder}.py"]
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name for name in names if not name.endswith("__init__")]


def heavy_after(statements: str) -> set[str]:
    """Return the heavy packages that a fresh interpreter holds after the statements."""
    program = f"{statements}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return HEAVY & set(shown.split())


@pytest.mark.parametrize("folder", SCREENED_BY)
def test_no_module_of_the_family_imports_a_heavy_package(folder: str) -> None:
    imports = "\n".join(f"import {name}" for name in modules_in(folder))
    assert heavy_after(imports) == set()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_film_is_examined_and_fitted_without_a_heavy_package(form: str, tmp_path: Path) -> None:
    path = tmp_path / "film"
    Image.fromarray(film_pixels(1, 300, 260)).save(path, form)
    assert heavy_after(FITTED.format(path=str(path))) == set()


def test_a_heavy_package_would_be_seen() -> None:
    assert heavy_after("import scipy.special") >= {"scipy"}


@pytest.mark.parametrize("stage", ["train", "train.augmentation", "evaluate"])
def test_help_answers_at_once_and_without_tensorflow(stage: str) -> None:
    started_s = time.monotonic()
    code = (
        f"import sys, runpy; sys.argv[1:] = ['--help']\n"
        f"try: runpy.run_module('tasks.{stage}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'keras', 'tensorflow', 'sklearn', 'pandas', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert time.monotonic() - started_s < 2
    assert f"Stage `{stage.replace('.', '-')}`" in shown.stdout
    assert "--model" in shown.stdout
    assert shown.stdout.endswith("[]\n")
