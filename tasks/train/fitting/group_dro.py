"""Group DRO: the loss gives more weight to the groups of films that are hard."""

from typing import Any

import keras
from keras import ops

from tasks.train.fitting.film_groups import FilmGroups
from tasks.train.transforms.amplitude import LabelledSteps, labels_of


class RobustClassifier(LabelledSteps):
    """A classifier whose training loss is sum_g q_g L_g, for the mean loss L_g of each group g.

    Each step first sets q_g to q_g exp(step L_g), divided by their sum, for the losses of its
    batch; then it lowers the loss with these q. They start equal, and are a weight of the model
    that does not learn, so a checkpoint holds them. A saved network has no such weight.

    L_g is estimated from all films of a batch of B: the sum of the weighted losses of the films of
    g, over B times the share of g in an epoch. So a film of g counts q_g / share_g times, and q_g
    equal to the shares would give the ordinary loss. The paper draws films of all groups equally
    often instead. Films of weight 0 count in B, as in the ordinary loss.

    Args:
        model: From `build_classifier`, without mixup; the layers are shared with it.
        groups: Groups of the training films.
        step: Step of q, `train.group_dro_step`.

    Source: Sagawa et al., ICLR 2020, arXiv 1911.08731, algorithm 1, without the adjustment
    C / sqrt(n_g) of section 3.3.
    """

    def __init__(self, model: keras.Model, groups: FilmGroups, step: float) -> None:
        super().__init__(model.input, model.output, name=model.name)
        self._names = groups.names
        self._shares = groups.shares
        self._step = step
        equal = keras.initializers.Constant(1 / len(groups.names))
        self._weights_of_groups = self.add_weight(
            shape=(len(groups.names),),
            initializer=equal,
            dtype="float32",
            trainable=False,
            name="group_weights",
        )

    @property
    def group_weights(self) -> dict[str, float]:
        """Weight q of each group, by its name."""
        values = ops.convert_to_numpy(self._weights_of_groups.value)
        return dict(zip(self._names, map(float, values), strict=True))

    def compute_loss(
        self,
        x: keras.KerasTensor | None = None,
        y: Any = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: keras.KerasTensor | None = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        """Robust loss in training, after a step of q; the ordinary loss in validation."""
        if training:
            losses = sample_weight * self.loss.call(y["labels"], y_pred)
            sample_weight = sample_weight * self._factors(losses, y["groups"])
        return super().compute_loss(x, labels_of(y), y_pred, sample_weight, training)

    def compute_metrics(
        self,
        x: keras.KerasTensor,
        y: Any,
        y_pred: keras.KerasTensor,
        sample_weight: keras.KerasTensor | None = None,
    ) -> dict[str, Any]:
        """Metrics of the labels, with the weights of the films."""
        metrics: dict[str, Any] = super().compute_metrics(x, labels_of(y), y_pred, sample_weight)
        return metrics

    def _factors(self, losses: keras.KerasTensor, groups: keras.KerasTensor) -> keras.KerasTensor:
        """Make a step of q, and return q_g / share_g of each film: (B,) float32."""
        members = ops.one_hot(groups, len(self._names), dtype="float32")  # (B, n_groups)
        sums = ops.mean(ops.stop_gradient(losses)[:, None] * members, axis=0)
        grown = ops.log(self._weights_of_groups) + self._step * sums / self._shares
        weights = ops.softmax(grown)  # unlike exp, it does not overflow
        self._weights_of_groups.assign(weights)
        return ops.take(weights / self._shares, groups)


def robust_classifier(model: keras.Model, groups: FilmGroups, step: float) -> keras.Model:
    """Build a `RobustClassifier` that keeps the training step of amplitude mix.

    Args:
        model: From `build_classifier`, without mixup.
        groups: Groups of the training films.
        step: Step of q, `train.group_dro_step`.
    """
    labelled = (LabelledSteps,) if isinstance(model, LabelledSteps) else ()
    robust: keras.Model = type("Classifier", (RobustClassifier, *labelled), {})(model, groups, step)
    return robust


def weight_curves(model: keras.Model) -> dict[str, float]:
    """Weight of each group by the name of its curve; empty without group DRO."""
    if not isinstance(model, RobustClassifier):
        return {}
    return {f"group_weight/{name}": value for name, value in model.group_weights.items()}
