"""Transfer learning in two phases: first the new head learns, then the whole network."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.params import TrainParams


@dataclass(frozen=True)
class Phase:
    """Epochs in which the same layers learn.

    first_epoch, last_epoch: from 0; the last one is not included. frozen: only the head learns.
    fine_tuned: pretrained layers learn too.
    """

    first_epoch: int
    last_epoch: int
    learning_rate: float
    frozen: bool = False
    fine_tuned: bool = False

    @property
    def suffix(self) -> str:
        """Ending of the name of its checkpoint."""
        return "-frozen" if self.frozen else ""

    def settings(self, params: TrainParams) -> TrainParams:
        """Section `train` of this phase, as if it were a run.

        The epochs to average are the last ones of the whole run, so none while the body is frozen.
        """
        n_epochs = self.last_epoch - self.first_epoch
        changes: dict[str, object] = {"epochs": n_epochs, "learning_rate": self.learning_rate}
        if self.frozen:
            changes["average_epochs"] = None
        return params.model_copy(update=changes)

    def prepare(self, model: keras.Model) -> None:
        """Choose the layers that learn; takes effect at the next `compile`."""
        if self.frozen:
            freeze_body(model)
        elif self.fine_tuned:
            unfreeze_body(model)


def phases(params: TrainParams) -> list[Phase]:
    """The phases of a run: two with pretrained weights, one with random weights."""
    if params.weights == "none":
        return [Phase(0, params.epochs, params.learning_rate)]
    n_frozen = min(params.freeze_epochs, params.epochs)
    both = [
        Phase(0, n_frozen, params.learning_rate, frozen=True),
        Phase(n_frozen, params.epochs, params.fine_tune_learning_rate, fine_tuned=True),
    ]
    return [phase for phase in both if phase.first_epoch < phase.last_epoch]


def freeze_body(model: keras.Model) -> None:
    """Let only the layer `logits` learn; takes effect at the next `compile`.

    Frozen batch normalisation also keeps its mean and variance (Keras 3).
    """
    for layer in model.layers:
        layer.trainable = layer.name == LOGITS_LAYER


def unfreeze_body(model: keras.Model) -> None:
    """Let all layers learn except batch normalisation; takes effect at the next `compile`.

    Statistics of a few batches of films would not fit the pretrained weights.
    Source: "Transfer learning & fine-tuning", keras.io/guides/transfer_learning.
    """
    for layer in all_layers(model):
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)


def all_layers(model: keras.Model) -> Iterator[keras.Layer]:
    """Layers of a network and of the networks inside it, the outer layers first."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)
