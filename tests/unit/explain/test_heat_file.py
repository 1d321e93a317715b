from pathlib import Path

import numpy as np

from tasks.explain.heat_file import as_stored, limit_of, save_heat


def test_the_limit_is_the_percentile_of_the_size_of_all_maps() -> None:
    heat = np.zeros((1, 2, 10, 50), dtype=np.float32)
    heat[0, 1] = -np.arange(1, 501).reshape(10, 50)  # of 1,000 values the 995th is 495
    assert limit_of(as_stored(heat)) == np.percentile(np.abs(heat), 99.5)
    assert 495 <= limit_of(as_stored(heat)) <= 496
    assert limit_of(as_stored(np.zeros((2, 1, 3, 3), dtype=np.float32))) == 0


def test_values_too_large_for_half_precision_stay_finite() -> None:
    stored = as_stored(np.array([1e9, -1e9, 0.5], dtype=np.float32))
    assert stored.tolist() == [65504, -65504, 0.5]


def test_the_file_holds_the_arrays_without_pickles_and_repeats_its_bytes(tmp_path: Path) -> None:
    heat = {"occlusion": as_stored(np.ones((1, 2, 3, 4), dtype=np.float32))}
    segments = np.zeros((1, 5, 6), dtype=np.uint16)
    save_heat(tmp_path / "a.npz", heat, segments)
    save_heat(tmp_path / "b.npz", heat, segments)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        assert sorted(loaded) == ["lime_segments", "occlusion"]
        assert loaded["occlusion"].dtype == np.float16
    save_heat(tmp_path / "c.npz", heat, None)
    with np.load(tmp_path / "c.npz", allow_pickle=False) as loaded:
        assert list(loaded) == ["occlusion"]
