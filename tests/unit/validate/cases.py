"""A clean table of films, and the checks of the data gate on it."""

from typing import Any

import pandas as pd

from tasks.core.params import ValidateParams
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA
from tasks.validate.film_pairs import same_patient
from tasks.validate.frames import build_frames
from tasks.validate.group_tables import negative_class_table
from tasks.validate.rule_runner import RuleResult, run_rules
from tasks.validate.shortcuts import audit_shortcuts
from tasks.validate.suite import build_suite
from tasks.validate.validation_result import build_validation_result

MIN_SIDE_PX = 64


def film(label: str, number: int, split: str) -> dict[str, object]:
    digest = f"{number:064x}"
    return {
        "image_id": digest,
        "path": f"{split}/{label}/{number:02d}.png",
        "label": label,
        "subtype": None,
        "given_split": split,
        "patient_id": f"patient-{number}",
        "width": 200,
        "height": 100,
        "mode": "L",
        "bit_depth": 8,
        "format": "PNG",
        "n_bytes": 5000,
        "pixel_hash": digest,
        "perceptual_hash": digest,
        "layout": "class_folders",
        "status": "ok",
        "reason": None,
        "detail": None,
        "site": None,
        "jpeg_quality": None,
        "quantisation": None,
        "is_progressive": False,
        "has_icc_profile": False,
        "has_exif": False,
        "burned_in": None,
        "n_levels": 200,
        "mean": 120.0,
        "contrast": 50.0,
        "sharpness": 60.0,
        "noise": 2.0,
        "border": 30.0,
        "black_share": 0.05,
        "colour": 0.0,
        "is_synthetic": False,
    }


def pairs_of(*rows: tuple[str, str]) -> pd.DataFrame:
    """Near duplicates, 5 bits apart."""
    named = [(*sorted(row), "near", 5, 0.99) for row in rows]
    return pd.DataFrame(named, columns=PAIRS_SCHEMA.names).astype(
        {"path_a": "str", "path_b": "str"}
    )


def check(
    manifest: pd.DataFrame,
    pairs: pd.DataFrame,
    params: ValidateParams,
    upside_down: pd.Series | None = None,
    negative_class: str | None = "NORMAL",
) -> tuple[list[RuleResult], dict[str, Any]]:
    """Results of the rules and the whole result, from a manifest and its pairs."""
    shortcuts = audit_shortcuts(manifest.reindex(columns=MANIFEST_SCHEMA.names), pairs)
    turned = pd.Series(0.0, manifest["image_id"].unique()) if upside_down is None else upside_down
    frames = build_frames(manifest, pairs, shortcuts["rows"], turned)
    frames["negative_class"] = negative_class_table(frames["films"], negative_class, "folder")
    results = run_rules(frames, build_suite(params, MIN_SIDE_PX))
    listed = [frames["pairs"], same_patient(frames["films"])]
    validation = build_validation_result(
        frames["films"],
        results,
        is_synthetic=False,
        shortcuts=shortcuts,
        pairs=pd.concat([table.astype(object) for table in listed], ignore_index=True),
    )
    return results, {**validation, "reference_given": False}


def broken(results: list[RuleResult]) -> dict[str, RuleResult]:
    return {result.name: result for result in results if not result.passed}
