import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import EvaluationError
from tasks.evaluate.baseline_models import baseline_films, fit_baselines, score_baselines
from tests.cohorts import evaluate_params, manifest_of, squares_cohort, store_films

ALWAYS = "always positive"
FILE = "file facts (width, height, bytes)"
FILM = "brightness and contrast of the film"
GATE = "pixel statistics of the gate (forest)"
SAMPLES = squares_cohort({"train": 40, "val": 4, "test": 40})
ILL = (SAMPLES["label"] == "PNEUMONIA").to_numpy()


def noise(brighter_if_ill: int = 0) -> np.ndarray:
    rng = np.random.default_rng(3)
    films = rng.integers(0, 100, (len(SAMPLES), 8, 8), dtype=np.uint8)
    films[ILL] += np.uint8(brighter_if_ill)
    return films


def facts(rng_seed: int = 0):
    manifest = manifest_of(SAMPLES)
    rng = np.random.default_rng(rng_seed)
    manifest["width"] = rng.integers(300, 900, len(manifest))
    manifest["n_bytes"] = rng.integers(5_000, 90_000, len(manifest))
    return manifest


def scores(tmp_path, films, manifest, samples=SAMPLES, **params: object) -> dict[str, dict]:
    store = store_films(tmp_path / "images", SAMPLES, films)
    settings = evaluate_params(**params)
    rows = score_baselines(fit_baselines(samples, manifest, store, settings), settings)
    return {row["name"]: row["test"] for row in rows}


def test_baselines_find_nothing_in_noise(tmp_path):
    found = scores(tmp_path, noise(), facts())
    assert list(found) == [ALWAYS, FILE, FILM, GATE]
    for name in (FILE, FILM):
        assert 0.3 < found[name]["auroc"]["value"] < 0.7
        assert found[name]["auroc"]["low"] < 0.5 < found[name]["auroc"]["high"]


def test_file_facts_find_a_planted_shortcut(tmp_path):
    manifest = facts()
    ill = manifest["label"] == "PNEUMONIA"
    manifest.loc[ill, "n_bytes"] = manifest.loc[ill, "n_bytes"] // 20
    found = scores(tmp_path, noise(), manifest)
    assert found[FILE]["auroc"]["value"] > 0.99
    assert found[FILE]["accuracy"]["value"] > 0.9
    assert found[FILM]["auroc"]["value"] < 0.7


def test_brightness_finds_planted_brightness(tmp_path):
    found = scores(tmp_path, noise(brighter_if_ill=60), facts())
    assert found[FILM]["auroc"]["value"] == pytest.approx(1.0)
    assert found[FILE]["auroc"]["value"] < 0.7


def test_forest_finds_what_no_straight_line_finds(tmp_path):
    manifest = facts()
    ill = (manifest["label"] == "PNEUMONIA").to_numpy()
    side = np.where(np.arange(len(manifest)) % 4 < 2, -20.0, 20.0)
    manifest["border"] = 100 + np.where(ill, side, 0.0)  # darker or brighter: ill
    found = scores(tmp_path, noise(), manifest)
    assert found[GATE]["auroc"]["value"] > 0.99
    assert found[FILM]["auroc"]["value"] < 0.7


def test_table_holds_the_answers_that_the_scores_count(tmp_path):
    store, settings = store_films(tmp_path / "images", SAMPLES, noise(60)), evaluate_params()
    fitted = fit_baselines(SAMPLES, facts(), store, settings)
    films, schema = baseline_films(fitted)
    assert list(films.groupby("baseline", sort=False).groups) == [ALWAYS, FILE, FILM, GATE]
    assert set(schema.names) == set(films)
    for row in score_baselines(fitted, settings):
        of_one = films[films["baseline"] == row["name"]]
        share = (of_one["called_positive"] == of_one["positive"]).mean()
        assert share == row["test"]["accuracy"]["value"]


def test_always_positive_has_auroc_one_half(tmp_path):
    auroc = scores(tmp_path, noise(), facts())[ALWAYS]["auroc"]
    assert auroc == {"value": 0.5, "low": 0.5, "high": 0.5}


def test_always_positive_does_not_depend_on_the_majority_of_the_training_films(tmp_path):
    on_train, on_test = SAMPLES["split"] == "train", SAMPLES["split"] == "test"
    few_ill = SAMPLES[~(on_train & ILL & (SAMPLES.index % 4 == 2)) & ~(on_test & ~ILL)]
    assert few_ill.loc[few_ill["split"] == "train", "label"].eq("PNEUMONIA").mean() < 0.4
    found = scores(tmp_path, noise(), facts(), few_ill)[ALWAYS]
    assert found["accuracy"]["value"] == 1.0  # every film of this test split is ill


def test_baselines_do_not_see_the_test_labels(tmp_path):
    swapped = SAMPLES.copy()
    on_test = swapped["split"] == "test"
    swapped.loc[on_test, "label"] = np.where(ILL[on_test], "NORMAL", "PNEUMONIA")
    manifest = facts()
    manifest.loc[manifest["label"] == "PNEUMONIA", "width"] += 300
    before = scores(tmp_path, noise(20), manifest)
    after = scores(tmp_path, noise(20), manifest, swapped)
    for name in (FILE, FILM):  # the same ranking against the opposite truth
        assert before[name]["auroc"]["value"] > 0.7
        total = before[name]["auroc"]["value"] + after[name]["auroc"]["value"]
        assert total == pytest.approx(1.0)


def test_duplicate_file_of_the_manifest_counts_once(tmp_path):
    manifest = facts()
    twice = pd.concat([manifest, manifest.head(5).assign(path="again.png")])
    assert scores(tmp_path, noise(), twice) == scores(tmp_path, noise(), manifest)


def test_wrong_negative_class_is_an_error(tmp_path):
    with pytest.raises(EvaluationError, match=r"HEALTHY(.|\n)*choose from: NORMAL, PNEUMONIA"):
        scores(tmp_path, noise(), facts(), negative_class="HEALTHY")


def test_training_films_of_one_side_are_an_error(tmp_path):
    one_side = SAMPLES[(SAMPLES["split"] != "train") | ILL]
    with pytest.raises(EvaluationError, match=r"40 positive of 40(.|\n)*split train"):
        scores(tmp_path, noise(), facts(), one_side)


THREE = SAMPLES.assign(
    label=[("COVID", "NORMAL", "VIRAL", "VIRAL")[k % 4] for k in SAMPLES.index // 2]
)


def test_without_a_negative_class_the_baselines_tell_the_classes_apart(tmp_path):
    manifest = facts()
    manifest["width"] = 300 + 200 * manifest["image_id"].map(
        dict(zip(THREE["image_id"], THREE["label"].factorize()[0], strict=True))
    )
    found = scores(tmp_path, noise(), manifest, THREE, negative_class=None)
    assert list(found) == ["always the commonest class", FILE, FILM, GATE]
    commonest = found["always the commonest class"]
    assert commonest["accuracy"]["value"] == 0.5  # VIRAL
    assert commonest["auroc"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert found[FILE]["accuracy"]["value"] > 0.9
    assert found[FILE]["auroc"]["value"] > found[FILM]["auroc"]["value"]


def test_without_a_negative_class_a_class_needs_training_films(tmp_path):
    lacking = THREE[(THREE["split"] != "train") | (THREE["label"] != "COVID")]
    with pytest.raises(EvaluationError, match=r"no training film of COVID"):
        scores(tmp_path, noise(), facts(), lacking, negative_class=None)
