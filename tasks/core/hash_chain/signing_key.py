"""Sign and verify with Ed25519 keys that the user makes.

`openssl genpkey -algorithm ed25519 -out signing.pem` makes a private key. `report.public_key` in
params.yaml states the public one, so that equal parameters give equal pages; the environment
variable LUNGLINE_SIGNING_KEY names the file of the private one, which belongs into no repository.

Source: RFC 8032: a signature depends on key and message only.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.errors import ChainError
from tasks.core.hash_chain.sealed_page import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNING_KEY = "LUNGLINE_SIGNING_KEY"  # environment variable: path of a PEM file


def signer_of(public_key: str | None) -> Signer | None:
    """Function that signs with the private key of a public one; None without one.

    Args:
        public_key: `report.public_key`, 64 hexadecimal digits, or None.

    Raises:
        ChainError: There is no private key, or it is that of another public key.
    """
    if public_key is None:
        return None
    path = os.environ.get(SIGNING_KEY)
    if not path:
        raise ChainError(
            "a page that is signed needs the private key",
            found=f"{SIGNING_KEY} is not set",
            where="the environment, and report.public_key in params.yaml",
            next_step=f"set {SIGNING_KEY} to the PEM file of the key; or set report.public_key to "
            "null: then the chain is unsigned, and the page says so",
        )
    private = _read_private(path)
    own = private.public_key().public_bytes_raw().hex()
    if own != public_key:
        raise ChainError(
            "the private key must be that of report.public_key",
            found=f"a key whose public part is {own}",
            where=path,
            next_step="write that public part into params.yaml, or name the other key",
        )
    return private.sign


def _read_private(path: str) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, " ".join(str(error).split())) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, type(key).__name__)
    return key


def _no_key(path: str, found: str) -> ChainError:
    return ChainError(
        f"{SIGNING_KEY} must name a PEM file with an Ed25519 key and no password",
        found=found,
        where=path,
        next_step="`openssl genpkey -algorithm ed25519 -out signing.pem` makes one",
    )


def is_signed_by(public_key: str, head: str, signature: str) -> bool:
    """Whether a signature of the head of a chain is that of a key.

    Args:
        public_key: 64 hexadecimal digits.
        head: 64 characters.
        signature: 128 hexadecimal digits.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), head.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
