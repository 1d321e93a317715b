"""Films with the part that `resize` shows drawn in, on one picture; for the eye, no stage.

Reads   films below a folder (JPEG, PNG, TIFF, BMP, WebP, DICOM), section `resize` of params.yaml
Writes  one PNG
Fails   when there is no such folder, or no film in it
Run     python -m tasks.resize.contact_sheet FOLDER PICTURE.png [--films 20] [--region lungs]
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasks import paths
from tasks.errors import LunglineError, SourceError

if TYPE_CHECKING:
    from PIL import Image

    from tasks.resize.fit import PixelBox

CELL_PX = 240
COLUMNS = 5
FOUND, NOT_FOUND = "#ff5050", "#ffd000"

Row = tuple[bytes, "PixelBox", float]


def draw_sheet(rows: Sequence[Row]) -> "Image.Image":
    """Draw films with their boxes, in order, five to a line.

    A box that was found is red, a full frame for want of one yellow; the number is the
    confidence. Films keep their aspect ratio.

    Args:
        rows: Bytes of the file, box in px of the whole film, confidence.

    Raises:
        FilmError: Bytes are no whole image.
    """
    from PIL import Image

    n_lines = -(-len(rows) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL_PX, n_lines * CELL_PX))
    for number, row in enumerate(rows):
        place = (number % COLUMNS * CELL_PX, number // COLUMNS * CELL_PX)
        sheet.paste(_cell(row), place)
    return sheet


def main() -> None:
    """Read the command line, fit the films, write the picture."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.resize.contact_sheet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--films", type=int, default=20, help="evenly spread over the folder")
    parser.add_argument("--region", choices=["none", "border", "lungs"])
    arguments = parser.parse_args()
    logging.basicConfig(format="[contact_sheet] %(message)s", stream=sys.stderr, force=True)
    logging.getLogger("__main__").setLevel(logging.INFO)
    try:
        _write(arguments.folder, arguments.picture, arguments.films, arguments.region)
    except LunglineError as error:
        sys.exit(f"[contact_sheet] ERROR: {error}")


def _write(folder: Path, picture: Path, n_films: int, region: str | None) -> None:
    from tasks.atomic import atomic_path
    from tasks.params import ResizeParams, load_params
    from tasks.resize.fit import fit_film

    settings = load_params(paths.PARAMS).resize.model_dump()
    params = ResizeParams.model_validate(settings | ({"region": region} if region else {}))
    rows = []
    for path in _evenly_spread(_films(folder), n_films):
        data = path.read_bytes()
        fitted = fit_film(data, params)
        rows.append((data, fitted.box, fitted.confidence))
        logging.getLogger("__main__").info(
            "%2d  %s  %s  %.2f", len(rows), path.relative_to(folder), fitted.box, fitted.confidence
        )
    with atomic_path(picture) as temporary:
        draw_sheet(rows).save(temporary, format="PNG")


def _films(folder: Path) -> list[Path]:
    suffixes = {".jpeg", ".jpg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".dcm"}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    if not found:
        raise SourceError(
            "a contact sheet shows the films below a folder",
            found="no film" if folder.is_dir() else "no such folder",
            where=str(folder),
            next_step="name a folder with films",
        )
    return found


def _evenly_spread(films: list[Path], n_films: int) -> list[Path]:
    n_films = max(1, min(n_films, len(films)))
    return [films[number * len(films) // n_films] for number in range(n_films)]


def _cell(row: Row) -> "Image.Image":
    from PIL import Image, ImageDraw

    from tasks.resize.fit import decode_film

    data, box, confidence = row
    decoded = decode_film(data, CELL_PX)
    scale = CELL_PX / max(decoded.width, decoded.height)
    size = (max(1, round(decoded.width * scale)), max(1, round(decoded.height * scale)))
    film = decoded.grey.resize(size, Image.Resampling.LANCZOS, box=decoded.whole())
    cell = Image.new("RGB", (CELL_PX, CELL_PX))
    cell.paste(film, (0, 0))
    colour = FOUND if confidence > 0 else NOT_FOUND
    left, top, right, bottom = (edge * scale for edge in box)
    pen = ImageDraw.Draw(cell)
    pen.rectangle((left, top, right - 1, bottom - 1), outline=colour, width=2)
    pen.text((4, 4), f"{confidence:.2f}", fill=colour)
    return cell


if __name__ == "__main__":
    main()
