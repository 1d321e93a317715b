import hashlib
import io
import json
import resource
import signal

import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train.fitting.checkpoint import (
    Checkpoint,
    code_files,
    fingerprint_of,
    load_checkpoint,
    save_checkpoint,
)
from tasks.train.fitting.fit import _fingerprint
from tasks.train.fitting.network_run import TrainingData
from tests.cohorts import draw_squares, squares_cohort, store_films, train_params
from tests.films import ROOT


def state(n_epochs: int = 2, n_numbers: int = 3) -> Checkpoint:
    network = [np.arange(n_numbers, dtype=np.float32), np.array([7, 2**32 - 1], dtype=np.uint32)]
    history = tuple({"val_loss": 0.1 + 0.2, "loss": 1 / 3 + epoch} for epoch in range(n_epochs))
    return Checkpoint(history, network, [np.float32(0.5) + np.zeros(())], [], [network[0]])


def same(a: Checkpoint, b: Checkpoint) -> bool:
    groups = ("network", "optimiser", "average", "kept")
    alike = all(
        (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
        for group in groups
        for x, y in zip(getattr(a, group), getattr(b, group), strict=True)
    )
    return alike and a.history == b.history


def test_checkpoint_is_read_bit_for_bit_as_it_was_written(tmp_path):
    save_checkpoint(tmp_path / "a/seed0", state(), "f")
    read = load_checkpoint(tmp_path / "a/seed0", "f")
    assert read is not None
    assert same(read, state())
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["seed0"]


def test_missing_checkpoint_and_checkpoint_of_another_run_are_not_loaded(tmp_path):
    assert load_checkpoint(tmp_path / "seed0", "f") is None
    save_checkpoint(tmp_path / "seed0", state(), "f")
    assert load_checkpoint(tmp_path / "seed0", "g") is None


@pytest.mark.parametrize("n_bytes", [0, 1, 100, 300, 500])
def test_a_truncated_file_is_ignored_with_a_warning(n_bytes, tmp_path, caplog):
    path = tmp_path / "seed0"
    save_checkpoint(path, state(), "f")
    assert n_bytes < path.stat().st_size
    path.write_bytes(path.read_bytes()[:n_bytes])
    assert load_checkpoint(path, "f") is None
    assert "training starts from the beginning" in caplog.text


@pytest.mark.parametrize("damage", ["one bit", "a block of zeros", "header", "more bytes"])
def test_a_damaged_file_is_ignored_with_a_warning(damage, tmp_path, caplog):
    path = tmp_path / "seed0"
    save_checkpoint(path, state(n_numbers=2000), "f")
    data = bytearray(path.read_bytes())
    if damage == "one bit":
        data[-100] ^= 1
    elif damage == "a block of zeros":
        data[4000:4064] = bytes(64)
    elif damage == "header":
        data[32:96] = bytes(64)
    else:
        data += b"more"
    path.write_bytes(data)
    assert load_checkpoint(path, "f") is None
    assert "not those that were written); training starts from the beginning" in caplog.text


def test_pickles_are_not_read(tmp_path, caplog):
    path = tmp_path / "seed0"
    facts = {"fingerprint": "f", "history": [], "n_arrays": [1, 0, 0, 0]}
    file = io.BytesIO()
    np.save(file, np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8))
    np.save(file, np.array([print], dtype=object), allow_pickle=True)
    path.write_bytes(hashlib.sha256(file.getvalue()).digest() + file.getvalue())
    assert load_checkpoint(path, "f") is None
    assert "allow_pickle" in caplog.text


def test_a_full_disk_is_an_error_and_the_previous_checkpoint_stays(tmp_path):
    path = tmp_path / "seed0"
    save_checkpoint(path, state(), "f")
    former_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    former_answer = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, former_limit[1]))
        with pytest.raises(TrainingError, match=r"0\.8 MB(.|\n)*resumes after epoch 2") as caught:
            save_checkpoint(path, state(n_epochs=3, n_numbers=100_000), "f")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former_limit)
        signal.signal(signal.SIGXFSZ, former_answer)
    assert caught.value.where == str(path)
    assert caught.value.found == "File too large"
    assert [found.name for found in tmp_path.iterdir()] == ["seed0"]
    read = load_checkpoint(path, "f")
    assert read is not None
    assert same(read, state())


def test_fingerprint_depends_on_the_parts_and_their_borders():
    lists = (["ab", "c"], ["a", "bc"], [b"abc"], ["abc", ""])
    assert len({fingerprint_of("ann", parts) for parts in lists}) == 4
    assert fingerprint_of("ann", ["ab", b"c"]) == fingerprint_of("ann", [b"ab", "c"])


def test_fingerprint_covers_the_code_of_this_network_and_of_no_other():
    names = {path.relative_to(ROOT / "tasks/train").as_posix() for path in code_files("ann")}
    everything = {path.relative_to(ROOT / "tasks/train").as_posix()
                  for path in (ROOT / "tasks/train").rglob("*.py")}  # fmt: skip
    assert "zoo/ann.py" in names
    assert not [name for name in names if name.startswith("zoo/") and name != "zoo/ann.py"]
    programs = ("augmentation/", "onnx/", "zoo/")  # the first two are programs of their own
    left_out = {name for name in everything - names if not name.startswith(programs)}
    assert left_out == {"__init__.py", "__main__.py"}
    assert not [name for name in names if name.startswith(programs[:2])]


def test_a_change_of_films_labels_pixels_settings_or_precision_changes_the_fingerprint(tmp_path):
    samples = squares_cohort({"train": 2, "val": 2})
    films = draw_squares(samples, 12)
    store = store_films(tmp_path / "a", samples, films)
    params = train_params()

    def fingerprint(table=samples, store=store, params=params, precision="float32", name="ann"):
        split = dict(iter(table.groupby("split")))
        data = TrainingData(split["train"], split["val"], store, ("A", "B"))
        return _fingerprint(name, data, params, precision)

    other_films = films.copy()
    other_films[0, 0, 0] ^= 1
    found = [
        fingerprint(),
        fingerprint(table=samples.iloc[::-1]),
        fingerprint(table=samples.assign(sample_weight=0.5)),
        fingerprint(table=samples.assign(class_index=1 - samples["class_index"])),
        fingerprint(table=samples.assign(n_repeats=2)),
        fingerprint(store=store_films(tmp_path / "b", samples, other_films)),
        fingerprint(params=params.model_copy(update={"label_smoothing": 0.1})),
        fingerprint(precision="mixed_float16"),
        fingerprint(name="cnn4"),
    ]
    assert len(set(found)) == len(found)
    assert fingerprint() == found[0]
    assert fingerprint(table=samples.assign(path="elsewhere")) == found[0]
