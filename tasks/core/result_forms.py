"""Forms of the JSON files that `page` and `report` read: what each must hold to be shown."""

from typing import Any

_NUMBER = (float, None)
_ESTIMATE = {"value": _NUMBER, "low": _NUMBER, "high": _NUMBER}
_SCORES = {"n_images": int, "n_patients": int, "auroc": _ESTIMATE}
_VIEW = {
    "labels": [str],
    "matrix": [[int]],
    "per_class": [{"name": str, "n_images": int, "recall": (_ESTIMATE, None)}],
    "macro": {"auroc": (_ESTIMATE, None)},
    "accuracy": _ESTIMATE,
}
_CHOICE = {
    "rule": str,
    "conditions": [{"name": str, "sensitivity": _ESTIMATE, "specificity": _ESTIMATE}],
}
_TRUTH = {
    **{"pointing_game": _ESTIMATE, "chance": float},
    **{"iou": _ESTIMATE, "iou_chance": float, "n_films": int},
}

EVALUATION_FORM: dict[str, Any] = {
    "model": str,
    "is_synthetic": bool,
    "classes": [str],
    "negative_class": (str, None),
    "operating_point": {"threshold": _NUMBER, "threshold_on": _CHOICE},
    "test": _SCORES,
    "validation": _SCORES,
    "classes_view": {"test": _VIEW, "validation": _VIEW},
    "prevalences": list,
    "decision_curve": list,
    "calibration": dict,
    "subgroups": [dict],
}
CONTRACT_FORM = {"sha256": str}
EXTERNAL_FORM = {"cohorts": [{"name": str, "status": str, "evaluation": (dict, None)}]}
ADAPTATION_FORM = {"layers": str, "note": (str, None), "cohorts": [{"name": str, "ways": [dict]}]}
ROBUSTNESS_FORM = {
    "home": {"auroc": _ESTIMATE},
    "controls": [{"name": str, "what_is_left": str, "auroc": _ESTIMATE}],
    "grid": [{"disturbance": str, "strength": int, "auroc": _ESTIMATE, "loss": _ESTIMATE}],
    "floors": [{"name": str, "limit": _NUMBER, "passed": (bool, None)}],
}
BASELINES_FORM = [{"name": str, "test": {"auroc": _ESTIMATE, "accuracy": _ESTIMATE}}]
COMPARISON_FORM = {
    "pairs": [{"a": str, "b": str, "measures": [dict]}],
    "baselines": [{"model": str, "baseline": str, "auroc": _ESTIMATE, "accuracy": _ESTIMATE}],
}
LABELS_FORM = {"gap": (str, None), "n_issues": (int, None), "n_images": int, "listed": [dict]}
DESCRIPTION_FORM = {"n_parameters": int, "epochs_run": int, "best_epoch": int, "seed": int}
EXPLANATIONS_FORM = {
    "conv_layers": [str],
    "missing_outcomes": [str],
    "methods": [
        {"name": str, "title": str, "limit": float, "is_sane": (bool, None), "rank": int},
    ],
    "cases": [{"image_id": str, "classes": [str], "heat": {"*": dict}, "why": str}],
}
GRADES_FORM = {
    "n_films": int,
    "methods": [
        {
            "name": str,
            "rank": int,
            "sanity": {
                "passed": (bool, None),
                "limit": float,
                "steps": [{"layers_randomised": int, "similarity": _NUMBER}],
            },
            **dict.fromkeys(("stability", "deletion", "insertion", "random_order"), _ESTIMATE),
            "lungs": {"share": _ESTIMATE, "area": _NUMBER, "n_films": int},
            "truth": (_TRUTH, None),
            "random_network": ({"pointing_game": _ESTIMATE}, None),
        },
    ],
    "agreement": {"methods": [str], "matrix": [[_NUMBER]]},
}
ACTIVATIONS_FORM = {
    "classes": [str],
    "films": [{"image_id": str, "path": str, "label": str, "called_class": str, "file": str}],
    "filters": {"layer": str, "file": str, "shape": [int], "n_shown": int, "limit": float},
    "validation": (dict, None),
    "layers": [{"layer": str, "shape": [int], "sheets": [str], "silent": [[int]], "scale": str}],
}
FILMS_FORM = {
    "films": [
        {
            **{"image_id": str, "file": str},
            **{"box": [float], "square_box": [float]},
        }
    ],
}
ERRORS_FORM = {"nearest_of_test": {"*": [{"image_id": str, "label": str, "distance": float}]}}
SUMMARY_FORM = {
    "model": str,
    "page": str,
    "verdict": str,
    "weaknesses": [{"rule": str, "title": str, "number": (str, None), "is_weak": bool}],
    "silent_rules": [str],
    "evaluation": EVALUATION_FORM,
    "description": DESCRIPTION_FORM,
    "links": [{"name": str, "path": str, "sha256": (str, None)}],
    "validation_films": {"image_id": [str], "group_id": [str]},
    "explained": {"methods": [dict], "cases": [{"image_id": str}]},
    "test_films": {
        **{"image_id": [str], "label": [str], "called_class": [str]},
        **{"outcome": [str], "prob_positive": [_NUMBER]},
    },
    "roc": {"*": [[float]]},
    "history": {"*": [float]},
}
GATE_FORM = {
    **{"passed": bool, "n_rows": int, "n_usable": int, "rejected": {"*": int}},
    "expectations": [{"passed": bool}],
}
RESIZED_FORM = {
    "params": {"region": str},
    "regions": [{"class": str, "n_films": int}],
    "lungs": object,
    "sharpness": [dict],
}
