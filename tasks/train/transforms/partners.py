"""Another film of the batch for each film."""

import keras
from keras import ops


def draw_partners(
    n_films: int,
    seeds: keras.random.SeedGenerator,
    labels: keras.KerasTensor | None = None,
) -> keras.KerasTensor:
    """Draw a partner for each film, each of the allowed films with the same chance.

    A film alone in its batch is its own partner.

    Args:
        n_films: Films in the batch, B.
        seeds: Seed generator of the draws.
        labels: (B, n_classes), one-hot. The partner is then of another class if the batch has one.

    Returns:
        (B,) int32, place of the partner in the batch.
    """
    score = keras.random.uniform((n_films, n_films), dtype="float32", seed=seeds)
    if labels is not None:
        labels = ops.cast(labels, "float32")
        score += 1.0 - ops.matmul(labels, ops.transpose(labels))  # 1 for films of other classes
    place = ops.arange(n_films)
    score = ops.where(place[:, None] == place[None], -1.0, score)
    return ops.cast(ops.argmax(score, axis=1), "int32")
