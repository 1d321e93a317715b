"""Paths of the artifacts of external cohorts; other modules use them through `paths`."""

from pathlib import Path

EXTERNAL = Path("data/external")


def external_dir(cohort: str) -> Path:
    """Folder of the films of one external cohort, a key of `evaluate.external`."""
    return EXTERNAL / cohort


def external_manifest(cohort: str) -> Path:
    """One row for every file of an external cohort."""
    return external_dir(cohort) / "manifest.parquet"


def external_source(cohort: str) -> Path:
    """Layout of the source of an external cohort, or what is wrong with it."""
    return external_dir(cohort) / "source.json"


def external_pairs(cohort: str) -> Path:
    """Duplicates within an external cohort."""
    return external_dir(cohort) / "pairs.parquet"


def external_overlap(cohort: str) -> Path:
    """Duplicates of an external film and a film of the source, `path_a` in the cohort."""
    return external_dir(cohort) / "overlap.parquet"


def external_thumbnails(cohort: str) -> Path:
    """Small pictures of the films of an external cohort, an image store."""
    return external_dir(cohort) / "thumbnails"


def external_validation_json(cohort: str) -> Path:
    """Result of the data gate on an external cohort."""
    return Path("reports/external") / cohort / "validation.json"


def external_validation_html(cohort: str) -> Path:
    """Page of the data gate on an external cohort."""
    return Path("reports/external") / cohort / "validation.html"


def external_samples(cohort: str) -> Path:
    """Films of an external cohort that are judged."""
    return external_dir(cohort) / "samples.parquet"


def external_excluded(cohort: str) -> Path:
    """Films of an external cohort that are left out, each with its reason."""
    return external_dir(cohort) / "excluded.parquet"


def external_summary(cohort: str) -> Path:
    """Whether a cohort can be judged, how its classes are mapped, and counts of its films."""
    return external_dir(cohort) / "cohort.json"


def external_images(cohort: str) -> Path:
    """Squares of the films of an external cohort, an image store."""
    return external_dir(cohort) / "images"
