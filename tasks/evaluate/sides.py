"""Checks on the two sides of the decision: the negative class, and all other classes."""

from collections.abc import Sequence

from tasks.core.errors import EvaluationError
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools


def require_negative_class(classes: Sequence[str], params: EvaluateParams) -> None:
    """Check that `evaluate.negative_class` is one of the classes.

    Raises:
        EvaluationError: It is not.
    """
    if params.negative_class not in classes:
        raise EvaluationError(
            "evaluate.negative_class must be one of the classes",
            found=params.negative_class,
            where="params.yaml: evaluate.negative_class",
            next_step=f"choose from: {', '.join(classes)}",
        )


def require_both_sides(positive: Bools, split: str, params: EvaluateParams) -> None:
    """Check that a split has positive and negative films.

    Args:
        positive: (n,) whether each film of the split is positive.
        split: Name of the split.
        params: Section `evaluate`.

    Raises:
        EvaluationError: The split has positive films only, or negative films only.
    """
    if not 0 < positive.sum() < len(positive):
        raise EvaluationError(
            "a split needs positive and negative films to be evaluated",
            found=f"{int(positive.sum())} positive of {len(positive)}",
            where=f"split {split}",
            next_step=f"check evaluate.negative_class ({params.negative_class}) and the folders",
        )
