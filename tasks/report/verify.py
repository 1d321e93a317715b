"""Compare a page, for example from a mail, with the artifacts of a repository.

The page holds a chain of hashes: manifest, samples, images, and for each network model, contract
and predictions, then the page itself. Each link is computed again; the first that differs is where
the chain broke.

Reads       the page; the artifacts below the current folder; params.yaml
Params      report.public_key, the key that must have signed the page; null: an unsigned page passes
Fails when  a link differs or is missing, the page was changed, or the signature is not that of the
            key
Run         python -m tasks.report.verify PAGE
"""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:  # imported where they are used, so that `--help` answers at once
    from tasks.core.errors import ChainError
    from tasks.core.hash_chain.links import Link
    from tasks.core.hash_chain.sealed_page import Seal

logger = logging.getLogger(__name__)


def main(arguments: argparse.Namespace) -> None:
    """Check each link, then the page, then the signature; print one line for each."""
    from tasks.core.hash_chain.sealed_page import read_seal
    from tasks.core.params import load_params

    content = arguments.page.read_bytes()
    seal = read_seal(content, str(arguments.page))
    broken = [fault for fault in map(_fault_of_link, seal.links) if fault]
    if fault := _fault_of_page(content, seal):
        broken.append(fault)
    broken += _fault_of_signature(seal, load_params(paths.PARAMS).report.public_key)
    if broken:
        raise _broken_chain(broken, arguments.page)
    signed = f"signed by {seal.public_key}" if seal.signature else "not signed by anybody"
    logger.info("%s belongs to this repository; its chain is %s", arguments.page, signed)


def _fault_of_link(link: "Link") -> str:
    """What differs; empty if nothing does."""
    from tasks.core.hash_chain.links import artifact_sha256

    found = artifact_sha256(Path(link.path))
    fault = ""
    if found is None and link.sha256 is not None:
        fault = f"{link.name}: {link.path} is not here; `dvc pull` gets it"
    elif found != link.sha256:
        fault = f"{link.name}: {link.path} has {found}, the page names {link.sha256}"
    logger.info("%-7s %s", "differs" if fault else "equal", link.name)
    return fault


def _fault_of_page(content: bytes, seal: "Seal") -> str:
    from tasks.core.hash_chain.links import head_of
    from tasks.core.hash_chain.sealed_page import page_digest

    found = page_digest(content, seal)
    is_whole = found == seal.page and head_of(seal.links, found) == seal.head
    logger.info("%-7s %s", "equal" if is_whole else "differs", "page")
    if is_whole:
        return ""
    marked = " (a stage has marked it as out of date)" if b'class="stale"' in content else ""
    return f"page: it was changed after it had been written{marked}"


def _fault_of_signature(seal: "Seal", trusted: str | None) -> list[str]:
    """Who must have signed is what params.yaml says, not what the page says."""
    from tasks.core.hash_chain.signing_key import is_signed_by

    key = trusted or seal.public_key
    if key is None and seal.signature is None:
        return []
    if seal.signature is None:
        return [f"signature: there is none, and report.public_key is {trusted}"]
    if key is None or not is_signed_by(key, seal.head, seal.signature):
        return [f"signature: it is not that of the key {key}"]
    if trusted is None:
        logger.warning("report.public_key is null: nobody here knows the key %s", key)
    return []


def _broken_chain(broken: list[str], page: Path) -> "ChainError":
    from tasks.core.errors import CONTINUED, ChainError

    return ChainError(
        f"the chain from the films to the page must hold; it broke at {broken[0].split(':')[0]}",
        found=CONTINUED.join(broken),
        where=str(page),
        next_step="check out the commit that the page names and `dvc pull`; if the chain still "
        "breaks, do not trust the page",
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", type=Path, help="an HTML file of `page` or `report`")


if __name__ == "__main__":
    stage.run_program("report.verify", __doc__, main, _add_arguments)
