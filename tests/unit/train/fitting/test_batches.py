import keras
import numpy as np
import pytest

from tasks.core.errors import ImageStoreError
from tasks.train.fitting import batches as batches_module
from tasks.train.fitting.batches import Batches
from tests.cohorts import draw_squares, squares_cohort, store_films

SAMPLES = squares_cohort({"train": 5, "val": 2, "test": 2}).assign(n_repeats=1)
TRAIN = SAMPLES[SAMPLES["split"] == "train"].reset_index(drop=True)  # 10 films


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    films = draw_squares(SAMPLES, 12)
    for number, film in enumerate(films):
        film[0, 0] = number  # the corner pixel identifies the film
    return store_films(tmp_path_factory.mktemp("store") / "images", SAMPLES, films)


def batches(store, seed: int | None = 7, table=TRAIN, **more) -> Batches:
    return Batches(table, store, **({"n_classes": 2, "batch_size": 4, "seed": seed} | more))


def films_of(epoch: Batches) -> list[int]:
    return [int(film[0, 0, 0]) for k in range(len(epoch)) for film in epoch[k][0]]


def test_an_epoch_has_each_film_once_and_a_smaller_last_batch(store):
    epoch = batches(store)
    assert len(epoch) == 3
    assert [len(epoch[k][0]) for k in range(3)] == [4, 4, 2]
    assert sorted(films_of(epoch)) == list(range(10))


def test_a_film_appears_n_repeats_times_in_each_epoch(store):
    table = TRAIN.assign(n_repeats=[1, 1, 3, 1, 2, 1, 1, 1, 1, 1])
    expected = [0, 1, 2, 2, 2, 3, 4, 4, 5, 6, 7, 8, 9]
    epoch = batches(store, table=table)
    assert len(epoch) == 4  # 13 films in batches of 4
    assert [len(epoch[k][0]) for k in range(4)] == [4, 4, 4, 1]
    orders = []
    for _ in range(3):
        orders.append(films_of(epoch))
        assert sorted(orders[-1]) == expected
        epoch.on_epoch_end()
    assert expected not in orders
    assert orders[0] != orders[1] != orders[2]
    assert films_of(batches(store, seed=None, table=table)) == expected


def test_a_repeated_film_has_its_own_label_and_weight_each_time(store):
    table = TRAIN.assign(n_repeats=[1, 4] * 5, sample_weight=np.arange(10) / 10)
    epoch = batches(store, table=table, batch_size=25)
    images, labels, weights = epoch[0]
    numbers = images[:, 0, 0, 0]
    np.testing.assert_array_equal(labels, np.eye(2)[table["class_index"].to_numpy()[numbers]])
    np.testing.assert_allclose(weights, numbers / 10, rtol=1e-6)
    assert len(numbers) == 25


def test_without_repeats_the_order_is_a_plain_permutation(store):
    expected = np.random.default_rng([7, 0]).permutation(10).tolist()
    assert films_of(batches(store)) == expected


def test_order_depends_on_seed_and_epoch_alone(store):
    def three_epochs(seed: int) -> list[list[int]]:
        np.random.seed(len(orders))  # the global generator must have no effect
        epoch, found = batches(store, seed), []
        for _ in range(3):
            found.append(films_of(epoch))
            epoch.on_epoch_end()
        return found

    orders: list[list[list[int]]] = []
    for seed in (7, 7, 8):
        orders.append(three_epochs(seed))
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    first, second, third = orders[0]
    assert first != second != third
    assert first != list(range(10))


def test_without_seed_each_epoch_has_the_order_of_the_table(store):
    epoch = batches(store, seed=None)
    for _ in range(2):
        assert films_of(epoch) == list(range(10))
        epoch.on_epoch_end()


def test_images_labels_and_weights_belong_to_the_same_film(store):
    table = TRAIN.assign(sample_weight=np.arange(10) / 10)
    epoch = batches(store, table=table, n_classes=3)
    seen = 0
    for k in range(len(epoch)):
        images, labels, weights = epoch[k]
        assert (images.dtype, labels.dtype, weights.dtype) == (np.uint8, np.float32, np.float32)
        assert images.shape[1:] == (12, 12, 1)
        for film, label, weight in zip(images, labels, weights, strict=True):
            number = int(film[0, 0, 0])
            stored = store.read([table["image_id"][number]])[0]
            np.testing.assert_array_equal(film, stored)
            np.testing.assert_array_equal(label, np.eye(3)[table["class_index"][number]])
            assert weight == pytest.approx(number / 10)
            seen += 1
    assert seen == 10


def test_keras_trains_on_every_film_once_per_epoch_in_that_order(store):
    seen: list[int] = []

    class Noted(keras.layers.Layer):
        def call(self, images):
            import tensorflow as tf

            def note(numbers):
                seen.extend(int(number) for number in numbers)
                return np.float32(0)

            noted = tf.numpy_function(note, [images[:, 0, 0, 0]], tf.float32)
            return keras.ops.cast(images, "float32") + 0 * tf.ensure_shape(noted, [])

    model = keras.Sequential([keras.Input((12, 12, 1), dtype="uint8"), Noted()])
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(2, activation="softmax"))
    model.compile("sgd", "categorical_crossentropy", run_eagerly=True)
    model.fit(batches(store), epochs=3, verbose=0, shuffle=False)
    mirror, expected = batches(store), []
    for _ in range(3):
        mirror.on_epoch_end()  # Keras first looks at two batches and ends an epoch of its own
        expected += films_of(mirror)
    assert seen == expected
    assert all(sorted(seen[start : start + 10]) == list(range(10)) for start in (0, 10, 20))


def test_film_missing_in_the_store_is_an_error(store):
    table = TRAIN.assign(image_id=[*TRAIN["image_id"][:9], "unknown"])
    with pytest.raises(ImageStoreError, match="no image unknown"):
        batches(store, table=table)


def test_batches_shared_by_several_devices_are_filled_with_films_of_weight_0(store, monkeypatch):
    monkeypatch.setattr(batches_module, "n_devices", lambda: 3)
    epoch = batches(store, seed=None)  # 10 films in batches of 4: 4, 4, 2
    filled = [epoch[k] for k in range(3)]
    numbers = [[int(film[0, 0, 0]) for film in images] for images, _, _ in filled]
    assert numbers == [[0, 1, 2, 3, 0, 1], [4, 5, 6, 7, 4, 5], [8, 9, 8]]
    weights = [list(weights) for _, _, weights in filled]
    assert weights == [[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 0]]
    assert [len(labels) for _, labels, _ in filled] == [6, 6, 3]
    assert len(epoch.image_ids(2)) == 2
    assert batches(store, seed=None).n_films == 10


def test_a_resumed_run_draws_the_orders_of_the_remaining_epochs(store):
    whole, late = batches(store), batches(store, first_epoch=2)
    whole.on_epoch_end()
    whole.on_epoch_end()
    assert films_of(late) == films_of(whole)
    late.on_epoch_end()
    whole.on_epoch_end()
    assert films_of(late) == films_of(whole)


def test_films_of_a_batch_are_named(store):
    epoch = batches(store)
    for k in range(len(epoch)):
        numbers = [int(film[0, 0, 0]) for film in epoch[k][0]]
        assert epoch.image_ids(k) == [TRAIN["image_id"][number] for number in numbers]


def test_groups_stand_beside_the_labels(store):
    table = TRAIN.assign(group=np.arange(10)[::-1])
    films, y, weights = batches(store, table=table)[1]
    numbers = films[:, 0, 0, 0]
    plain = batches(store)[1]
    np.testing.assert_array_equal(y["groups"], 9 - numbers.astype(int))
    np.testing.assert_array_equal(y["labels"], plain[1])
    np.testing.assert_array_equal(weights, plain[2])
