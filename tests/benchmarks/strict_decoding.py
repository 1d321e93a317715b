"""Time that `ingest` needs for a film with the search for damage, compared with none.

Run    python -m tests.benchmarks.strict_decoding
"""

import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tasks.core.film.decode import decode_grey
from tasks.core.film.strict import decode_strictly
from tasks.ingest import examine
from tests.films import ingest_params, pack

N_ROUNDS = 3
LIMIT = 1.25  # times the time without the search

logger = logging.getLogger("benchmarks")


def strict_decoding() -> dict[str, Any]:
    """Divide the limit by the time of `examine` with the search over the time without it.

    Each film is examined in both ways in turn, so that other programs slow both down alike.
    """
    source = pack("kermany-original")
    films = sorted(str(film.relative_to(source)) for film in source.rglob("*.jpeg"))
    examine.open_worker(ingest_params(source))
    ratios = []
    for _ in range(N_ROUNDS):
        with_s = without_s = 0.0
        for film in films:
            without_s += elapsed_s(film, decode_grey)
            with_s += elapsed_s(film, decode_strictly)
        ratios.append(with_s / without_s)
        logger.info("%.1f s with, %.1f s without: %.3f", with_s, without_s, ratios[-1])
    return {
        "ratio": LIMIT / statistics.median(ratios),
        "against": f"a limit of {LIMIT:g} times the time to examine a film without the search for "
        f"damage, {len(films)} JPEG films",
        "command": "make bench",
    }


def elapsed_s(film: str, decode: Callable[..., Any]) -> float:
    """CPU time of this process for one film."""
    examine.decode_strictly = decode
    start_s = time.process_time()
    try:
        facts, _ = examine.examine(film)
    finally:
        examine.decode_strictly = decode_strictly
    assert facts["reason"] is None, film
    return time.process_time() - start_s


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = strict_decoding()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
