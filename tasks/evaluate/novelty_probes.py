"""Probes of the novelty score: turned and inverted films, photographs, other body parts."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from tasks.core.decision.decision import Decision
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import auroc, auroc_interval
from tasks.core.statistics.intervals import Estimate, wilson_interval
from tasks.evaluate.inference import Inference
from tasks.evaluate.metric_intervals import EstimateDict
from tasks.evaluate.other_body_parts import BODY_PARTS, draw_body_part

MAX_FILMS = 60  # of one kind; the interval of 57 of 60 is 0.86 to 0.98
N_DRAWN = 20  # of each body part; their outlines differ little
# Pictures inside the packages scikit-image and scikit-learn; nothing is downloaded
PICTURES = {
    "skimage.data": (
        *("astronaut.png", "brick.png", "camera.png", "chelsea.png", "clock_motion.png"),
        *("coffee.png", "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg"),
        *("ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg"),
    ),
    "sklearn.datasets.images": ("china.jpg", "flower.jpg"),
}
Probes = dict[str, Pixels]


def build_probes(images: Pixels, patients: pd.Series, seed: int) -> Probes:
    """Make films that should be found: turned, inverted, of other things than a chest.

    Args:
        images: (n, H, W, 1) uint8 in [0, 255], films to turn; at least one.
        patients: (n,) patient of each film. One film of a patient is turned, and at most
            `MAX_FILMS` films.
        seed: Seed of the choice of the films and of the drawings.

    Returns:
        (k, H, W, 1) uint8 in [0, 255] by the name of the kind.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(images))
    first = ~patients.iloc[shuffled].duplicated().to_numpy()
    films = images[np.sort(shuffled[first][:MAX_FILMS])]
    size_px = images.shape[1]
    drawn = {
        f"drawn {part}s": np.stack([draw_body_part(part, size_px, rng) for _ in range(N_DRAWN)])
        for part in BODY_PARTS
    }
    turned = {
        "films upside down": films[:, ::-1],
        "films turned by 180 degrees": films[:, ::-1, ::-1],
        "films turned to the left": np.rot90(films, 1, axes=(1, 2)),
        "films turned to the right": np.rot90(films, -1, axes=(1, 2)),
        "films with inverted grey levels": 255 - films,
    }
    return {
        **{name: np.ascontiguousarray(views) for name, views in turned.items()},
        "photographs": _photographs(size_px),
        **{name: squares[..., np.newaxis] for name, squares in drawn.items()},
    }


def judge_probes(
    films: pd.DataFrame,
    images: Pixels,
    run: Callable[[Pixels], Inference],
    decision: Decision,
    seed: int,
) -> list[dict[str, Any]]:
    """Score each kind of probe against the films themselves.

    Args:
        films: Rows of the predictions of the test films: `group_id` and `novelty`.
        images: (n, H, W, 1) uint8, aligned with `films`.
        run: What the network says of images, for example `partial(infer, model)`.
        decision: What validation decided for the network.
        seed: See `build_probes`.

    Returns:
        One entry per kind: `name`, `n_images`, `flagged` (share of the probes that are novel) and
        `auroc` (chance that a probe scores higher than a test film), with 95 % intervals that
        count each probe and each test patient once. Empty without films.
    """
    if films.empty:
        return []
    own = films["novelty"].to_numpy(dtype=np.float64)
    n_patients = int(films["group_id"].nunique())
    kinds = build_probes(images, films["group_id"], seed)
    together = np.concatenate(list(kinds.values()))  # a network is prepared at each run
    of_probes = decision.novelty.score(run(together).features, together)
    ends = np.cumsum([len(probes) for probes in kinds.values()])[:-1]
    rows = []
    for (name, probes), scores in zip(kinds.items(), np.split(of_probes, ends), strict=True):
        n_novel = int((scores > decision.novelty.threshold).sum())
        rows.append(
            {
                "name": name,
                "n_images": len(probes),
                "flagged": _as_dict(wilson_interval(n_novel, len(probes))),
                "auroc": _as_dict(_auroc_of(scores, own, n_patients)),
            }
        )
    return rows


def _auroc_of(of_probes: Floats, of_films: Floats, n_patients: int) -> Estimate:
    scores = np.concatenate([of_probes, of_films])
    is_probe = np.arange(len(scores)) < len(of_probes)
    return auroc_interval(auroc(scores, is_probe), len(of_probes), n_patients)


def _as_dict(estimate: Estimate) -> EstimateDict:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _photographs(size_px: int) -> Pixels:
    """The middle of each picture as a grey square: (n, size_px, size_px, 1) uint8."""
    squares = []
    for package, names in PICTURES.items():
        for name in names:
            with (files(package) / name).open("rb") as file, Image.open(file) as picture:
                grey, side = picture.convert("L"), min(picture.size)
            left, top = (grey.width - side) // 2, (grey.height - side) // 2
            middle = (left, top, left + side, top + side)
            squares.append(np.asarray(grey.resize((size_px, size_px), box=middle)))
    return np.stack(squares)[..., np.newaxis]
