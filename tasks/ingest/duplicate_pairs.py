"""Find pairs of films that show the same picture, exactly or nearly."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.params import IngestParams
from tasks.core.tables import PAIRS_SCHEMA, usable
from tasks.ingest.near_duplicates import BLOCK, near_duplicates


def find_pairs(
    manifest: pd.DataFrame, thumbnails: ImageStore, params: IngestParams
) -> pd.DataFrame:
    """Find pairs of usable films with the same grey pixels, and pairs of near duplicates.

    Films with the same pixels are paired with the first of them by path, not each with each. Only
    this first one is searched for near duplicates. Near duplicates have similar 256-bit difference
    hashes, and their thumbnails correlate. Up to 17 look-alikes are paired each with each; of more,
    each film keeps about 16 pairs, and the groups that pairs join are the same.

    Args:
        manifest: Columns of `tables.MANIFEST_SCHEMA`. Rejected films are left out.
        thumbnails: Small grey pictures of all usable films.
        params: Section `ingest`.

    Returns:
        Columns of `tables.PAIRS_SCHEMA`, `path_a` below `path_b`, sorted by both.

    Raises:
        ImageStoreError: A usable film has no thumbnail.

    Source: Both limits were measured on Kermany's films (data/README.md). 12 bits: films of two
    people correlate at up to 0.97, but differ in 13 bits or more, so the bits decide. 0.9: this
    correlation removes pictures with too little detail for the hash, and keeps copies with another
    contrast. Of 600 copies with a gamma of 0.5 or 2, all within 12 bits, 0.9 keeps all and 0.97
    about half. The true pairs in public packs correlate at 0.965 or more.
    """
    films = usable(manifest).sort_values("path", ignore_index=True)
    first_path = films.groupby("pixel_hash")["path"].transform("first")
    is_first = first_path == films["path"]
    exact = pd.DataFrame({"path_a": first_path, "path_b": films["path"]})[~is_first]
    exact = exact.assign(kind="exact", n_bits=0, correlation=1.0)
    near = _near_pairs(films[is_first].reset_index(drop=True), thumbnails, params)
    pairs = pd.concat([exact, near], ignore_index=True)[PAIRS_SCHEMA.names]
    ordered: pd.DataFrame = pairs.sort_values(["path_a", "path_b"], ignore_index=True)
    return ordered


def _near_pairs(films: pd.DataFrame, thumbnails: ImageStore, params: IngestParams) -> pd.DataFrame:
    """Find near duplicates among films sorted by path; no two films have the same pixels."""
    hashes = films["perceptual_hash"]
    rows = thumbnails.rows(films["image_id"].tolist())

    def correlation(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        return correlate(thumbnails.take(rows[first]), thumbnails.take(rows[second]))

    def alike(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        near: NDArray[np.bool_] = correlation(first, second) >= params.near_duplicate_correlation
        return near

    first, second = near_duplicates(hashes, params.near_duplicate_bits, alike).T
    blocks = [slice(start, start + BLOCK) for start in range(0, len(first), BLOCK)]
    found = [correlation(first[block], second[block]) for block in blocks]
    return pd.DataFrame(
        {
            "path_a": films["path"].to_numpy()[first],
            "path_b": films["path"].to_numpy()[second],
            "kind": "near",
            "n_bits": differing_bits(hashes, first, second),
            "correlation": np.concatenate([np.empty(0), *found]),
        }
    )


def correlate(pictures: Pixels, others: Pixels) -> NDArray[np.float64]:
    """Compute Pearson's r of each picture and its counterpart.

    The sums are sums of integers, so the result does not depend on their order or the machine.

    Args:
        pictures: (n, H, W) uint8 in [0, 255], at most 128 x 128 px.
        others: Counterparts, in the same form.

    Returns:
        r: (n,) float64 in [-1, 1]; 0 where a picture is constant and r is undefined.
    """
    n_pixels = pictures.shape[1] * pictures.shape[2]
    x = pictures.reshape(len(pictures), n_pixels).astype(np.int32)
    y = others.reshape(len(others), n_pixels).astype(np.int32)

    def n2_covariance(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.float64]:
        products = np.einsum("ij,ij->i", a, b).astype(np.int64)  # below 2^31 up to 33,000 px
        n2: NDArray[np.int64] = n_pixels * products - a.sum(axis=1) * b.sum(axis=1)
        return n2.astype(np.float64)

    scale = np.sqrt(n2_covariance(x, x) * n2_covariance(y, y))
    r = np.divide(n2_covariance(x, y), scale, out=np.zeros(len(x)), where=scale > 0)
    clipped: NDArray[np.float64] = np.clip(r, -1.0, 1.0)
    return clipped


def differing_bits(
    hashes: pd.Series, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Hamming distance of each pair of hashes.

    Args:
        hashes: In hex.
        first: (n_pairs,) int64, positions in `hashes`.
        second: (n_pairs,) int64.

    Example:
        >>> differing_bits(pd.Series(["0f", "08"]), np.array([0]), np.array([1])).tolist()
        [3]
    """
    texts = hashes.tolist()
    return np.array(
        [
            (int(texts[one], 16) ^ int(texts[other], 16)).bit_count()
            for one, other in zip(first, second, strict=True)
        ],
        dtype=np.int32,
    )
