"""Load what the case browser shows beside the results of the model."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks.core import paths
from tasks.core.html.inline_pictures import damaged_picture
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.json_form import read_form
from tasks.core.result_forms import ERRORS_FORM, EXPLANATIONS_FORM, FILMS_FORM
from tasks.core.tables import MANIFEST_SCHEMA, read_table
from tasks.page.case_heat import HeatMaps
from tasks.page.page_inputs import JsonObject

_PERSON = ["image_id", "status", "age_years", "sex"]


@dataclass(frozen=True)
class CaseInputs:
    """Test films of one model with their pictures.

    films: entries of `data/films/films.json`. films_dir: folder of their files.
    explanations: content of `explanations.json`. explained_dir: folder of its pictures.
    heat: arrays of `heat.npz` by name. nearest: nearest training films by test film.
    squares: (H, W, 1) uint8 that a network gets, of each test film and each nearest film.
    persons: `age_years` and `sex` of each usable film, indexed by image_id.
    """

    films: list[dict[str, Any]]
    films_dir: Path
    explanations: JsonObject
    explained_dir: Path
    heat: HeatMaps
    nearest: Mapping[str, list[dict[str, Any]]]
    squares: Mapping[str, Pixels]
    persons: pd.DataFrame


def load_case_inputs(model: str) -> CaseInputs:
    """Read the films, heat maps and neighbours of one model, below the current folder.

    Raises:
        PictureError: The file of heat maps is damaged.
    """
    films = read_form(paths.films_json(), FILMS_FORM)["films"]
    nearest = read_form(paths.error_book(model), ERRORS_FORM)["nearest_of_test"]
    shown = {film["image_id"] for film in films}
    shown |= {one["image_id"] for near in nearest.values() for one in near}
    ids = sorted(shown)
    squares = ImageStore(paths.IMAGES).read(ids)
    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST, _PERSON)
    usable = manifest[manifest["status"] == "ok"].drop_duplicates("image_id")
    return CaseInputs(
        films=films,
        films_dir=paths.FILMS,
        explanations=read_form(paths.explanations_json(model), EXPLANATIONS_FORM),
        explained_dir=paths.explanations(model),
        heat=_read_heat(paths.heat_maps(model)),
        nearest=nearest,
        squares=dict(zip(ids, squares, strict=True)),
        persons=usable.set_index("image_id")[["age_years", "sex"]],
    )


def _read_heat(path: Path) -> HeatMaps:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in sorted(arrays.files)}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged_picture(path, str(error)) from error
