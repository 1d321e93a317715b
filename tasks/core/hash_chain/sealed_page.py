"""Write the chain into a page, and read it from one."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.core.errors import ChainError
from tasks.core.hash_chain.links import Link, head_of
from tasks.core.page_data import page_data

# Places of what is known only when the page is complete; they have its length
_PAGE, _HEAD, _SIGNATURE = "p" * 64, "h" * 64, "s" * 128
_SCRIPT = re.compile(rb'<script type="application/json" id="hash-chain">(.*?)</script>', re.DOTALL)

Signer = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Seal:
    """The chain in a page.

    links: from the films to the predictions. page: SHA-256 of the page with placeholders for the
    three values that follow from it. head: of the whole chain. public_key: Ed25519, 64 hexadecimal
    digits; None if the chain is unsigned. signature: of the head's 64 characters; 128 digits.
    """

    links: tuple[Link, ...]
    page: str
    head: str
    public_key: str | None
    signature: str | None


def chain_context(links: Sequence[Link], public_key: str | None) -> dict[str, Any]:
    """What a template needs to show the chain, with placeholders for `seal_page`.

    Args:
        links: Of the page.
        public_key: Key that will sign the page; None for an unsigned chain.

    Returns:
        `chain`, and `chain_data` for the script element.
    """
    seal = _unsealed(links, public_key)
    return {"chain": seal, "chain_data": page_data(asdict(seal))}


def _unsealed(links: Sequence[Link], public_key: str | None) -> Seal:
    signature = None if public_key is None else _SIGNATURE
    return Seal(tuple(links), _PAGE, _HEAD, public_key, signature)


def seal_page(page: str, sign: Signer | None) -> str:
    """Put the hash of the page, the head of the chain and its signature into a page.

    Args:
        page: A page whose template got `chain_context`.
        sign: Signs the head, 64 characters of ASCII; None for an unsigned chain. The same head must
            have the same signature, as Ed25519 gives it.

    Raises:
        ChainError: The page shows no chain.
    """
    whole = page.encode()
    links = read_seal(whole, "the page").links
    digest = hashlib.sha256(whole).hexdigest()
    head = head_of(links, digest)
    signature = "" if sign is None else sign(head.encode()).hex()
    block = _block(whole).decode()
    filled = block.replace(_PAGE, digest).replace(_HEAD, head).replace(_SIGNATURE, signature)
    return page.replace(block, filled, 1)


def read_seal(page: bytes, where: str) -> Seal:
    """Read the chain of a page.

    Args:
        page: Content of the file.
        where: Name of the file, for the message.

    Raises:
        ChainError: There is none, or it has another form.
    """
    try:
        values = json.loads(_block(page))
        links = tuple(Link(**one) for one in values["links"])
        others = (values[name] for name in ("page", "head", "public_key", "signature"))
        digest, head, key, signature = others
        return Seal(links, str(digest), str(head), key, signature)
    except (KeyError, TypeError, ValueError) as error:
        raise ChainError(
            "a page must hold the chain of hashes from the films to itself",
            found=f"no chain, or one of another form ({type(error).__name__}: {error})",
            where=where,
            next_step="take a page of `tasks.page` or `tasks.report`; the chain was damaged, or "
            "the page is of an earlier release",
        ) from error


def page_digest(page: bytes, seal: Seal) -> str:
    """SHA-256 of a page with the placeholders again.

    Args:
        page: Content of the file.
        seal: From `read_seal`.
    """
    block = _block(page)
    blank = asdict(_unsealed(seal.links, seal.public_key))
    for name in ("page", "head", "signature"):
        old, new = (f'"{name}":{json.dumps(one)}' for one in (getattr(seal, name), blank[name]))
        block = block.replace(old.encode(), new.encode(), 1)
    return hashlib.sha256(page.replace(_block(page), block, 1)).hexdigest()


def _block(page: bytes) -> bytes:
    found = _SCRIPT.findall(page)
    if len(found) != 1:
        raise ValueError(f"{len(found)} chains in the page")
    return bytes(found[0])
