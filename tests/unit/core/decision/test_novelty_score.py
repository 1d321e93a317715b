from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.decision.novelty_score import (
    film_squares,
    load_novelty,
    novelty_from_bytes,
    upright_halves,
)
from tasks.core.errors import EvaluationError
from tests.decisions import novelty_reference


def noise(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Features and squares, as many as `novelty_reference` compares."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (n, 16, 16, 1), dtype=np.uint8)
    return rng.normal(size=(n, 4)).astype(np.float32), images


def test_a_square_holds_the_mean_of_each_cell():
    image = np.zeros((1, 32, 32, 1), dtype=np.uint8)
    image[0, :2, :2, 0] = [[255, 255], [0, 0]]  # one cell of 2 x 2 px: half of it is bright
    assert film_squares(image)[0, :2].tolist() == [0.5, 0.0]


def test_a_film_upside_down_has_the_same_numbers_with_the_other_sign():
    images = noise(3)[1]
    halves = upright_halves(film_squares(images))
    assert halves.shape == (3, 128)
    np.testing.assert_allclose(upright_halves(film_squares(images[:, ::-1])), -halves, atol=1e-12)


def test_bytes_are_read_like_a_file_and_damage_names_where_they_were(tmp_path: Path):
    novelty_reference().save(tmp_path / "novelty.npz")
    data = (tmp_path / "novelty.npz").read_bytes()
    loaded = novelty_from_bytes(data, "model.onnx")
    np.testing.assert_array_equal(loaded.score(*noise(5)), novelty_reference().score(*noise(5)))
    with pytest.raises(EvaluationError, match=r"where: model\.onnx, metadata"):
        novelty_from_bytes(data[:-60], "model.onnx, metadata")


def test_the_reference_survives_its_file_and_the_bytes_are_equal(tmp_path: Path):
    for name in ("a.npz", "b.npz"):
        novelty_reference().save(tmp_path / name)
    films = noise(9)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = load_novelty(tmp_path / "a.npz")
    assert loaded.threshold == novelty_reference().threshold
    np.testing.assert_array_equal(loaded.score(*films), novelty_reference().score(*films))


def test_a_missing_or_damaged_file_is_an_error(tmp_path: Path):
    path = tmp_path / "novelty.npz"
    with pytest.raises(EvaluationError, match="FileNotFoundError"):
        load_novelty(path)
    novelty_reference().save(path)
    whole = path.read_bytes()
    np.savez(path, threshold=1.0)
    with pytest.raises(EvaluationError, match="KeyError"):
        load_novelty(path)
    for damaged in (whole[: len(whole) // 2], b"", b"no zip"):
        path.write_bytes(damaged)
        with pytest.raises(EvaluationError, match="what its films are compared with"):
            load_novelty(path)


def test_a_file_with_pickles_is_refused(tmp_path: Path):
    novelty_reference().save(tmp_path / "novelty.npz")
    arrays = dict(np.load(tmp_path / "novelty.npz"))
    np.savez(tmp_path / "novelty.npz", **arrays | {"upright": np.array([object()])})
    with pytest.raises(EvaluationError, match="allow_pickle"):
        load_novelty(tmp_path / "novelty.npz")


def test_the_threshold_is_part_of_the_file(tmp_path: Path):
    replace(novelty_reference(), threshold=7.5).save(tmp_path / "novelty.npz")
    assert load_novelty(tmp_path / "novelty.npz").threshold == 7.5


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("upright", np.zeros(127)),
        ("centres", np.zeros((4, 1))),
        ("levels_axes", np.zeros((3, 256))),
        ("features_variances", np.zeros(2)),
        ("spreads", np.array([1.0, np.nan, 1.0, 1.0])),
        ("threshold", np.array(np.nan)),
        ("structure_mean", np.array(["text"] * 256)),
    ],
)
def test_an_array_of_another_form_is_refused(name: str, array: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "novelty.npz"
    novelty_reference().save(path)
    np.savez(path, **dict(np.load(path)) | {name: array})
    with pytest.raises(EvaluationError, match=r"where: .*novelty\.npz"):
        load_novelty(path)


@given(
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=6),
    end=st.one_of(st.none(), st.integers(0, 2**20)),
)
@settings(max_examples=150, deadline=None)
def test_changed_bytes_are_read_or_refused(changes: list[tuple[int, int]], end: int | None) -> None:
    data = bytearray(reference_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    data = data if end is None else data[: end % len(data)]
    with suppress(EvaluationError):
        novelty_from_bytes(bytes(data), "novelty.npz")


@cache
def reference_bytes() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "novelty.npz"
        novelty_reference().save(path)
        return path.read_bytes()
