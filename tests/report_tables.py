"""Tables and JSON files of the stages up to `resize`, small: what `page` and `report` read."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import write_json, write_text
from tasks.core.corrections import CORRECTIONS_SCHEMA
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table

# films of each outcome, chosen by hand: sensitivity 62/65, specificity 87/99
TEST_OUTCOMES = {"TP": 62, "FN": 3, "FP": 12, "TN": 87}
VAL_OUTCOMES = {"TP": 38, "FN": 1, "FP": 5, "TN": 56}
TRAIN_FILMS = {"PNEUMONIA": 210, "NORMAL": 340}


def cohort_films() -> pd.DataFrame:
    """One row per film of the cohort. Every fifth patient has two films."""
    rows = []
    for split, outcomes in (("val", VAL_OUTCOMES), ("test", TEST_OUTCOMES)):
        for outcome, n in outcomes.items():
            label = "PNEUMONIA" if outcome in ("TP", "FN") else "NORMAL"
            rows += [(split, label, outcome, number) for number in range(n)]
    for label, n in TRAIN_FILMS.items():
        rows += [("train", label, None, number) for number in range(n)]
    films = pd.DataFrame(rows, columns=["split", "label", "outcome", "number"])
    patients = [
        f"{r.split}-{r.label}-{r.outcome}-{r.number - r.number % 5 // 4}"
        for r in films.itertuples()
    ]
    films["patient_id"] = films["group_id"] = patients
    films["subtype"] = np.where(films["number"] % 3 == 0, "virus", "bacteria")
    films.loc[films["label"] == "NORMAL", "subtype"] = None
    films["site"] = None
    films["kind"] = films["subtype"].fillna("normal")
    films["path"] = [
        f"chest_xray/{r.split}/{r.label}/person{i:04d}_{r.kind}.jpeg"
        for i, r in enumerate(films.itertuples())
    ]
    films["image_id"] = [hashlib.sha256(path.encode()).hexdigest() for path in films["path"]]
    films["given_split"] = films["split"]
    films["class_index"] = (films["label"] == "PNEUMONIA").astype("int32")
    films["sample_weight"] = 1.0
    films["n_repeats"] = 1
    films["fold"] = pd.array([None] * len(films), dtype="Int32")
    films["is_synthetic"] = False
    return films.sort_values("path", ignore_index=True)


def write_tables(root: Path, films: pd.DataFrame, *, is_synthetic: bool) -> None:
    """Write manifest, samples, exclusions, gate and resize: 3 files rejected, 4 films excluded."""
    left_out = pd.DataFrame(
        {
            "path": [f"chest_xray/train/NORMAL/copy{n}.jpeg" for n in range(4)],
            "label": "NORMAL",
            "reason": ["duplicate", "duplicate", "duplicate", "leak"],
            "because": films["path"].iloc[0],
        }
    )
    left_out["image_id"] = [hashlib.sha256(p.encode()).hexdigest() for p in left_out["path"]]
    broken = pd.DataFrame(
        {
            "path": [f"chest_xray/train/NORMAL/broken{n}.jpeg" for n in range(3)],
            "image_id": ["0" * 64] * 3,
            "status": "rejected",
            "reason": ["unreadable", "unreadable", "too_small"],
        }
    )
    usable = pd.concat([films, left_out.drop(columns=["reason", "because"])]).assign(status="ok")
    manifest = pd.concat([usable, broken]).sort_values("path", ignore_index=True)
    for field in MANIFEST_SCHEMA:
        if field.name not in manifest:
            manifest[field.name] = 512 if pa.types.is_integer(field.type) else None
    manifest["layout"] = "mooney"
    manifest["is_synthetic"] = is_synthetic
    write_table(manifest, MANIFEST_SCHEMA, root / paths.MANIFEST)
    write_table(films, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_table(left_out, EXCLUDED_SCHEMA, root / paths.EXCLUDED)
    nothing = pd.DataFrame(columns=CORRECTIONS_SCHEMA.names)
    write_table(nothing, CORRECTIONS_SCHEMA, root / paths.CORRECTIONS)
    write_json(root / paths.VALIDATION_JSON, gate(len(manifest), len(usable)))
    write_json(root / paths.RESIZE_JSON, resized(films))
    header = "model,reading,model_sha256,contract_sha256,films_sha256,commit"
    write_text(root / paths.TEST_LEDGER, f"{header}\nminivggnet,evaluate,a,b,c,d\n")
    Image.linear_gradient("L").convert("RGB").save(root / paths.RESIZE_PICTURE)


def resized(films: pd.DataFrame) -> dict[str, Any]:
    """Content of `reports/resize.json`: whole films at 64 px, no common resolution."""
    facts = {"n_not_found": 0, "median_confidence": 1.0, "median_share": 1.0}
    sharpness = estimate(0.811, 0.772, 0.846) | {"sharper": "NORMAL"}
    return {
        "params": {
            "size_px": 64,
            "geometry": "stretch",
            "intensity": "none",
            "region": "none",
            "common_resolution_px": None,
        },
        "judged_on": "all films of the cohort: train, val and test",
        "n_films": len(films),
        "regions": [
            {"class": label, "n_films": int((films["label"] == label).sum()), **facts}
            for label in ("NORMAL", "PNEUMONIA")
        ],
        "lungs": None,
        "interval": "95 %, Newcombe 2006 (method 5), by number of patient groups",
        "sharpness_note": "AUROC of sharpness alone",
        "sharpness": [
            {"class": "PNEUMONIA", "against": "NORMAL", "before": sharpness, "after": None}
        ],
    }


def gate(n_rows: int, n_usable: int) -> dict[str, Any]:
    """Content of `reports/validation.json`: the gate is open; two of three expectations failed."""
    facts = {"group": "films", "severity": "warning", "threshold": "at most 0.05"}
    return {
        "passed": True,
        "source": {"layouts": ["mooney"]},
        "n_rows": n_rows,
        "n_usable": n_usable,
        "n_rejected": n_rows - n_usable,
        "rejected": {"unreadable": 2, "too_small": 1},
        "expectations": [
            {
                **facts,
                "name": "sides",
                "title": "No film is far wider than high",
                "passed": False,
                "observed": "2 films above 4.0",
                "n_failing": 2,
                "rows": [{"path": "chest_xray/test/NORMAL/person0001_normal.jpeg"}],
            },
            {
                **facts,
                "name": "metadata_tell_no_class",
                "title": "Facts of the file do not tell the class",
                "passed": False,
                "observed": "0.5 to 0.97",
                "n_failing": 1,
                "rows": [{"finding": "File size alone tells the class", "auroc": 0.97}],
            },
            {
                **facts,
                "name": "rejected",
                "title": "Few files are rejected",
                "passed": True,
                "observed": "0.004",
                "n_failing": 0,
                "rows": [],
            },
        ],
    }


def estimate(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    """An estimate, as the JSON files hold it."""
    return {"value": value, "low": low, "high": high}
