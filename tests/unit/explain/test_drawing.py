from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.explain.drawing import (
    GRID_GAP_PX,
    MAP_PX,
    N_COLOURS,
    draw_feature_maps,
    draw_filters,
    draw_heat_map,
    draw_input,
    grid_columns,
    save_png,
    shrink_planes,
)

BRIGHTEST = N_COLOURS - 1


def cells_of(picture, n_cells, cell_px):
    """Palette entries of each cell: (n_cells, cell_px, cell_px)."""
    canvas, step = np.asarray(picture), cell_px + GRID_GAP_PX
    columns = grid_columns(n_cells)
    corners = [
        (GRID_GAP_PX + n // columns * step, GRID_GAP_PX + n % columns * step)
        for n in range(n_cells)
    ]
    return np.stack([canvas[y : y + cell_px, x : x + cell_px] for y, x in corners])


def test_each_channel_has_its_own_range_and_a_dead_channel_is_dark():
    maps = np.zeros((3, 2, 2), dtype=np.float32)
    maps[1] = [[0, 1], [1, 1]]
    maps[2] = [[0, 500], [500, 500]]

    cells = cells_of(draw_feature_maps(maps), 3, 128)

    assert cells[0].max() == 0
    np.testing.assert_array_equal(cells[1], cells[2])
    assert cells[1][:64, :64].max() == 0
    assert cells[1][64:, 64:].min() == BRIGHTEST


def test_outlier_does_not_darken_the_rest_of_a_map():
    plane = np.full((20, 20), 2.0, dtype=np.float32)
    plane[0, 0] = 1000.0

    cells = cells_of(draw_feature_maps(plane[np.newaxis]), 1, 120)

    assert cells.min() == BRIGHTEST


def test_single_bright_pixel_is_visible():
    plane = np.zeros((20, 20), dtype=np.float32)
    plane[0, 0] = 0.3

    cells = cells_of(draw_feature_maps(plane[np.newaxis]), 1, 120)

    assert cells[0, :6, :6].min() == BRIGHTEST
    assert (cells == BRIGHTEST).sum() == 36


def test_filters_share_one_scale_with_white_at_zero():
    planes = np.array([[[0.0]], [[1.0]], [[-1.0]], [[0.5]]], dtype=np.float32)

    picture = draw_filters(planes)

    zero, most, least, half = cells_of(picture, 4, 48)[:, 0, 0]
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


def test_film_with_a_heat_map_of_zeros_stays_grey():
    film = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)

    picture = draw_heat_map(film, np.zeros((4, 4), dtype=np.float32)).convert("RGB")

    np.testing.assert_array_equal(np.asarray(picture)[::16, ::16], np.stack([film] * 3, axis=-1))


def test_heat_map_colours_its_own_quarter_of_the_film():
    heat_map = np.array([[1, 0], [0, 0]], dtype=np.float32)

    picture = np.asarray(draw_heat_map(np.full((8, 8), 90, np.uint8), heat_map).convert("RGB"))

    assert picture[0, 0, 0] > picture[0, 0, 2] + 40
    assert np.ptp(picture[-1, -1].astype(int)) == 0


def test_film_is_enlarged_without_new_grey_values():
    film = np.array([[0, 50], [100, 255]], dtype=np.uint8)

    picture = np.asarray(draw_input(film))

    assert picture.shape == (256, 256)
    assert np.unique(picture).tolist() == [0, 50, 100, 255]


def test_large_maps_are_averaged_down():
    picture = draw_feature_maps(np.ones((1, 224, 224), dtype=np.float32))

    assert picture.size == (112 + 2 * GRID_GAP_PX, 112 + 2 * GRID_GAP_PX)


@pytest.mark.parametrize(("n_cells", "columns"), [(1, 1), (2, 2), (16, 4), (32, 8), (64, 8)])
def test_last_row_of_a_grid_is_full_where_possible(n_cells, columns):
    assert grid_columns(n_cells) == columns


def test_prime_number_of_cells_does_not_make_one_long_row():
    assert grid_columns(31) == 6


def test_grid_of_16_noisy_maps_is_below_60_kb(tmp_path: Path):
    noise = np.random.default_rng(0).random((16, MAP_PX, MAP_PX), dtype=np.float32)

    save_png(draw_feature_maps(noise), tmp_path / "noise.png")

    assert (tmp_path / "noise.png").stat().st_size < 60_000


def test_png_contains_its_pixels_and_no_metadata(tmp_path: Path):
    picture = draw_feature_maps(np.arange(32, dtype=np.float32).reshape(2, 4, 4))

    save_png(picture, tmp_path / "maps.png")

    with Image.open(tmp_path / "maps.png") as read:
        np.testing.assert_array_equal(np.asarray(read), np.asarray(picture))
        assert set(read.info) == {"transparency"}
        assert np.asarray(read.convert("RGBA"))[0, 0, 3] == 0
