"""Barlow Twins: embeddings of two views of a film agree, and their components differ.

Source: Zbontar et al., "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", ICML
2021, arXiv 2103.03230. It needs no pairs of different films, no second network and no large batch.
"""

import keras
from keras import ops

_EPSILON = 1e-5  # added to the variance of a component, as in the batch normalisation of its code


class BarlowTwins(keras.Model):  # type: ignore[misc]
    """A functional model, films -> embeddings (B, 2, D) of their views; its loss reads no label."""

    def compute_loss(
        self,
        x: keras.KerasTensor | None = None,  # noqa: ARG002
        y: keras.KerasTensor | None = None,  # noqa: ARG002
        y_pred: keras.KerasTensor | None = None,
        sample_weight: keras.KerasTensor | None = None,  # noqa: ARG002
        training: bool = True,  # noqa: ARG002
    ) -> keras.KerasTensor:
        """Loss of the embeddings of a batch."""
        return barlow_twins_loss(y_pred)


def cross_correlation(embeddings: keras.KerasTensor) -> keras.KerasTensor:
    """Correlate the components of the first view with those of the second over a batch.

    C_ij = sum_b a_bi b_bj / (sqrt(sum_b a_bi^2) sqrt(sum_b b_bj^2)), after the mean of each
    component over the batch is subtracted. A constant component has correlation 0.

    Args:
        embeddings: (B, 2, D) float32, of two views of each film.

    Returns:
        (D, D) float32 in [-1, 1].

    Source: Zbontar et al., arXiv 2103.03230, equation 2.
    """
    centred = embeddings - ops.mean(embeddings, axis=0, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=0, keepdims=True)
    first, second = ops.unstack(centred / ops.sqrt(variance + _EPSILON), num=2, axis=1)
    n_films = ops.cast(ops.shape(embeddings)[0], first.dtype)
    return ops.matmul(ops.transpose(first), second) / n_films


def barlow_twins_loss(embeddings: keras.KerasTensor) -> keras.KerasTensor:
    """Invariance and redundancy: sum_i (1 - C_ii)^2 + lambda sum_i sum_(j != i) C_ij^2.

    Lambda is 1 / D, so that both sums keep their balance at every width. At the 8,192 components
    of the paper its own lambda is 0.0051.

    Args:
        embeddings: (B, 2, D) float32.

    Returns:
        () float32, at least 0.

    Source: Zbontar et al., arXiv 2103.03230, equation 1; lambda: Tsai et al., arXiv 2104.13712,
    code: 1 / 128 for 128 components and small pictures.
    """
    correlation = cross_correlation(embeddings)
    diagonal = ops.diagonal(correlation)
    redundancy = ops.sum(ops.square(correlation)) - ops.sum(ops.square(diagonal))
    return ops.sum(ops.square(1.0 - diagonal)) + redundancy / correlation.shape[0]


def view_agreement(_labels: keras.KerasTensor, embeddings: keras.KerasTensor) -> keras.KerasTensor:
    """Mean of C_ii over the components: 1 if both views of a film always give one embedding."""
    return ops.mean(ops.diagonal(cross_correlation(embeddings)))
