"""Views of each square inside a network, averaged at its last features.

The views of a batch are one larger batch, so that the network runs once and keeps its layers. All
parts are layers and operations of Keras: a saved network needs none of our code.
"""

import keras
from keras import layers, ops

from tasks.core.square_views import VIEW_ROWS, VIEW_SHARE, VIEW_SUM, VIEWS_LAYER, view_boxes


def fold_views(images: keras.KerasTensor, n_views: int) -> keras.KerasTensor:
    """Cut the views of each film and join them along the batch.

    Args:
        images: (B, S, S, 1) uint8.
        n_views: 1 or 6, see `view_boxes`.

    Returns:
        (n_views * B, S, S, 1) float32 in [0, 255]: all films whole, then each crop of all films,
        scaled to the square by linear interpolation. With one view, the images as they are.
    """
    if n_views == 1:
        return images
    same = {"dtype": "float32", "trainable": False}
    size_px = images.shape[1]
    whole = layers.Rescaling(1.0, name="view0_whole", **same)(images)
    views = [whole]
    for number, box in enumerate(view_boxes(n_views, size_px)[1:], start=1):
        top, left, bottom, right = box
        sides = ((top, size_px - bottom), (left, size_px - right))
        crop = layers.Cropping2D(
            sides, data_format="channels_last", name=f"view{number}_crop", **same
        )
        to_square = layers.Resizing(
            size_px, size_px, data_format="channels_last", name=f"view{number}_square", **same
        )
        views.append(to_square(crop(whole)))
    return layers.Concatenate(axis=0, name=VIEWS_LAYER, **same)(views)


def mean_of_views(features: keras.KerasTensor, n_views: int, prefix: str) -> keras.KerasTensor:
    """Mean over the views of what the layer of the logits gets.

    That layer is linear, so its output is the mean of the logits of all views.

    Args:
        features: (n_views * B, n_features), of the squares of `fold_views`.
        n_views: 1 or 6.
        prefix: Start of the names of the layers.

    Returns:
        (B, n_features) float32. With one view, the features as they are.
    """
    if n_views == 1:
        return features
    share = layers.Rescaling(
        1 / n_views, dtype="float32", trainable=False, name=f"{prefix}{VIEW_SHARE}"
    )
    rows = ops.reshape(share(features), (n_views, -1, features.shape[-1]))
    total = ops.sum(_named(rows, f"{prefix}{VIEW_ROWS}"), axis=0)
    return _named(total, f"{prefix}{VIEW_SUM}")


def _named(tensor: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Name the operation that made a tensor: Keras would count all operations of the process."""
    tensor._keras_history.operation.name = name
    return tensor
