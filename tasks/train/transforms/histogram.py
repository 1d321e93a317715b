"""Histogram matching: a film takes the grey levels of another film of its batch."""

import keras
from keras import ops

from tasks.train.transforms.partners import draw_partners

_NEIGHBOURS = 1 / 512  # weight of the neighbourhood; below the step of 1 / 255 between grey levels


class HistogramMatch(keras.Layer):  # type: ignore[misc]
    """Gives some films the histogram of another film: (B, H, W, 1) float32 in [0, 1], same out.

    The class of the other film plays no part, so the histogram no longer tells it.

    Args:
        share: Share of the films that are changed, in (0, 1]; each film is drawn on its own.
        seed: Seed of the random draws.

    Source:
        Yaras et al., Randomized Histogram Matching, IEEE J Sel Top Appl Earth Obs Remote Sens
        2024;17:1988-1998, arXiv 2104.14032. There the other film is one of the new place, without
        its label; here it is a training film.
    """

    def __init__(self, share: float, seed: int) -> None:
        super().__init__(name="augment_histogram", dtype="float32")
        self._share = share
        self._seeds = keras.random.SeedGenerator(seed)

    def call(self, films: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Change some films in training; return all unchanged otherwise."""
        if not training:
            return films
        n_films = ops.shape(films)[0]
        drawn = keras.random.uniform((n_films, 1, 1, 1), dtype="float32", seed=self._seeds)
        matched = match_histograms(films, draw_partners(n_films, self._seeds))
        return ops.where(drawn < self._share, matched, films)


def match_histograms(films: keras.KerasTensor, partners: keras.KerasTensor) -> keras.KerasTensor:
    """Give each film exactly the grey levels of its partner, in the order of its own pixels.

    The darkest pixel takes the darkest level of the partner, and so on. Among pixels of one level
    the one with the darker neighbourhood of 3 x 3 pixels comes first, then the one that is read
    first; without the neighbourhoods an even border would become a ramp from top to bottom.

    Args:
        films: (B, H, W, 1) float32, multiples of 1 / 255 in [0, 1].
        partners: (B,) int32, place of the partner of each film in the batch.

    Returns:
        (B, H, W, 1) float32.

    Source:
        Gonzalez and Woods, Digital Image Processing, section "Histogram matching
        (specification)"; exact, with neighbourhoods for equal pixels: Coltuc et al., IEEE Trans
        Image Process 2006;15:1143-1152.
    """
    shape = ops.shape(films)
    near = ops.average_pool(films, 3, strides=1, padding="same", data_format="channels_last")
    flat = (shape[0], films.shape[1] * films.shape[2])
    order = ops.argsort(ops.reshape(films + _NEIGHBOURS * near, flat), axis=1)
    levels = ops.take_along_axis(ops.reshape(films, flat), order, axis=1)  # from dark to bright
    rank = ops.argsort(order, axis=1)
    matched = ops.take_along_axis(ops.take(levels, partners, axis=0), rank, axis=1)
    return ops.reshape(matched, shape)
