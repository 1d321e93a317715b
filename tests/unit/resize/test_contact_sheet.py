"""Films with their boxes on one picture."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tasks.resize.contact_sheet import CELL_PX, draw_sheet
from tests.films import ROOT, encode, run_stage, workspace, write_tree

FILM = encode(Image.new("L", (480, 240), 90), "PNG")


def test_boxes_lie_where_they_belong() -> None:
    sheet = np.asarray(draw_sheet([(FILM, (100, 40, 400, 200), 0.8)] * 6))
    assert sheet.shape == (2 * CELL_PX, 5 * CELL_PX, 3)
    cell = sheet[CELL_PX:, :CELL_PX].astype(int)  # the sixth film opens the second line
    red = (cell[..., 0] - cell[..., 1]) > 100
    rows, columns = np.flatnonzero(red[20:].any(axis=1)) + 20, np.flatnonzero(red[20:].any(axis=0))
    assert (columns[0], columns[-1] + 1) == (50, 200)  # half the film's px
    assert (rows[0], rows[-1] + 1) == (20, 100)
    assert not sheet[CELL_PX:, CELL_PX:].any()


def test_a_film_without_a_box_is_framed_in_another_colour() -> None:
    found, missing = (
        np.asarray(draw_sheet([(FILM, (0, 0, 480, 240), confidence)])) for confidence in (1.0, 0.0)
    )
    assert found[60, 0].tolist() != missing[60, 0].tolist()


def test_the_command_writes_one_picture(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "work")
    write_tree(tmp_path / "films", {"a/1.png": FILM, "b/2.png": FILM, "b/no film.txt": b"x"})
    picture = tmp_path / "sheet.png"
    ended = run_stage("resize.contact_sheet", folder, str(tmp_path / "films"), str(picture))
    assert ended.returncode == 0, ended.stderr
    assert "a/1.png" in ended.stderr
    with Image.open(picture) as sheet:
        assert sheet.size == (5 * CELL_PX, CELL_PX)
    ended = run_stage("resize.contact_sheet", folder, str(tmp_path / "gone"), str(picture))
    assert ended.returncode == 1
    assert "no such folder" in ended.stderr


def test_help_answers_without_heavy_imports() -> None:
    code = (
        "import sys, tasks.resize.contact_sheet; print(sorted({'numpy', 'PIL'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
