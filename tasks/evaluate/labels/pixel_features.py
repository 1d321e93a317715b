"""Features of a film that no label has formed: edges, brightness, and difference of the sides."""

import numpy as np
from PIL import Image
from skimage.feature import hog

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats

_SIDE_PX = 64  # films of any size are compared at this one
_CELL_PX = 8  # of the histograms; a lung is about three cells wide
_COARSE_PX = 16
_N_DIRECTIONS = 8
# Of 40, 60, 120 and 200 components 60 found most planted errors on the synthetic films
_N_COMPONENTS = 60
_SEED = 0
_FILMS_PER_COMPONENT = 4  # in a small set: fewer components, or each holds the noise of one film


def label_free_features(images: Pixels) -> Floats:
    """Main components of what the pixels show, each with unit variance.

    The components are found on all films without their labels. The features of a trained network
    would not do: it has learned the wrong labels too.

    Args:
        images: (n, H, W) uint8 in [0, 255], n of at least 2.

    Returns:
        (n, n_components) float64; at most 60 components.

    Source:
        Dalal and Triggs, "Histograms of oriented gradients", CVPR 2005.
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    shown = StandardScaler().fit_transform(np.stack([_shown(film) for film in images]))
    n_components = min(_N_COMPONENTS, max(len(images) // _FILMS_PER_COMPONENT, 1))
    # an exact solver is slower and found one planted error more in 80
    reduced = PCA(
        n_components, whiten=True, svd_solver="randomized", random_state=_SEED
    ).fit_transform(shown)
    features: Floats = reduced.astype(np.float64)
    return features


def _shown(film: Pixels) -> Floats:
    """Histograms of edges, coarse brightness, and its difference from the mirrored film."""
    square = Image.fromarray(film).resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX)
    edges = hog(
        np.asarray(square),
        orientations=_N_DIRECTIONS,
        pixels_per_cell=(_CELL_PX, _CELL_PX),
        cells_per_block=(2, 2),
    )
    coarse = np.asarray(square.reduce(_SIDE_PX // _COARSE_PX), dtype=np.float64)
    sides = np.abs(coarse - coarse[:, ::-1])
    return np.concatenate([edges, coarse.ravel(), sides.ravel()])
