"""What the stages beside `evaluate` find about one model, small and with fixed numbers."""

from typing import Any

import pandas as pd

from tests.report_tables import estimate

Json = dict[str, Any]
LABELS = {"gap": None, "n_issues": 12, "n_images": 814, "listed": []}


def around(value: float, reach: float = 0.04) -> Json:
    """An estimate with an interval of the given reach on both sides."""
    return estimate(value, max(0.0, value - reach), min(1.0, value + reach))


def class_view(labels: list[str], matrix: list[list[int]]) -> Json:
    """The view of all classes, with fixed metrics."""
    means = {name: around(0.9) for name in ("precision", "recall", "f1", "auroc")}
    return {
        "labels": labels,
        "matrix": matrix,
        "shares": [[around(n / max(sum(row), 1)) for n in row] for row in matrix],
        "per_class": [
            {"name": name, "n_images": sum(row), "n_patients": sum(row) - 1, **means}
            for name, row in zip(labels, matrix, strict=True)
        ],
        "macro": means,
        "weighted": means,
        "accuracy": around(0.91),
        "balanced_accuracy": around(0.92),
        "top_confusions": [
            {"truth": labels[0], "called": labels[1], "n_images": 12, "share": around(0.121)}
        ],
    }


def external(evaluation: Json) -> Json:
    """One judged cohort with a lower specificity, and one gap."""
    there = evaluation["test"] | {
        "specificity": around(0.6),
        "auroc": around(0.95),
        "classes_view": evaluation["classes_view"]["test"],
        "gaps": ["2 films without a label: not judged."],
    }
    place = {"threshold": 0.3, "distance": -0.5, "sensitivity": 0.9, "specificity": 0.7}
    shift = dict.fromkeys(("home", "oracle", "same_share"), place)
    statistics = [{"name": "brightness", "home": 120.0, "cohort": 99.5, "difference": -0.8}]
    judged = {
        "name": "covid-mini",
        "status": "judged",
        "gap": None,
        "classes": {"NORMAL": "NORMAL", "COVID": "PNEUMONIA", "LUNG OPACITY": None},
        "counts": {"films": 164},
        "notes": [],
        "evaluation": there,
        "operating_points": {},
        "calibration": {"before": {"ece": around(0.2)}, "after": {"ece": around(0.12, 0.03)}},
        "abstention": None,
        "threshold_shift": shift | {"sentence": "The threshold would have to fall by 0.5 logits."},
        "unlikeness": {"statistics": statistics, "sentences": ["The films are darker."]},
    }
    nothing = dict.fromkeys(
        ("evaluation", "calibration", "abstention", "threshold_shift", "unlikeness")
    )
    gap = {"name": "no-labels", "status": "gap", "gap": "No film of the cohort has a label."}
    more = {"classes": {}, "counts": {}, "notes": [], "operating_points": {}}
    return {"cohorts": [judged, gap | more | nothing]}


def adaptation() -> Json:
    """Four ways to adapt to one cohort."""
    names = ("auroc", "sensitivity", "specificity", "calibration_error")
    numbers = {name: around(0.8) for name in names}
    ways = [
        {"way": way, "threshold": 0.4, **numbers, "change": None, "finding": finding}
        for way, finding in (("none", None), ("statistics", "It helped."), ("both", "It harmed."))
    ]
    spread = {name: {"mean": 0.8, "lowest": 0.7, "highest": 0.9} for name in names[:3]}
    cohort = {
        "name": "covid-mini",
        "n_films": 164,
        "n_films_used": 164,
        "layers": ["bn"],
        "note": None,
        "ways": ways,
        "prevalence": {"finding": "The threshold moved from 0.4 to 0.1."},
        "films_needed": [{"n_films": 8, "n_draws": 5, "statistics": spread, "both": spread}],
        "class_mix": [{"films": "negative only", "n_films": 30, **numbers}],
    }
    return {"model": "m", "layers": "all", "alpha": 1.0, "note": None, "cohorts": [cohort]}


def robustness() -> Json:
    """Negative controls of a network that reads a part beside the lungs, and three disturbances."""
    grid = [
        {
            "disturbance": name,
            "strength": strength,
            "value": strength / 10,
            "auroc": around(0.97 - strength / 40),
            "loss": estimate(strength / 40, 0.0, strength / 20),
            "sensitivity": around(0.9),
            "specificity": around(0.8),
        }
        for name in ("jpeg", "blur", "gamma")
        for strength in range(1, 6)
    ]
    floors = [("min_auroc", None), ("max_auroc_loss", 0.02), ("max_auroc_without_lungs", None)]
    return {
        "home": {"auroc": around(0.972, 0.02)},
        "controls": [
            {"name": "lungs_blanked", "what_is_left": "corners and border", "auroc": around(0.84)},
            {"name": "border_only", "what_is_left": "the ring", "auroc": around(0.55, 0.08)},
        ],
        "grid": grid,
        "floors": [
            {"name": name, "limit": limit, "found": 0.05, "where": "blur", "passed": passed}
            for (name, limit), passed in zip(floors, (None, False, None), strict=True)
        ],
    }


def error_book(films: pd.DataFrame) -> Json:
    test = films[films["split"] == "test"]
    nearest = [
        {"image_id": film.image_id, "path": film.path, "label": film.label, "distance": 1.5}
        for film in films[films["split"] == "train"].head(3).itertuples()
    ]
    wrong = pd.concat([test[test["outcome"] == outcome] for outcome in ("FN", "FP")])
    brief = [{key: one[key] for key in ("image_id", "label", "distance")} for one in nearest]
    return {
        "nearest_of_test": dict.fromkeys(sorted(test["image_id"]), brief),
        "errors": [
            {
                "image_id": film.image_id,
                "path": film.path,
                "label": film.label,
                "outcome": film.outcome,
                "kind": film.outcome,
                "called_class": "NORMAL" if film.outcome == "FN" else "PNEUMONIA",
                "prob_positive": 0.2 if film.outcome == "FN" else 0.7,
                "sureness": 0.8 if film.outcome == "FN" else 0.7,
                "neighbours_agree_with": "call" if film.outcome == "FN" else "neither",
                "nearest": nearest,
            }
            for film in wrong.itertuples()
        ],
    }


def comparison(model: str) -> Json:
    difference = estimate(0.02, -0.01, 0.05)
    measure = {"measure": "auroc", "difference": difference, "p": 0.2, "p_corrected": 0.4}
    pair = {"a": model, "b": "other", "measures": [measure], "p_corrected": 0.4, "better": None}
    return {
        "models": [model, "other"],
        "films": "test",
        "n_images": 164,
        "gap": None,
        "rule": "A model is better if a corrected p value says so.",
        "pairs": [pair],
        "baselines": [lead(model, name, value) for name, value in LEADS.items()],
    }


# AUROC of the network, 0.972, less that of each baseline of report_inputs.py
LEADS = {
    "always positive": 0.472,
    "file facts (width, height, bytes)": 0.411,
    "brightness and contrast": 0.23,
}


def lead(model: str, baseline: str, value: float) -> Json:
    """The network less one baseline, on the same films."""
    difference = {"auroc": estimate(value, value - 0.06, value + 0.06), "accuracy": around(0.2)}
    return {"model": model, "baseline": baseline, **difference}


def grades() -> Json:
    """Grades of two methods; the second fails its sanity check."""
    return {
        "n_films": 16,
        "methods": [
            method("grad_cam", rank=1, is_sane=True, share=0.52),
            method("lime", rank=2, is_sane=False, share=0.3),
        ],
        "agreement": {"methods": ["grad_cam", "lime"], "matrix": [[1.0, 0.4], [0.4, 1.0]]},
    }


def method(name: str, *, rank: int, is_sane: bool, share: float) -> Json:
    """Grades of one method, on films whose lung fields fill 0.29 of the film."""
    steps = [{"layers_randomised": n, "similarity": 1 - n / 3} for n in (1, 2)]
    return {
        "name": name,
        "rank": rank,
        "sanity": {"passed": is_sane, "limit": 0.5, "steps": steps},
        "deletion": around(0.4),
        "insertion": around(0.7),
        "random_order": around(0.6),
        "stability": around(0.9),
        "lungs": {
            "share": estimate(share, share - 0.06, share + 0.06),
            "area": 0.29,
            "n_films": 20,
        },
        "truth": None,
        "random_network": None,
    }
