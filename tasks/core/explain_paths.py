"""Paths of explanations and of the large test films; other modules use them through `paths`."""

from pathlib import Path

FILMS = Path("data/films")  # the test films, large enough to be read


def explanations(model: str) -> Path:
    """Folder of one model's activation maps, filters and Grad-CAM images."""
    return Path("reports") / model / "explanations"


def explanations_json(model: str) -> Path:
    """List of the explained films of one model, with the names of their pictures."""
    return explanations(model) / "explanations.json"


def films_json() -> Path:
    """List of the large test films, with the part of each that its square shows."""
    return FILMS / "films.json"


def film_fields() -> Path:
    """Lung fields of the test films, and the true opacities of synthetic ones."""
    return FILMS / "fields.npz"


def heat_maps(model: str) -> Path:
    """Heat maps of the explained films of one model, one array for each method."""
    return explanations(model) / "heat.npz"


def grades_json(model: str) -> Path:
    """Grades of the attribution methods on one model."""
    return explanations(model) / "grades.json"


def activations_json(model: str) -> Path:
    """List of the activation maps of one model, with the names of their pictures."""
    return explanations(model) / "activations.json"
