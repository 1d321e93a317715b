"""Search for near duplicates among 200,000 films, compared with a comparison of all pairs.

Run    python -m tests.benchmarks.near_duplicates    also logs how the time grows
"""

import logging
import statistics
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.params import load_params
from tasks.core.tables import MANIFEST_SCHEMA, read_table, usable
from tasks.ingest.near_duplicates import near_duplicates

N_HASHES = 200_000
N_RIVAL = 20_000  # the time of all pairs grows with the square, so it is measured for a tenth
LIMIT_S = 60.0
N_ROUNDS = 3
BLOCK_ROWS = 64  # 64 x 20,000 words of 8 bytes take 10 MB

logger = logging.getLogger("benchmarks")


def near_duplicates_vs_all_pairs() -> dict[str, Any]:
    """Divide the time of comparing all pairs of 200,000 hashes by ours."""
    max_bits = load_params(paths.PARAMS).ingest.near_duplicate_bits
    hashes = synthetic_hashes(film_hashes(), N_HASHES)
    ratios = []
    for _ in range(N_ROUNDS):
        start_s = time.perf_counter()
        all_pairs(hashes.head(N_RIVAL), max_bits)
        middle_s = time.perf_counter()
        near_duplicates(hashes, max_bits)
        ours_s = time.perf_counter() - middle_s
        ratios.append((middle_s - start_s) * (N_HASHES / N_RIVAL) ** 2 / ours_s)
    return {
        "ratio": statistics.median(ratios),
        "against": f"NumPy, which compares all pairs of {N_RIVAL:,} hashes in blocks; "
        f"scaled by the square to {N_HASHES:,}",
        "command": "make bench",
    }


def near_duplicates_vs_limit() -> dict[str, Any]:
    """Divide the limit of 60 s by our time for 200,000 hashes."""
    max_bits = load_params(paths.PARAMS).ingest.near_duplicate_bits
    elapsed_s = statistics.median(growth([N_HASHES] * N_ROUNDS, max_bits))
    return {
        "ratio": LIMIT_S / elapsed_s,
        "against": f"a limit of {LIMIT_S:g} s for {N_HASHES:,} hashes",
        "command": "make bench",
    }


def growth(sizes: list[int], max_bits: int) -> list[float]:
    """Return the seconds that our search takes for each number of hashes."""
    films = film_hashes()
    elapsed_s = []
    for n_hashes in sizes:
        hashes = synthetic_hashes(films, n_hashes)
        start_s = time.perf_counter()
        near_duplicates(hashes, max_bits)
        elapsed_s.append(time.perf_counter() - start_s)
    return elapsed_s


def film_hashes() -> NDArray[np.bool_]:
    """Return the distinct perceptual hashes of the usable films in the manifest: (n, 256) bool."""
    hashes = sorted(set(usable(read_table(MANIFEST_SCHEMA, paths.MANIFEST))["perceptual_hash"]))
    digits = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8)
    return np.unpackbits(digits.reshape(len(hashes), -1), axis=1).astype(bool)


def synthetic_hashes(films: NDArray[np.bool_], n_hashes: int) -> pd.Series:
    """Make hashes whose bits are as skewed and as dependent as those of real films.

    Each hash joins two films along a random straight line and flips 10 to 40 random bits. With
    fewer flips, a small set of films would give thousands of near duplicates.

    Args:
        films: (n, 256) bool, row by row of a 16 x 16 difference hash.
        n_hashes: Number of hashes to make.
    """
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:16, :16].reshape(2, 1, 256) / 15 - 0.5
    made = []
    for start in range(0, n_hashes, 10_000):
        n = min(10_000, n_hashes - start)
        one, other = films[rng.integers(0, len(films), (2, n))]
        angle = rng.uniform(0, 2 * np.pi, (n, 1))
        line = np.cos(angle) * x + np.sin(angle) * y > rng.uniform(-0.3, 0.3, (n, 1))
        flips = rng.random((n, 256)) < rng.uniform(10, 40, (n, 1)) / 256
        made += [row.tobytes().hex() for row in np.packbits(np.where(line, one, other) ^ flips, 1)]
    return pd.Series(made, dtype="str")


def all_pairs(hashes: pd.Series, max_bits: int) -> int:
    """Count the pairs within `max_bits` by comparing all pairs in blocks."""
    digits = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint64)
    words = np.ascontiguousarray(digits.reshape(len(hashes), 4).T)  # (4, n)
    n_pairs = 0
    for start in range(0, len(hashes), BLOCK_ROWS):
        block = words[:, start : start + BLOCK_ROWS, np.newaxis]
        distance = np.zeros((block.shape[1], len(hashes) - start), dtype=np.uint16)
        for word in range(4):
            distance += np.bitwise_count(block[word] ^ words[word, start:])
        n_pairs += int(np.count_nonzero(np.triu(distance <= max_bits, k=1)))
    return n_pairs


def main() -> None:
    """Log the time for 50,000, 100,000 and 200,000 hashes, and the two ratios."""
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    sizes = [50_000, 100_000, 200_000]
    max_bits = load_params(paths.PARAMS).ingest.near_duplicate_bits
    for n_hashes, elapsed_s in zip(sizes, growth(sizes, max_bits), strict=True):
        logger.info("%d hashes: %.2f s", n_hashes, elapsed_s)
    for entry in (near_duplicates_vs_all_pairs(), near_duplicates_vs_limit()):
        logger.info("%.1f x %s", entry["ratio"], entry["against"])


if __name__ == "__main__":
    main()
