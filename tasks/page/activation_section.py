"""Section "What the layers see" of a model's page: maps, made films, filters, and their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.core.html.inline_pictures import Picture, inline_png
from tasks.core.html.number_format import count_of, format_number
from tasks.core.json_form import read_form
from tasks.core.result_forms import ACTIVATIONS_FORM
from tasks.page.activation_text import (
    channel_text,
    filters_text,
    layer_text,
    made_text,
    significance_text,
    way_text,
)
from tasks.page.page_inputs import JsonObject

MAX_DEPTHS = 12  # depths on the page: more are not read
MAX_SHEET_BYTES = 1_500_000  # of the PNG files of all sheets on the page
MAX_CELLS = 6_000  # channels of all sheets on the page: a browser lays out more slowly


@dataclass(frozen=True)
class CellView:
    """One channel of a sheet: where its map lies on the picture, and its place by difference."""

    channel: int
    position: str
    place: int
    text: str
    is_silent: bool


@dataclass(frozen=True)
class SheetView:
    """The maps of one layer on one film. `cell_size` scales the picture so that a cell fills."""

    name: str
    title: str
    picture: Picture
    cell_size: str
    cell_ratio: str
    cells: list[CellView]


def activation_section(folder: Path) -> JsonObject:
    """Context of `activations.html.j2` and of `activation_sheets.css.j2`.

    Args:
        folder: Folder of the explanations, with `activations.json`.

    Raises:
        PictureError: A picture is not a PNG file.
    """
    contents: JsonObject = read_form(folder / "activations.json", ACTIVATIONS_FORM)
    layers = contents["layers"]
    shown = layers_on_page(layers, folder)
    return {
        "n_layers": len(layers),
        "layers": [_view_layer(layers[place], place, contents, folder) for place in shown],
        "tests": significance_text(contents),
        "films": [
            {
                "film": film,
                "picture": inline_png(folder / film["file"]),
                "way": [way_text(layer, row, contents) for layer in layers if layer["sheets"]]
                if len(layers) <= MAX_DEPTHS
                else [way_text(layers[place], row, contents) for place in shown],
            }
            for row, film in enumerate(contents["films"])
        ],
        "filters": {
            "layer": contents["filters"]["layer"],
            "picture": inline_png(folder / contents["filters"]["file"]),
            "caption": filters_text(contents["filters"], is_dense=not layers),
        },
    }


def layers_on_page(layers: Sequence[JsonObject], folder: Path) -> list[int]:
    """Positions of the layers whose sheets the page holds: as many as fit, evenly spaced.

    The first and the last layer are among them where two or more fit. A single layer that is too
    large is left out too: its sheets are files beside the page.
    """
    sizes = [sum((folder / file).stat().st_size for file in layer["sheets"]) for layer in layers]
    cells = [layer["shape"][2] * len(layer["sheets"]) for layer in layers]
    for n_shown in range(min(len(layers), MAX_DEPTHS), 0, -1):
        places = _spread(len(layers), n_shown)
        n_bytes, n_cells = (sum(values[place] for place in places) for values in (sizes, cells))
        if n_bytes <= MAX_SHEET_BYTES and n_cells <= MAX_CELLS:
            return places
    return []


def _spread(n_layers: int, n_shown: int) -> list[int]:
    """Positions from the first to the last; a single one is the last."""
    if n_shown == 1:
        return [n_layers - 1]
    return [round(step * (n_layers - 1) / (n_shown - 1)) for step in range(n_shown)]


def _view_layer(layer: JsonObject, place: int, contents: JsonObject, folder: Path) -> JsonObject:
    return {
        "layer": layer["layer"],
        "number": place + 1,
        "text": layer_text(layer, contents),
        "scale": inline_png(folder / layer["scale"]),
        "low": format_number(-layer["limit"] if layer["is_signed"] else 0.0),
        "high": format_number(layer["limit"]),
        "sheets": [
            _view_sheet(layer, place, row, contents, folder) for row in range(len(layer["sheets"]))
        ],
        "made": [
            {
                "picture": inline_png(folder / made["file"]),
                "alt": f"Film made for channel {made['channel']} of {layer['layer']}",
                "text": made_text(made, layer, contents),
            }
            for made in layer["maximised"]
        ],
    }


def _view_sheet(
    layer: JsonObject, place: int, row: int, contents: JsonObject, folder: Path
) -> SheetView:
    form, film = layer["form"], contents["films"][row]
    (width, height), (cell_width, cell_height) = form["size_px"], form["cell_px"]
    places = {channel: order for order, channel in enumerate(layer["telling"])}
    silent = set(layer["silent"][row])
    return SheetView(
        name=f"sheet-{place}-{row}",
        title=f"{layer['layer']}: {count_of(layer['shape'][2], 'channel')} on {film['path']}",
        picture=inline_png(folder / layer["sheets"][row]),
        cell_size=f"{100 * width / cell_width:.2f}% {100 * height / cell_height:.2f}%",
        cell_ratio=f"{cell_width} / {cell_height}",
        cells=[
            CellView(
                channel=channel,
                position=_position(channel, form),
                place=places[channel],
                text=channel_text(layer, channel, contents),
                is_silent=channel in silent,
            )
            for channel in range(layer["shape"][2])
        ],
    )


def _position(channel: int, form: JsonObject) -> str:
    """Background position of a channel (CSS Backgrounds 3, 3.6: a share of what is left over)."""
    row, column = divmod(channel, form["columns"])
    (width, height), (cell_width, cell_height) = form["size_px"], form["cell_px"]
    left = form["gap_px"] + column * (cell_width + form["gap_px"])
    step = cell_height + form["label_px"] + form["gap_px"]
    top = form["gap_px"] + form["label_px"] + row * step
    return f"{100 * left / (width - cell_width):.3f}% {100 * top / (height - cell_height):.3f}%"
