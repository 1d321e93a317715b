"""Links of a chain, and its head."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.core import paths
from tasks.core.errors import ChainError

_NO_CONTENT = {".gitignore", "__pycache__"}  # DVC writes the one, Python the other


@dataclass(frozen=True)
class Link:
    """An artifact. sha256: see `artifact_sha256`."""

    name: str
    path: str
    sha256: str | None


def links_of_model(model: str) -> tuple[Link, ...]:
    """Links from the films to the answers of one network, below the current folder.

    Args:
        model: One of `models` in params.yaml.
    """
    places = {
        "manifest": paths.MANIFEST,
        "samples": paths.SAMPLES,
        "images": paths.IMAGES,
        f"model {model}": paths.model_dir(model),
        f"contract {model}": paths.decision_dir(model),
        f"predictions {model}": paths.predictions(model),
    }
    return tuple(Link(name, at.as_posix(), artifact_sha256(at)) for name, at in places.items())


def joined_links(of_models: Sequence[Sequence[Link]]) -> tuple[Link, ...]:
    """Links of several networks as one chain; what they share stands once.

    Args:
        of_models: From `links_of_model`, one sequence for each network.

    Raises:
        ChainError: Two networks name one artifact with different hashes.
    """
    joined: dict[str, Link] = {}
    for link in (link for links in of_models for link in links):
        if joined.setdefault(link.name, link) != link:
            raise ChainError(
                "the pages of all networks must be made from the same films",
                found=f"two hashes of {link.path}: {joined[link.name].sha256}, {link.sha256}",
                where=str(paths.SUMMARIES),
                next_step="run `dvc repro`, which makes the older page again",
            )
    return tuple(joined.values())


def artifact_sha256(place: Path) -> str | None:
    """SHA-256 of a file; of a folder, that of its list of files; None if there is neither.

    Args:
        place: A file or a folder. The list has a line `<SHA-256>  <path>` for each file, sorted by
            path, as `sha256sum` prints it.
    """
    if place.is_dir():
        lines = (f"{_digest(file)}  {name}\n" for name, file in sorted(_files(place)))
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    return _digest(place) if place.is_file() else None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in folder.rglob("*"):
        if file.is_file() and not _NO_CONTENT.intersection(file.relative_to(folder).parts):
            yield file.relative_to(folder).as_posix(), file


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def head_of(links: Sequence[Link], page_sha256: str) -> str:
    """SHA-256 over the chain: each link is hashed with the hash of all links before it.

    Args:
        links: In their order.
        page_sha256: The last link.

    Source: Haber and Stornetta, "How to time-stamp a digital document", J. Cryptology 3 (1991).
    """
    head = ""
    for link in (*links, Link("page", "", page_sha256)):
        text = f"{head}\n{link.name}\n{link.path}\n{link.sha256}"
        head = hashlib.sha256(text.encode()).hexdigest()
    return head
