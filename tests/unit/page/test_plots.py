import html
import re

import numpy as np
import pytest
from markupsafe import Markup

from tasks.page.plots import plot_history, plot_raw_scores


def plots() -> dict[str, Markup]:
    prob, positive = np.array([0.1, 0.2, 0.9]), np.array([False, False, True])
    return {
        "scores": plot_raw_scores(prob, positive, ("pneumonia films", "normal films")),
        "loss": plot_history("Loss", {"training": [0.5, 0.3], "validation": [0.6, 0.4]}, 2),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, Markup]:
    return plots()


def test_plot_takes_colours_and_font_from_the_page(drawn: dict[str, Markup]) -> None:
    for svg in drawn.values():
        assert "var(--accent)" in svg
        assert re.search(r":\s*#[0-9a-f]{6}", svg) is None
        assert "DejaVu" not in svg
        assert "<style" not in svg
        assert "http" not in svg


def test_ids_of_all_plots_differ_and_references_resolve(drawn: dict[str, Markup]) -> None:
    every_id: list[str] = []
    for svg in drawn.values():
        ids = re.findall(r'\bid="([^"]+)"', svg)
        every_id += ids
        assert set(re.findall(r"#([\w-]+)", svg)) <= set(ids)
    assert len(every_id) == len(set(every_id))


def test_same_numbers_give_the_same_bytes(drawn: dict[str, Markup]) -> None:
    assert plots() == drawn


def test_text_is_not_converted_to_paths(drawn: dict[str, Markup]) -> None:
    assert ">pneumonia films</text>" in drawn["scores"]
    assert ">weights kept</text>" in drawn["loss"]


def drawn_name(name: str) -> str:
    """Text of the plot for the films with a finding, as the browser shows it."""
    prob, positive = np.array([0.1, 0.9]), np.array([False, True])
    svg = plot_raw_scores(prob, positive, (f"{name} films", "normal films"))
    texts = [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    others = {"normal films", "Test films"}
    (found,) = [text for text in texts if text.endswith(" films") and text not in others]
    return found


@pytest.mark.parametrize(
    "name",
    [
        "cost $$",
        "$x$",
        r"$\frac{1}{$",
        "a $ b",
        "{finding}",
        "%s %d",
        "_hidden",
        "-v",
        "肺炎",
        "\N{LUNGS} ill",
        'x id="y" #040404 url(#z)',
        "<b>&amp;",
    ],
)
def test_a_class_name_is_drawn_as_it_is(name: str) -> None:
    assert drawn_name(name) == f"{name} films"


def test_a_long_class_name_is_shortened_and_leaves_room_for_the_axes() -> None:
    name = drawn_name("pleural effusion or " * 10 + "pneumonia")
    assert name == "pleural effusion or pl…on or pneumonia films"


def test_single_epoch_is_drawn() -> None:
    svg = plot_history("Loss", {"validation": [0.6]}, 1)
    assert "<use" in svg
    assert re.findall(r">(\d[\d.]*)</text>", svg[: svg.index(">Epoch<")]) == ["1"]
