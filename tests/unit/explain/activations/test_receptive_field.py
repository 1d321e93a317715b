import keras
from keras import layers

from tasks.explain.activations.receptive_field import receptive_fields
from tasks.explain.truncated import truncate
from tasks.train.network.build import build_classifier
from tests.cohorts import STILL


def model_of(*body, size_px=32):
    images = keras.Input((size_px, size_px, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images)
    for layer in body:
        x = layer(x)
    x = layers.Dense(2, name="logits")(layers.Flatten()(x))
    return keras.Model(images, layers.Softmax(name="predictions")(x))


def test_fields_of_minivggnet_are_those_worked_by_hand():
    truncated = truncate(build_classifier("minivggnet", 32, 2, STILL, 0))

    # 3, 3 + 2, pool: 6 with steps of 2, 6 + 2 * 2, 10 + 2 * 2
    assert receptive_fields(truncated) == [(3, 3), (5, 5), (10, 10), (14, 14)]


def test_stride_dilation_and_long_kernels_count():
    model = model_of(
        layers.Conv2D(1, (1, 7), strides=2, name="long"),
        layers.Conv2D(1, 3, dilation_rate=2, name="wide"),
        layers.Conv2D(1, (2, 1), name="last"),
    )

    # rows 1, 1 + 4 * 2, 9 + 1 * 2; columns 7, 7 + 4 * 2, 15
    assert receptive_fields(truncate(model)) == [(1, 7), (9, 15), (11, 15)]


def test_field_is_cut_to_the_film():
    same = {"padding": "same"}
    model = model_of(layers.Conv2D(1, 5, **same), layers.Conv2D(1, 7, **same), size_px=10)

    assert receptive_fields(truncate(model)) == [(5, 5), (10, 10)]


def test_widest_branch_counts_and_a_gate_sees_the_whole_film():
    images = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(images)
    narrow = layers.Conv2D(2, 1, padding="same", name="narrow")(x)
    wide = layers.Conv2D(2, 5, padding="same", name="wide")(x)
    x = layers.Conv2D(2, 3, padding="same", name="joined")(layers.Add()([narrow, wide]))
    gate = layers.Reshape((1, 1, 2))(layers.GlobalAveragePooling2D()(x))
    x = layers.Conv2D(2, 1, name="gated")(layers.Multiply()([x, gate]))
    x = layers.Dense(2, name="logits")(layers.Flatten()(x))
    truncated = truncate(keras.Model(images, layers.Softmax(name="predictions")(x)))

    found = dict(zip(truncated.layers, receptive_fields(truncated), strict=True))

    assert found == {"narrow": (1, 1), "wide": (5, 5), "joined": (7, 7), "gated": None}
