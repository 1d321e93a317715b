"""The explanations of a model as the page shows them: pictures inlined, said in plain words."""

from dataclasses import dataclass
from pathlib import Path

from tasks.core.html.html import Picture, inline_png, number, percent, plural
from tasks.page.evidence import OUTCOMES, Record
from tasks.page.words import layer_words, outcome_title


@dataclass(frozen=True)
class Depth:
    """Feature maps of one film at one layer, with a caption."""

    layer: str
    picture: Picture
    caption: str


@dataclass(frozen=True)
class FilmView:
    """One film, what the network marked in it, and what each depth made of it.

    facts: truth, probability and why this film was chosen. grad_cam, marked: picture and caption;
    None and empty, as depths are, for a network without a convolution.
    """

    path: str
    facts: str
    film: Picture
    grad_cam: Picture | None
    marked: str
    depths: list[Depth]


@dataclass(frozen=True)
class OutcomeView:
    """Films that ended alike: outcome (TP, TN, FP or FN), heading, films."""

    outcome: str
    title: str
    films: list[FilmView]


def view_outcomes(explanations: Record, metrics: Record, folder: Path) -> list[OutcomeView]:
    """Group the explained films by outcome, what went wrong first; an outcome may have no film.

    Args:
        explanations: Content of `explanations.json`.
        metrics: Content of `metrics.json`.
        folder: Folder that the picture names are relative to.

    Raises:
        PictureError: A picture is no PNG.
    """
    return [
        OutcomeView(
            outcome,
            outcome_title(outcome, metrics),
            [
                _view_film(film, explanations, folder)
                for film in explanations["films"]
                if film["outcome"] == outcome
            ],
        )
        for outcome in OUTCOMES
    ]


def view_filters(explanations: Record, folder: Path) -> Depth:
    """The filters of the first layer."""
    filters = explanations["filters"]
    height, width, _, n_filters = filters["shape"]
    if explanations["gradcam_layer"] is None:
        caption = (
            f"{filters['n_shown']} of {plural(n_filters, 'unit')}, those with the largest weights. "
            f"Each has a weight for every one of {_size(width, height)}: a bright pixel raises its "
            "answer where the weight is red and lowers it where it is blue. Speckle without a form "
            "is what a unit started from before training."
        )
        return Depth(filters["layer"], inline_png(folder / filters["file"]), caption)
    caption = (
        f"The {plural(n_filters, 'filter')} of {_size(width, height)} with which the network "
        "starts. Red weights add brightness, blue ones subtract it, white ignores: red beside "
        "blue answers to an edge, one colour throughout to plain brightness."
    )
    return Depth(filters["layer"], inline_png(folder / filters["file"]), caption)


def _view_film(film: Record, explanations: Record, folder: Path) -> FilmView:
    threshold = explanations["threshold"]
    target = film.get("target_class", explanations["target_class"])
    facts = (
        f"Truth {film['label']}, patient {film['patient_id']}. Probability of a finding "
        f"{number(film['prob_positive'])}, threshold {number(threshold)}. "
        f"Chosen for: {film['why']}."
    )
    drawn = film["gradcam"]
    marked = f"Coloured: what raised the score for {target}." if drawn else ""
    if film.get("gradcam_empty", False):
        marked = f"Nothing in this film raised the score for {target}: it stays grey."
    return FilmView(
        path=film["path"],
        facts=facts,
        film=inline_png(folder / film["input"]),
        grad_cam=inline_png(folder / drawn) if drawn else None,
        marked=marked,
        depths=[_view_depth(maps, folder) for maps in film["activations"]],
    )


def _view_depth(maps: Record, folder: Path) -> Depth:
    height, width, n_channels = maps["shape"]
    dead = maps["share_dead"]
    silent = f" {percent(dead)} of its maps are silent on this film." if dead > 0 else ""
    caption = (
        f"{maps['n_shown']} of {plural(n_channels, 'map')} of {_size(width, height)}. "
        f"{layer_words(maps['layer'])}{silent}"
    )
    return Depth(maps["layer"], inline_png(folder / maps["file"]), caption)


def _size(width_px: int, height_px: int) -> str:
    return f"{width_px} \N{MULTIPLICATION SIGN} {height_px} px"
