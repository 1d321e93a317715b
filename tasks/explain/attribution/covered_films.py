"""Logits of films with some places covered."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.attribution.scored_network import Float32s, ScoredNetwork


def covered_logits(
    scored: ScoredNetwork,
    images: Pixels,
    n_covers: int,
    cover: Callable[[int, int], NDArray[np.bool_]],
) -> Float32s:
    """Logits of copies of each film. In each copy other places take the grey of the average film.

    The grey of the film's own mean, or a blurred film, is brighter than a lung: a lung covered with
    it looks as if it had an opacity. The average film hides what is special about a place.

    Args:
        scored: The network.
        images: (N, H, W, 1) uint8.
        n_covers: Copies of each film.
        cover: From the number of a film and the number of a copy to (H, W) bool, True where the
            copy is covered.

    Returns:
        logits: (N, n_covers, n_classes) float32.

    Source: Sturmfels, Lundberg and Lee 2020, "Visualizing the Impact of Feature Attribution
    Baselines", Distill, on what a baseline hides.
    """
    cover_grey = scored.average_film.astype(np.float32)

    def make_rows(rows: NDArray[np.int64]) -> Float32s:
        films, numbers = np.divmod(rows, n_covers)
        pairs = zip(films.tolist(), numbers.tolist(), strict=True)
        covers = np.stack([cover(film, number) for film, number in pairs])
        return np.where(covers[..., np.newaxis], cover_grey, images[films].astype(np.float32))

    logits = scored.logits_of_rows(len(images) * n_covers, make_rows)
    return logits.reshape(len(images), n_covers, -1)
