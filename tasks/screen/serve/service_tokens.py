"""Bearer tokens of the service. Each has a name, so that the audit log says who did what.

A token stands in a file or an environment variable, never in params.yaml, which is in git.
"""

import hashlib
import hmac
import ipaddress
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from tasks.core.errors import ScreeningError

TOKENS_VARIABLE = "LUNGLINE_TOKENS"
UNNAMED_CALLER = "anyone on this machine"  # who asks a service without tokens, on loopback
_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
# 24 characters of base64 are 144 random bits; the form is b64token. Source: RFC 6750, 2.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{24,200}=*")
_SCHEME = "bearer "
_MAKE = "make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"


class ServiceTokens:
    """Named tokens; only their hashes are kept.

    Args:
        tokens: Token by name. None at all: nobody is asked for one.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._hashes = {name: _hash(token) for name, token in tokens.items()}

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def who(self, header: str) -> str | None:
        """Name of the token in a header `Authorization`, or None if there is no such token.

        All tokens are compared, each in constant time, so that no answer comes sooner.
        """
        if not self._hashes:
            return UNNAMED_CALLER
        given = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
        shown = _hash(given)
        found = [name for name, known in self._hashes.items() if hmac.compare_digest(known, shown)]
        return found[0] if found else None


def read_tokens(file: Path | None, variable: str) -> ServiceTokens:
    """Tokens from a file, or else from the value of TOKENS_VARIABLE.

    Args:
        file: Text with a name and a token on each line; only its owner may read it.
        variable: `name:token`, several with commas between; may be empty.

    Raises:
        ScreeningError: The file is open to others, a line has another form, or a token is short.
        OSError: The file cannot be read.
    """
    if file is None:
        pairs = [part.partition(":")[::2] for part in variable.split(",") if part.strip()]
        return ServiceTokens(_checked(pairs, f"environment variable {TOKENS_VARIABLE}"))
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ScreeningError(
            "only its owner may read the file of tokens",
            found=f"rights {stat.S_IMODE(file.stat().st_mode):o}",
            where=str(file),
            next_step=f"run `chmod 600 {file}`, and make new tokens: others may know these",
        )
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    words = [line.split(maxsplit=1) for line in lines if line.strip()]
    words = [pair for pair in words if not pair[0].startswith("#")]
    return ServiceTokens(_checked([(pair[0], "".join(pair[1:])) for pair in words], str(file)))


def _checked(pairs: Iterable[tuple[str, ...]], where: str) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for number, (name, token) in enumerate(((a.strip(), b.strip()) for a, b in pairs), start=1):
        if not _NAME.fullmatch(name) or name in tokens:
            raise _broken("each token has a name of its own: letters, digits, . _ -", number, where)
        if not _TOKEN.fullmatch(token):
            raise _broken("a token has 24 or more letters, digits or . _ ~ + / -", number, where)
        tokens[name] = token
    return tokens


def _broken(rule: str, number: int, where: str) -> ScreeningError:
    """The message shows neither the name nor the token: either may be the secret."""
    found = f"token {number} has another form, or its name stands twice"
    return ScreeningError(rule, found=found, where=where, next_step=_MAKE)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def is_loopback(host: str) -> bool:
    """Whether an address belongs to this machine alone.

    Example:
        >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
        (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(host: str, tokens: ServiceTokens) -> None:
    """Check that a service that others can reach asks them for a token.

    Raises:
        ScreeningError: It would not.
    """
    if tokens or is_loopback(host):
        return
    raise ScreeningError(
        "a service that other machines can reach asks for a token",
        found=f"neither --tokens nor {TOKENS_VARIABLE}",
        where=f"--host {host}",
        next_step=f"{_MAKE}, and give it in a file; or listen on 127.0.0.1",
    )
