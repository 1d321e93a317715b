"""Each of our own networks, from phantom films to its page: one epoch, stages as processes."""

import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.html.number_format import format_number
from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom
from tasks.page.__main__ import MOST_BYTES
from tests.films import ROOT, run_stage, workspace

SIZE_PX = 72  # xception needs at least 71
MODELS = ["ann", "chexnet", "cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet",
          "resnet101", "twin5", "xception"]  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the stages before `train` have run, with phantoms and fast settings."""
    folder = workspace(
        tmp_path_factory.mktemp("zoo"),
        resize={"size_px": SIZE_PX},
        train={"epochs": 1, "n_seeds": 1, "batch_size": 16, "precision": "float32"},
        per_model={model: {} for model in MODELS},  # random weights: no download
        evaluate={"n_bootstrap": 100},
        explain={"n_per_outcome": 1},
    )
    write_phantom(folder / paths.PHANTOM, PhantomSettings(seed=5, n_train=32, n_val=12, n_test=12))
    for stage in ("ingest", "resample", "resize"):
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr
    return folder


def section(page: str, name: str) -> str:
    start = page.index(f'<section id="{name}">')
    return page[start : page.index("</section>", start)]


def pictures(html: str) -> list[Image.Image]:
    """The inlined pictures, decoded; a damaged picture raises an error."""
    encoded = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB") for text in encoded]


def is_blank(picture: Image.Image) -> bool:
    return all(low == high for low, high in picture.getextrema())


def pictures_named(explanations: dict[str, Any]) -> int:
    films = explanations["films"]
    grad_cams = sum(film["gradcam"] is not None for film in films)
    return 1 + len(films) + grad_cams + sum(len(film["activations"]) for film in films)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_trained_and_its_page_holds_name_metrics_and_pictures(
    cohort: Path, model: str
) -> None:
    baselines = run_stage("evaluate.baselines", cohort)  # the page shows them
    assert baselines.returncode == 0, baselines.stderr
    for stage in ("train", "train.augmentation", "evaluate", "explain", "page"):
        end = run_stage(stage, cohort, "--model", model, timeout_s=600)
        assert end.returncode == 0, end.stderr
    page = (cohort / paths.page(model)).read_text("utf-8")
    metrics = read_json(cohort / paths.evaluation(model))
    explanations = read_json(cohort / paths.explanations_json(model))

    assert f"<h1>{model}</h1>" in page
    assert "Synthetic films." in page
    assert len(page.encode()) < MOST_BYTES
    for split in ("test", "validation"):
        for name in ("auroc", "sensitivity", "specificity", "accuracy"):
            assert format_number(metrics[split][name]["value"]) in section(page, "metrics")
    assert page.count('<figure class="plot">') == 5
    shown = pictures(section(page, "explanations"))
    assert len(shown) == pictures_named(explanations)
    assert not is_blank(shown[0])  # the first layer's weights
    assert len(pictures(section(page, "made"))) == 1  # the contact sheet
    if model == "ann":
        assert "This network has no convolution" in section(page, "explanations")
    else:
        layer = explanations["gradcam_layer"]
        assert f"Grad-CAM at the last convolution\n(<code>{layer}</code>)" in page
        assert all(film["activations"] for film in explanations["films"])


@pytest.mark.slow
def test_all_our_own_networks_are_tested_here() -> None:
    files = (ROOT / "tasks/train/zoo").glob("[a-z]*.py")
    own = {path.stem for path in files if "of keras.applications" not in path.read_text("utf-8")}
    assert {*own, "resnet101", "xception"} == set(MODELS)
