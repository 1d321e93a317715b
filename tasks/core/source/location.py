"""What `ingest.source` may be: one location, for DVC and for us, without secrets.

DVC takes the setting letter by letter: it expands no `~`, `$HOME` or `*`, and knows few protocols.
"""

import difflib
import glob
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

from tasks.core import paths
from tasks.core.errors import SourceError

# Protocols that DVC and fsspec call by the same name. Source: dvc_objects.fs.known_implementations
# and fsspec.available_protocols()
PROTOCOLS = ("s3", "gs", "http", "https", "ssh", "hdfs", "webhdfs", "oss")
OTHER_NAMES = {"s3a": "s3", "gcs": "gs", "sftp": "ssh"}
LOCAL_PROTOCOLS = ("file", "local")
# Words in the name of a part of a query that make it a key
_SECRET = re.compile(
    r"[?&;]([^=&;]*(?:sig|token|key|secret|credential|passw|pwd|auth|expires)[^=&;]*)=", re.I
)
_USER = re.compile(r"//(?:[^/\s]*|[^/@:\s]*:(?!\d+/)\S*)@")  # a password may hold a slash
_QUERY = re.compile(r"(?<=[?&;])([^=&;\s]+)=[^&;#\s'\"]+")
_DRIVE = re.compile(r"([A-Za-z]):[\\/]")
_QUOTES = "'\"\u2018\u2019\u201c\u201d "


def shown_location(location: str) -> str:
    """A location for messages and logs: user, password and values of the query are hidden.

    Args:
        location: `ingest.source`, or any text that holds URLs.

    Example:
        >>> shown_location("https://me:pw@clinic.org/films.zip?X-Amz-Signature=1f&v=2")
        'https://***@clinic.org/films.zip?X-Amz-Signature=***&v=***'
    """
    if "://" not in location:
        return location
    return _QUERY.sub(r"\1=***", _USER.sub("//***@", location))


def check_location(location: str) -> None:
    """Refuse what DVC would understand in another way than we do, and secrets.

    Args:
        location: `ingest.source`.

    Raises:
        SourceError: It is a path that does not exist as it stands, a folder that holds our own
            outputs, a URL with a protocol that DVC does not know, or one with a password or a
            signature; the next step states the setting that was meant, if it can be found.
    """
    if "://" in location:
        _check_url(location)
    elif not location.strip():
        _refuse("ingest.source must be a path or a URL", "an empty text", "params.yaml", "name it")
    elif not os.path.lexists(_without_nul(location)):
        _refuse_missing(location)
    else:
        _check_apart(Path(location))


def _check_url(location: str) -> None:
    rule = "ingest.source must be a path or a URL that both DVC and fsspec can read"
    protocol, _, rest = location.partition("://")
    shown, known = shown_location(location), ", ".join(f"{name}://" for name in PROTOCOLS)
    if "::" in location:  # fsspec would unpack the zip of `zip::s3://` without a limit
        _refuse(rule, "a chain of protocols", shown, f"name the zip itself; known are {known}")
    if protocol in LOCAL_PROTOCOLS:
        path = rest.removeprefix("localhost") if rest.startswith("localhost/") else rest
        path = path if Path(path).exists() else unquote(path)
        step = f"write the path: `ingest.source: {path}`"
        _refuse(rule, f"{protocol}://, which DVC does not know", shown, step)
    if protocol not in PROTOCOLS:
        other = OTHER_NAMES.get(protocol)
        step = f"write {other}:// instead" if other else f"use one of {known}, or a local copy"
        found = f"{protocol}://, which not both know" if protocol else "no protocol before ://"
        _refuse(rule, found, shown, step)
    _check_secrets(location, protocol)


def _check_secrets(location: str, protocol: str) -> None:
    user = rest[: -len("@")] if (rest := _user(location)) else ""
    secret = _SECRET.search(location)
    if secret or ":" in user or (user and protocol not in ("ssh", "hdfs", "webhdfs")):
        _refuse(
            "ingest.source must hold no password, token or signature: params.yaml and dvc.lock are "
            "in git",
            f"{secret[1]}= in the query" if secret else "a user or password before @",
            shown_location(location),
            "take it out (and change it, if it was committed); set it in the environment, such as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in .dvc/config.local; a zip behind a "
            "log-in must be downloaded first",
        )


def _user(location: str) -> str:
    found = _USER.search(location)
    return found[0].removeprefix("//") if found else ""


def _check_apart(path: Path) -> None:
    """A source must hold none of our outputs, or each run would read the last one's."""
    source = Path(os.path.realpath(path))
    outputs = (paths.MANIFEST, paths.THUMBNAILS, paths.IMAGES, paths.EXTERNAL, paths.INDEX.parent)
    for output in outputs:
        place = Path(os.path.realpath(output))
        if place.is_relative_to(source) or source.is_relative_to(place):
            _refuse(
                "ingest.source must be apart from what Lungline writes, or a run would read the "
                "pictures of the run before it",
                f"{output.as_posix()} belongs to the outputs",
                str(path),
                "put the films in a folder of their own, such as data/raw/, and name that folder",
            )


def _refuse_missing(location: str) -> NoReturn:
    meant = next((path for path in _readings(location) if _exists(path)), None)
    n_found, first = _matches(location)
    found = _reason(location)
    if meant:
        found += " of exactly this name"
        step = f"write `ingest.source: {meant}`: DVC and Lungline take the setting letter by letter"
    elif n_found:
        found = f"a pattern that fits {n_found} files or folders"
        step = f"name one of them, such as `ingest.source: {first}`"
    elif location.lstrip(_QUOTES).startswith(("~", "$")):
        step = f"write the whole path; {_expanded(location)} does not exist either"
    else:
        step = (
            "set `ingest.source` in params.yaml to your folder or zip, or type `make phantom` for "
            "the synthetic set"
        )
    where = f"{location} (in {Path.cwd() / Path(_without_nul(location)).parent})"
    _refuse("ingest.source must exist", found, where[:1000], step)


def _reason(location: str) -> str:
    try:
        os.lstat(_without_nul(location))
    except PermissionError as error:
        return f"{error.strerror} for a folder above it"
    except OSError:
        pass
    return "no such file or folder"


def _readings(location: str) -> Iterator[str]:
    """What may have been meant by a path that does not exist, the likeliest first."""
    bare = location.strip().strip(_QUOTES)
    yield bare
    yield _expanded(location)
    yield _expanded(location).replace("\\", "/")
    if drive := _DRIVE.match(bare):  # Windows seen from its Linux (WSL)
        yield f"/mnt/{drive[1].lower()}/" + bare[drive.end() :].replace("\\", "/")
    above, name = os.path.split(_expanded(location).replace("\\", "/").rstrip("/"))
    try:
        names = sorted(entry.name for entry in Path(above or ".").iterdir())
    except (OSError, ValueError):
        return
    folded = {_folded(other): other for other in names}
    close = [_folded(name), *difflib.get_close_matches(_folded(name), folded, n=1, cutoff=0.8)]
    yield from (str(Path(above, folded[key])) for key in close if key in folded)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _expanded(location: str) -> str:
    bare = location.strip().strip(_QUOTES)
    return os.path.expandvars(os.path.expanduser(bare))  # noqa: PTH111 - Path's may raise


def _matches(location: str) -> tuple[int, str]:
    """How many files fit the location as a pattern, and the first of them."""
    if not glob.has_magic(location) or "\0" in location:
        return 0, ""
    found = sorted(glob.glob(_expanded(location)))  # noqa: PTH207 - Path's takes no whole path
    return len(found), found[0] if found else ""


def _exists(path: str) -> bool:
    return bool(path) and os.path.lexists(_without_nul(path))


def _without_nul(location: str) -> str:
    return location.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _refuse(rule: str, found: str, where: str, next_step: str) -> NoReturn:
    raise SourceError(rule, found=found, where=where, next_step=next_step)
