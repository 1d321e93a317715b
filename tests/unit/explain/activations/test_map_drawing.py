import numpy as np
import pytest

from tasks.explain.activations.map_drawing import (
    COLOUR_STEPS,
    GAP_PX,
    MAP_PX,
    SILENT,
    STRIP_PX,
    ColourScale,
    colour_scale,
    draw_channels,
    draw_filters,
    draw_scale,
    grid_columns,
    join_scales,
    shrink_planes,
)

BRIGHTEST = COLOUR_STEPS - 1


def sheet_cells(maps, scale):
    """Palette entries of each cell, and of the strip above it."""
    picture, form = draw_channels(maps, scale)
    canvas, (width, height) = np.asarray(picture), form.cell_px
    cells, strips = [], []
    for channel in range(maps.shape[-1]):
        row, column = divmod(channel, form.columns)
        left = GAP_PX + column * (width + GAP_PX)
        top = GAP_PX + STRIP_PX + row * (height + STRIP_PX + GAP_PX)
        cells.append(canvas[top : top + height, left : left + width])
        strips.append(canvas[top - STRIP_PX : top, left : left + width])
    return np.stack(cells), np.stack(strips)


def test_all_channels_share_one_scale_and_dark_differs_from_silent():
    maps = np.zeros((2, 2, 4), dtype=np.float32)
    maps[..., 1] = 1e-9
    maps[..., 2] = 1.0
    maps[..., 3] = 4.0

    cells, _ = sheet_cells(maps, ColourScale(4.0, is_signed=False))

    assert set(np.unique(cells[0])) == {SILENT, SILENT + 1}  # pale, with a line across
    assert cells[0][0, -1] == SILENT
    assert cells[0][16, 16] == SILENT + 1
    assert np.unique(cells[1]).tolist() == [0]
    assert np.unique(cells[2]).tolist() == [round(BRIGHTEST / 2)]  # square root of a quarter
    assert np.unique(cells[3]).tolist() == [BRIGHTEST]


def test_number_stands_above_its_map():
    maps = np.ones((40, 40, 12), dtype=np.float32)

    _, strips = sheet_cells(maps, ColourScale(1.0, is_signed=False))

    ink = strips == COLOUR_STEPS + 1
    one = [[0, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0], [1, 1, 1]]
    np.testing.assert_array_equal(ink[1, 2:12:2, 0:6:2], one)
    np.testing.assert_array_equal(ink[11, 2:12:2, 0:6:2], one)
    np.testing.assert_array_equal(ink[11, 2:12:2, 8:14:2], one)
    assert len({strip.tobytes() for strip in strips}) == 12


def test_signed_maps_have_zero_in_the_middle():
    maps = np.array([[[-2.0, 2.0, 1e-12]]], dtype=np.float32)

    cells, _ = sheet_cells(maps, colour_scale(maps))

    low, high, zero = cells[:, 0, 0]
    assert (low, high) == (0, BRIGHTEST)
    assert zero in {BRIGHTEST // 2, BRIGHTEST // 2 + 1}


def test_scale_of_several_films_is_the_widest():
    films = [np.full((1, 1, 1), value, dtype=np.float32) for value in (0.5, -3.0, 0.0)]

    scale = join_scales([colour_scale(maps) for maps in films])

    assert scale == ColourScale(3.0, is_signed=True)
    assert colour_scale(films[2]) == ColourScale(0.0, is_signed=False)


def test_drawn_scale_rises_from_left_to_right():
    levels = np.asarray(draw_scale(ColourScale(1.0, is_signed=False)))[0]

    assert levels[0] == 0
    assert levels[-1] == BRIGHTEST
    assert (np.diff(levels.astype(int)) >= 0).all()


def test_filters_share_one_scale_with_white_at_zero():
    planes = np.array([[[0.0]], [[1.0]], [[-1.0]], [[0.5]]], dtype=np.float32)

    picture = draw_filters(planes)

    step = 48 + GAP_PX
    zero, most, least, half = np.asarray(picture)[GAP_PX::step, GAP_PX::step].ravel()[:4]
    assert (least, most) == (0, BRIGHTEST)
    assert zero in {BRIGHTEST // 2, BRIGHTEST // 2 + 1}
    assert zero < half < most
    palette = np.array(picture.getpalette()).reshape(-1, 3)
    assert palette[zero].min() > 235
    assert palette[most][0] > palette[most][2]  # red above zero
    assert palette[least][2] > palette[least][0]  # blue below


def test_large_planes_are_averaged_and_small_planes_kept():
    large = np.zeros((1, 2 * MAP_PX, MAP_PX), dtype=np.float32)
    large[0, :2, :2] = [[1, 2], [3, 6]]

    shrunk = shrink_planes(large)

    assert shrunk.shape == (1, MAP_PX, MAP_PX // 2)
    assert shrunk[0, 0, 0] == 3
    assert shrunk.sum() == 3
    np.testing.assert_array_equal(shrink_planes(shrunk), shrunk)


@pytest.mark.parametrize(
    ("n_cells", "columns"), [(1, 1), (2, 2), (16, 4), (31, 6), (32, 8), (64, 8)]
)
def test_last_row_of_a_grid_is_full_where_possible(n_cells, columns):
    assert grid_columns(n_cells) == columns
