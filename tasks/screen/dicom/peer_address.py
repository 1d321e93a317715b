"""Addresses of other DICOM programs, and which hosts are this machine."""

import ipaddress
import re
from dataclasses import dataclass

from tasks.core.errors import ScreeningError

_HOST = r"(?P<host>[^:\s]+|\[[0-9A-Fa-f:]+\])"
_PEER = re.compile(_HOST + r":(?P<port>[0-9]{1,5}):(?P<title>.+)")
# Source: DICOM PS3.5, 6.2 (AE): up to 16 characters, no backslash, no control characters
_TITLE = re.compile(r"[ -\[\]-~]{1,16}")


@dataclass(frozen=True)
class Peer:
    """Another DICOM program: host, port, and its application entity title."""

    host: str
    port: int
    ae_title: str


def is_ae_title(text: str) -> bool:
    """Whether a text can be an application entity title.

    Example:
        >>> is_ae_title("LUNGLINE"), is_ae_title("   "), is_ae_title("seventeen letters")
        (True, False, False)
    """
    return bool(_TITLE.fullmatch(text)) and not text.isspace()


def read_peer(text: str) -> Peer:
    """Read `HOST:PORT:AET`.

    Raises:
        ScreeningError: The text has another form.

    Example:
        >>> read_peer("pacs.local:104:ARCHIVE")
        Peer(host='pacs.local', port=104, ae_title='ARCHIVE')
    """
    match = _PEER.fullmatch(text)
    if not (match and 1 <= int(match["port"]) <= 65535 and is_ae_title(match["title"])):
        raise ScreeningError(
            "an archive is named by HOST:PORT:AET",
            found=text,
            where="--send-to",
            next_step="write for example --send-to 192.168.1.20:104:ARCHIVE",
        )
    return Peer(match["host"].strip("[]"), int(match["port"]), match["title"].strip())


def is_this_machine(host: str) -> bool:
    """Whether only programs of this machine can reach a port on this host.

    Example:
        >>> is_this_machine("127.0.0.1"), is_this_machine("0.0.0.0")
        (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
