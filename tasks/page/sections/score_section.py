"""Probabilities of a finding of the test films, and the histogram of the raw scores."""

import itertools

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import finding_name, normal_name
from tasks.page.plots import N_SCORE_BINS, plot_raw_scores
from tasks.page.sections.page_section import Plot, PlotData


def raw_score_plot(inputs: PageInputs) -> Plot | None:
    """Histogram of the scores before calibration; None without a negative class."""
    evaluation, films = inputs.evaluation, inputs.films("test")
    raw = f"prob_{evaluation['negative_class']}_raw"
    if evaluation["negative_class"] is None or raw not in films:
        return None
    names = (f"{finding_name(evaluation)} films", f"{normal_name(evaluation)} films")
    prob = 1 - films[raw].to_numpy(dtype=np.float64)
    positive = films["positive"].to_numpy(dtype=bool)
    edges = np.linspace(0, 1, N_SCORE_BINS + 1)
    counts = [np.histogram(prob[side], edges)[0].tolist() for side in (positive, ~positive)]
    ranges = [f"{low:.2f} to {high:.2f}" for low, high in itertools.pairwise(edges)]
    return Plot(
        plot_raw_scores(prob, positive, names),
        "Raw scores.",
        "Number of test films by the score of the network before calibration. Above the zero line: "
        "films with a finding. Below: films without.",
        PlotData(("Raw score", *names), list(zip(ranges, *counts, strict=True))),
    )


def scores_of(films: pd.DataFrame) -> tuple[Floats, Bools]:
    """Probability of a finding, and whether there is a finding."""
    return (
        films["prob_positive"].to_numpy(dtype=np.float64),
        films["positive"].to_numpy(dtype=bool),
    )
