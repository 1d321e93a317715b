"""Explanations of a model as the page shows them: inline pictures with captions."""

from dataclasses import dataclass
from pathlib import Path

from tasks.core.html.inline_pictures import Picture, inline_png
from tasks.core.html.number_format import count_of, format_number, format_percent
from tasks.page.page_inputs import JsonObject
from tasks.page.page_text import layer_caption, outcome_title

_OUTCOMES_ON_PAGE = ("FN", "FP", "TP", "TN")  # errors first
_CALLS_ON_PAGE = ("wrong", "right")  # without a negative class


@dataclass(frozen=True)
class LayerView:
    """Feature maps of one film at one layer, or the filters of a layer, with a caption."""

    layer: str
    picture: Picture
    caption: str


@dataclass(frozen=True)
class FilmView:
    """One explained film.

    facts: label, probability and the rule that selected the film.
    grad_cam, grad_cam_caption: heat map with its caption; None and empty for a network without a
    convolution. layers: feature maps; empty for a network without a convolution.
    """

    path: str
    facts: str
    film: Picture
    grad_cam: Picture | None
    grad_cam_caption: str
    layers: list[LayerView]


@dataclass(frozen=True)
class OutcomeView:
    """Explained films with the same outcome (TP, TN, FP or FN), with a heading."""

    outcome: str
    title: str
    films: list[FilmView]


def view_outcomes(
    explanations: JsonObject, evaluation: JsonObject, folder: Path
) -> list[OutcomeView]:
    """Group the explained films by outcome, errors first. An outcome may have no film.

    Args:
        explanations: Content of `explanations.json`.
        evaluation: Content of `evaluation.json`.
        folder: Folder of the pictures.

    Raises:
        PictureError: A picture is not a PNG file.
    """
    is_two_sided = evaluation["negative_class"] is not None
    return [
        OutcomeView(
            outcome,
            outcome_title(outcome, evaluation),
            [
                _view_film(film, explanations, folder)
                for film in explanations["films"]
                if film["outcome"] == outcome
            ],
        )
        for outcome in (_OUTCOMES_ON_PAGE if is_two_sided else _CALLS_ON_PAGE)
    ]


def view_filters(explanations: JsonObject, folder: Path) -> LayerView:
    """The filters of the first convolution, or the weights of the first dense layer."""
    filters = explanations["filters"]
    height, width, _, n_filters = filters["shape"]
    size = _size_text(width, height)
    if explanations["gradcam_layer"] is None:
        caption = (
            f"The {filters['n_shown']} units with the largest weights, of "
            f"{count_of(n_filters, 'unit')}. A unit has one weight for each of {size}. Red: a "
            "bright pixel raises the output of the unit. Blue: a bright pixel lowers it. Noise "
            "without a shape is what the unit had before training."
        )
    else:
        caption = (
            f"The {count_of(n_filters, 'filter')} of {size} of the first layer. Red: positive "
            "weights. Blue: negative weights. White: zero. A filter with red beside blue responds "
            "to edges, a filter of one colour to brightness."
        )
    return LayerView(filters["layer"], inline_png(folder / filters["file"]), caption)


def _view_film(film: JsonObject, explanations: JsonObject, folder: Path) -> FilmView:
    target = film.get("target_class", explanations["target_class"])
    facts = (
        f"Label {film['label']}, patient {film['patient_id']}. "
        f"{_call_text(film, explanations['threshold'])} Selected by: {film['why']}."
    )
    file = film["gradcam"]
    caption = f"In colour: what raised the score for {target}." if file else ""
    if film.get("gradcam_empty", False):
        caption = f"Nothing in this film raised the score for {target}."
    return FilmView(
        path=film["path"],
        facts=facts,
        film=inline_png(folder / film["input"]),
        grad_cam=inline_png(folder / file) if file else None,
        grad_cam_caption=caption,
        layers=[_view_layer(maps, folder) for maps in film["activations"]],
    )


def _call_text(film: JsonObject, threshold: float | None) -> str:
    if threshold is None:
        return f"Called {film['called_class']}, probability {format_number(film['prob_called'])}."
    probability = format_number(film["prob_positive"])
    return f"Probability of a finding {probability}, threshold {format_number(threshold)}."


def _view_layer(maps: JsonObject, folder: Path) -> LayerView:
    height, width, n_channels = maps["shape"]
    dead = maps["share_dead"]
    dead_text = f" {format_percent(dead)} of the maps are zero everywhere." if dead > 0 else ""
    caption = (
        f"{maps['n_shown']} of {count_of(n_channels, 'map')} of {_size_text(width, height)}. "
        f"{layer_caption(maps['layer'])}{dead_text}"
    )
    return LayerView(maps["layer"], inline_png(folder / maps["file"]), caption)


def _size_text(width_px: int, height_px: int) -> str:
    return f"{width_px} \N{MULTIPLICATION SIGN} {height_px} px"
