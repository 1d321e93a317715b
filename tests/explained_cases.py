"""Large films, cases and heat maps, as `explain-films` and `explain` write them; all drawn."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import write_json
from tests.report_tables import estimate

Json = dict[str, Any]

SIZE_PX = 64
SHOWN = (256, 205)  # width and height of each large film, px
N_SHARED = 4
N_PICTURES = 8  # the films repeat them
METHODS = {  # side of the maps in px and title, in rank order; the last one fails its sanity check
    "hires_cam": (32, "HiResCAM"),
    "occlusion": (16, "Occlusion"),
    "integrated_gradients": (64, "Integrated gradients"),
    "grad_cam": (32, "Grad-CAM"),
    "lime": (64, "LIME"),
    "grad_cam_plus_plus": (32, "Grad-CAM++"),
}
PLACES = ("upper left lung", "lower right lung", "outside the lungs", None)


def write_films(
    root: Path, test: pd.DataFrame, *, is_synthetic: bool, size_px: int = SIZE_PX
) -> None:
    """Write data/films: a JPEG for every test film, their list and their fields."""
    folder = root / paths.FILMS
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [_jpeg(number) for number in range(N_PICTURES)]
    films = []
    for number, image_id in enumerate(sorted(test["image_id"])):
        (folder / f"{image_id}.jpg").write_bytes(pictures[number % N_PICTURES])
        films.append(
            {
                "image_id": image_id,
                "file": f"{image_id}.jpg",
                "width": 5 * SHOWN[0],
                "height": 5 * SHOWN[1],
                "shown_width": SHOWN[0],
                "shown_height": SHOWN[1],
                "box": [0.0, 0.0, 1.0, 1.0],
                "square_box": [0.0, 0.0, 1.0, 1.0],
                "lung_confidence": 1.0 if is_synthetic else number % 4 / 4,
                "sha256": f"{number:064x}",
            }
        )
    facts = {"film_px": 512, "is_synthetic": is_synthetic, "has_truth": is_synthetic}
    write_json(root / paths.films_json(), facts | {"settings": {}, "films": films})
    lungs = np.zeros((len(films), SIZE_PX, SIZE_PX), dtype=bool)
    lungs[:, 10:54, 8:28] = lungs[:, 10:54, 36:56] = True
    lungs = lungs[:, :: SIZE_PX // size_px, :: SIZE_PX // size_px]
    fields = {"lungs": lungs}
    if is_synthetic:
        fields["opacities"] = lungs & (lungs.cumsum(axis=1) < 9)
    np.savez_compressed(root / paths.film_fields(), **fields)


def write_cases(
    folder: Path, evaluation: Json, predictions: pd.DataFrame, rng: np.random.Generator
) -> Json:
    """Write heat maps, grades, overlays and superpixels; return the keys of explanations.json.

    Four shared test films, then two of each outcome.
    """
    test = predictions[predictions["split"] == "test"].sort_values("image_id")
    if evaluation["negative_class"] is None:
        is_right = test["label"] == test["called_class"]
        test = test.assign(outcome=np.where(is_right, "right", "wrong"))
    own = test.iloc[N_SHARED:].groupby("outcome", sort=True).head(2).sort_values("outcome")
    chosen = pd.concat([test.head(N_SHARED), own], ignore_index=True)
    cases = [_case(row, n, film, evaluation) for n, (row, film) in enumerate(_rows(chosen))]
    n, k = len(cases), len(cases[0]["classes"])
    heat = {name: _heat(rng, (n, k, side_px, side_px)) for name, (side_px, _) in METHODS.items()}
    heat["lime"][0, 0] = 0  # the map that `empty` says
    for case in cases:
        for kind in ("overlays", "lime"):
            _save(folder / f"{kind}/{case['index']}.png", case["index"])
    segments = np.arange(SIZE_PX) // 8
    segments = np.tile(segments[:, None] * 8 + segments, (n, 1, 1)).astype(np.uint16)
    np.savez_compressed(folder / "heat.npz", lime_segments=segments, **heat)
    write_json(folder / "grades.json", _grades(n))
    return {
        "classes": evaluation["classes"],
        "negative_class": evaluation["negative_class"],
        "methods": [
            {
                "name": name,
                "title": title,
                "limit": float(np.percentile(np.abs(heat[name].astype(float)), 99.5)),
                "is_sane": rank < len(METHODS),
                "rank": rank,
            }
            for rank, (name, (_, title)) in enumerate(METHODS.items(), 1)
        ],
        "methods_left_out": [],
        "overlay_method": next(iter(METHODS)),
        "cases": cases,
    }


def _rows(films: pd.DataFrame) -> list[tuple[int, Json]]:
    return [(row, dict(film)) for row, film in enumerate(films.to_dict("records"))]


def _case(row: int, number: int, film: Json, evaluation: Json) -> Json:
    classes, negative = evaluation["classes"], evaluation["negative_class"]
    probabilities = {name: float(film[f"prob_{name}"]) for name in classes}
    if negative is None:
        called = film["called_class"]
    elif film["outcome"] in ("TP", "FP"):
        called = max((name for name in classes if name != negative), key=probabilities.__getitem__)
    else:
        called = negative
    others = sorted((name for name in classes if name != called), key=probabilities.__getitem__)
    questioned = [called, *reversed(others)][:3]
    return {
        "index": number,
        **{name: film[name] for name in ("image_id", "path", "patient_id", "label", "outcome")},
        "called_class": called,
        "probabilities": probabilities,
        "logits": {name: float(np.log(p + 1e-9)) for name, p in probabilities.items()},
        "why": "one of the films that every network explains"
        if row < N_SHARED
        else f"highest probability among {film['outcome']}",
        "is_shared": row < N_SHARED,
        "classes": questioned,
        "heat": {
            name: {
                "empty": [
                    name == "lime" and number == 0 and k == 0 for k in range(len(questioned))
                ],
                "lung_share": [
                    None if number % 4 == 3 else 0.25 * (k + 1) for k in range(len(questioned))
                ],
                "hottest": [PLACES[(number + k) % len(PLACES)] for k in range(len(questioned))],
            }
            for name in METHODS
        },
        "overlay": f"overlays/{number}.png",
        "lime": f"lime/{number}.png",
    }


def _grades(n_films: int) -> Json:
    methods = [_grade(name, rank) for rank, name in enumerate(METHODS, 1)]
    matrix = [[1.0 if one == other else 0.4 for other in METHODS] for one in METHODS]
    agreement = {"methods": list(METHODS), "matrix": matrix}
    return {"n_films": n_films, "methods": methods, "agreement": agreement}


def _grade(name: str, rank: int) -> Json:
    similarity = 0.9 if rank == len(METHODS) else 0.1
    steps = [{"layers_randomised": n, "similarity": similarity} for n in (1, 2)]
    score = estimate(0.7 - rank / 20, 0.6 - rank / 20, 0.8 - rank / 20)
    chance = estimate(0.1, 0.05, 0.15)
    return {
        "name": name,
        "rank": rank,
        "sanity": {"passed": rank < len(METHODS), "limit": 0.5, "steps": steps},
        **dict.fromkeys(("deletion", "insertion", "stability"), score),
        "random_order": estimate(0.5, 0.4, 0.6),
        "lungs": {"share": score, "area": 0.4, "n_films": 12},
        "truth": {
            "pointing_game": score,
            "chance": 0.1,
            "iou": estimate(0.3, 0.2, 0.4),
            "iou_chance": 0.1,
            "n_films": 8,
        },
        "random_network": {"pointing_game": chance, "iou": chance},
    }


def _heat(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float16]:
    y, x = np.mgrid[: shape[2], : shape[3]] / shape[2]
    hill = np.exp(-(((x - 0.3) / 0.2) ** 2 + ((y - 0.6) / 0.2) ** 2))
    signs = np.where(np.arange(shape[1]) % 2, -1.0, 1.0)[:, None, None]
    return (signs * (2 * hill + rng.normal(0, 0.1, shape))).astype(np.float16)


def _film(number: int) -> Image.Image:
    """Two dark lungs on a bright body, and a number of bright squares."""
    y, x = np.mgrid[: SHOWN[1], : SHOWN[0]] / np.array(SHOWN[::-1])[:, None, None]
    lungs = np.exp(-(((x - 0.3) / 0.14) ** 2)) + np.exp(-(((x - 0.7) / 0.14) ** 2))
    grey = 200 - 130 * lungs * np.sin(np.pi * y)
    grey[100:120, 60 : 60 + 8 * number] = 230
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8))


def _jpeg(number: int) -> bytes:
    buffer = io.BytesIO()
    _film(number).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def _save(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _film(number % N_PICTURES).convert("P").save(path)
