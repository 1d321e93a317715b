"""The model that the stage `explain` looks into."""

from dataclasses import dataclass
from functools import cached_property

import keras

from tasks.core.image_store.store import Pixels
from tasks.explain.attribution.scored_network import ScoredNetwork
from tasks.explain.truncated import TruncatedNetwork, truncate


@dataclass(frozen=True)
class ExplainedModel:
    """The model to explain.

    network: from `tasks.core.classifier.load_classifier`; it is not changed.
    classes: names in the order of the logits.
    negative_class: None if no class means "no finding".
    threshold: probability, in [0, 1], from which a film is called positive; None likewise.
    outcomes: values of `SelectedFilm.outcome` that are possible.
    average_film: (H, W, 1) uint8, mean of the training films at each place. A covered place takes
        its grey, and integrated gradients start from it.
    """

    name: str
    network: keras.Model
    classes: tuple[str, ...]
    negative_class: str | None
    threshold: float | None
    outcomes: tuple[str, ...]
    average_film: Pixels

    @cached_property
    def scored(self) -> ScoredNetwork:
        """A copy of the network that every attribution method uses; made and compiled once.

        Raises:
            EvaluationError: See `truncate`.
        """
        return ScoredNetwork(truncate(self.network, "float32"), self.average_film)

    @cached_property
    def whole(self) -> TruncatedNetwork:
        """The network on the square alone, whose feature maps are shown."""
        truncated = self.scored.truncated
        if len(truncated.boxes) == 1:
            return truncated
        return truncate(self.network, "float32", is_whole=True)

    @property
    def positive_classes(self) -> list[str]:
        """All classes but the negative class, in the order of the logits."""
        return [name for name in self.classes if name != self.negative_class]
