"""Put what cannot be scored aside: copies, with a table of reasons. The inbox is never changed."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tasks.core import paths
from tasks.core.atomic import atomic_path, write_text
from tasks.core.network.next_steps import clinic_step
from tasks.core.network.prepared_film import sha256_of
from tasks.core.source.folder import FolderSource
from tasks.core.verdicts import guarded
from tasks.monitor.inbox_films import InboxFilm

_COLUMNS = ("path", "sha256", "reason", "detail", "next_step", "copy")
_LONGEST_SUFFIX = 12  # ".jpeg" has 5 characters; a longer one is no suffix


@dataclass(frozen=True)
class SetAside:
    """One file that cannot be scored: why, what to do, and the name of its copy, if there is one.

    A file whose bytes cannot be read, or that has changed since, has no copy.
    """

    path: str
    sha256: str | None
    reason: str
    detail: str | None
    next_step: str | None
    copy: str | None


def set_aside(inbox: Path, films: Sequence[InboxFilm], fingerprint: str) -> list[SetAside]:
    """Copy the rejected films of an inbox, and write the table of reasons.

    A copy has the hash of its bytes as its name, so no file replaces another one.

    Args:
        inbox: Folder of the films.
        films: All of them; files of the operating system are left where they are.
        fingerprint: Of the inbox.
    """
    source, folder = FolderSource(inbox), paths.quarantine_dir(fingerprint)
    rows = [
        SetAside(
            path=film.path,
            sha256=film.sha256,
            reason=film.reason or "",
            detail=film.detail,
            next_step=clinic_step(film.reason or "", film.detail),
            copy=_copy(source, film, folder),
        )
        for film in films
        if film.square is None and not film.is_junk
    ]
    write_text(paths.quarantine_csv(fingerprint), _table(rows))
    return rows


def _copy(source: FolderSource, film: InboxFilm, folder: Path) -> str | None:
    if film.sha256 is None:
        return None
    suffix = PurePosixPath(film.path).suffix.lower()
    name = film.sha256 + (suffix if len(suffix) <= _LONGEST_SUFFIX and suffix.isascii() else "")
    target = folder / name
    if target.exists():
        return name
    try:
        data = source.read(film.path)
    except OSError:  # it was there a moment ago: the table still names it
        return None
    if sha256_of(data) != film.sha256:
        return None
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)
    return name


def _table(rows: Sequence[SetAside]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([guarded(getattr(row, name) or "") for name in _COLUMNS] for row in rows)
    return file.getvalue()
