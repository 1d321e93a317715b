"""The score that the attribution methods explain, and the classes they explain it for."""

import numpy as np
from numpy.typing import NDArray

MAX_QUESTIONED = 3  # maps of one film; more are not compared by eye


def class_scores(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score of each class: its logit minus the mean of the other logits.

    The softmax does not see a number that is added to all logits, and neither does this score. With
    two classes it is the log odds of the class. The scores of all classes sum to 0.

    Args:
        logits: (..., n_classes) float32, at least two classes.

    Returns:
        scores: (..., n_classes) float32, linear in the logits.

    Example:
        >>> class_scores(np.array([1.0, 4.0], dtype=np.float32)).tolist()
        [-3.0, 3.0]
    """
    scores: NDArray[np.float32] = logits @ score_weights(logits.shape[-1])
    return scores


def score_weights(n_classes: int) -> NDArray[np.float32]:
    """Weights (n_classes, n_classes) float32: row j, column c is the weight of logit j in score c.

    Example:
        >>> score_weights(3)[:, 0].tolist()
        [1.0, -0.5, -0.5]
    """
    own, other = 1.0, -1.0 / (n_classes - 1)
    return np.where(np.eye(n_classes, dtype=bool), own, other).astype(np.float32)


def questioned_classes(
    logits: NDArray[np.float32], called: NDArray[np.int64], labels: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Classes in question of each film: the called one, the true one, then the next best ones.

    Args:
        logits: (N, n_classes) float32.
        called: (N,) int64, index of the class that each film is called.
        labels: (N,) int64, index of the class of its label.

    Returns:
        (N, k) int64, k = 3, or all classes if there are fewer; no class twice in a row. Equal
        logits are taken in the order of the classes.

    Example:
        >>> logits = np.array([[0.0, 3.0, 2.0, 1.0]], dtype=np.float32)
        >>> questioned_classes(logits, np.array([1]), np.array([0])).tolist()
        [[1, 0, 2]]
    """
    rank = np.argsort(np.argsort(-logits, axis=1, kind="stable"), axis=1, kind="stable")
    rows = np.arange(len(logits))
    rank[rows, labels] = -1
    rank[rows, called] = -2
    return np.argsort(rank, axis=1, kind="stable")[:, :MAX_QUESTIONED]


def questioned_scores(
    logits: NDArray[np.float32], classes: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Scores of the classes in question: logits (N, M, n_classes), classes (N, k) -> (N, M, k)."""
    return np.take_along_axis(class_scores(logits), classes[:, np.newaxis, :], axis=2)
