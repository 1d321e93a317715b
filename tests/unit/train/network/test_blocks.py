"""Our fused batch normalisation gives the numbers of Keras' own layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tasks.train.network.blocks import batch_norm, plain_batch_norm

SHAPES = [(6, 5, 7, 3), (8, 3)]  # feature maps, and vectors
RNG = np.random.default_rng(0)


def pair(shape: tuple[int, ...]) -> tuple[keras.Layer, keras.Layer]:
    """Our layer and Keras' layer with the same weights, all different from the initial ones."""
    ours = batch_norm("bn")
    plain = plain_batch_norm(ours)
    for layer in (ours, plain):
        layer.build(shape)
    weights = [RNG.uniform(0.5, 2.0, weight.shape) for weight in ours.get_weights()]
    ours.set_weights(weights)
    plain.set_weights(weights)
    return ours, plain


@pytest.mark.parametrize("shape", SHAPES)
def test_training_gives_the_output_the_gradients_and_the_moments_of_keras(shape):
    images = tf.constant(RNG.normal(3.0, 2.0, shape), tf.float32)
    slopes = tf.constant(RNG.normal(size=shape), tf.float32)
    found = []
    for layer in pair(shape):
        with tf.GradientTape() as tape:
            tape.watch(images)
            output = layer(images, training=True)
            loss = tf.reduce_sum(output * slopes)
        watched = [images, layer.gamma.value, layer.beta.value]
        found.append([output, *tape.gradient(loss, watched), *layer.get_weights()])
    assert len(found[0]) == 8
    for ours, plain in zip(*found, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_prediction_and_a_frozen_layer_use_the_moments_and_do_not_change_them(shape):
    ours, plain = pair(shape)
    images = tf.constant(RNG.normal(3.0, 2.0, shape), tf.float32)
    before = ours.get_weights()
    expected = plain(images, training=False)
    np.testing.assert_array_equal(ours(images, training=False), expected)
    ours.trainable = False
    np.testing.assert_array_equal(ours(images, training=True), expected)
    for weight, other in zip(before, ours.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_half_precision_gives_half_precision():
    layer = type(batch_norm("bn"))(dtype="mixed_bfloat16")
    assert layer(tf.zeros((2, 4, 4, 3), tf.bfloat16), training=True).dtype == tf.bfloat16


def test_other_layers_are_not_replaced():
    layer = keras.layers.ReLU()
    assert plain_batch_norm(layer) is layer
