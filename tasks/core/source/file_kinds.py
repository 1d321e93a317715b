"""What a file is that should be a zip: known by its first bytes, with what to do for each kind."""

import re
import zipfile
import zlib
from typing import NamedTuple, NoReturn

from tasks.core.errors import SourceError

HEAD_BYTES = 64 * 2**10  # enough for the first block of a packed tar; bzip2's blocks are not read

# What to do; {name} is the file
_TAR = "unpack it (`mkdir films; tar -xf {name} -C films`) and write `ingest.source: films`"
_SINGLE = "unpack it ({tool}); if that gives a tar or a zip, unpack or name that"
_SEVEN = "unpack it (`7z x {name} -ofilms`) and write `ingest.source: films`"
_FILM = "name the folder that holds the class folders, not one film in it"
_AGAIN = "download it again in a browser in which you are logged in, or with the site's own program"
_DOWNLOAD = "let the download end, or start it again; then name the finished file"


class SplitZipError(zipfile.BadZipFile):
    """The directory of a zip says that the zip is one part of several."""


class FileKind(NamedTuple):
    """A kind of file that is no zip.

    Attributes:
        found: Its name, for an error message.
        step: What to do; `{name}` is the path.
        magic: Bytes that such a file has.
        offset: Where it has them.
    """

    found: str
    step: str
    magic: bytes
    offset: int = 0


# Source: file(1), magic/Magdir of version 5.45; 7-Zip's 7zFormat.txt; RARLAB's technote
KINDS = (
    FileKind("a tar archive", _TAR, b"ustar", 257),
    FileKind("a bzip2 file", _SINGLE.format(tool="`bunzip2 -k {name}` or `tar -xf`"), b"BZh"),
    FileKind("an xz file", _SINGLE.format(tool="`unxz -k {name}` or `tar -xf`"), b"\xfd7zXZ\0"),
    FileKind("a Zstandard file", _SINGLE.format(tool="`unzstd {name}`"), b"\x28\xb5\x2f\xfd"),
    FileKind("an LZ4 file", _SINGLE.format(tool="`unlz4 {name}`"), b"\x04\x22\x4d\x18"),
    FileKind("a file of compress (.Z)", _SINGLE.format(tool="`uncompress {name}`"), b"\x1f\x9d"),
    FileKind("a 7-Zip archive", _SEVEN, b"7z\xbc\xaf\x27\x1c"),
    FileKind("a RAR archive (version 5)", _SEVEN, b"Rar!\x1a\x07\x01\x00"),
    FileKind("a RAR archive (version 4)", _SEVEN, b"Rar!\x1a\x07\x00"),
    FileKind("a cabinet archive", _SEVEN, b"MSCF\0\0\0\0"),
    FileKind("an ISO disk image", _SEVEN, b"CD001", 32769),
    FileKind("a Windows program", _SEVEN, b"MZ"),
    FileKind(
        "the pointer of Git LFS, not the file",
        "fetch the file itself: `git lfs pull` in the folder of that repository",
        b"version https://git-lfs",
    ),
    FileKind("a JPEG picture", _FILM, b"\xff\xd8\xff"),
    FileKind("a PNG picture", _FILM, b"\x89PNG\r\n"),
    FileKind("a TIFF picture", _FILM, b"II*\0"),
    FileKind("a TIFF picture", _FILM, b"MM\0*"),
    FileKind("a JPEG 2000 picture", _FILM, b"\0\0\0\x0cjP  "),
    FileKind("a GIF picture", _FILM, b"GIF8"),
    FileKind("a WebP picture", _FILM, b"WEBP", 8),
    FileKind("a BMP picture", _FILM, b"BM"),
    FileKind("a DICOM film", _FILM, b"DICM", 128),
    FileKind("a PDF document", "take the films out of it, or ask its author for them", b"%PDF-"),
    FileKind("an HDF5 file", "write its pictures as files into class folders", b"\x89HDF\r\n"),
    FileKind("a NumPy file", "write its pictures as files into class folders", b"\x93NUMPY"),
    FileKind("a Parquet table", "put its films into class folders, or beside an index", b"PAR1"),
)
_PART_NAME = re.compile(r"\.(z\d\d|\d{3}|part0*[1-9]\d*\.rar|r\d\d)$", re.I)
_UNFINISHED_NAME = re.compile(
    r"\.(crdownload|part|partial|download|opdownload|aria2|tmp|!qb)$", re.I
)
_ARCHIVE_NAME = re.compile(r"\.(zip|rar|7z|tar|tgz|tbz2?|txz|gz|bz2|xz|zst|z\d\d|\d{3})$", re.I)
# They lie beside an archive without being content
_NOTE_NAME = re.compile(
    r"(^|/)(\.[^/]*|thumbs\.db|desktop\.ini|__macosx/.*|[^/]*\.(txt|md|pdf|html?|url|nfo|sha256|md5))$",
    re.I,
)


def is_note(path: str) -> bool:
    """Whether a file is a note or junk by its name: no film, and no table of films.

    Example:
        >>> [is_note(path) for path in ("README.md", "__MACOSX/a.png", "index.csv", "a/IM0001")]
        [True, True, False, False]
    """
    return _NOTE_NAME.search(path) is not None


def refuse_archives_only(paths: list[str], location: str) -> None:
    """Refuse a source whose only content is archives: they are not opened inside a source.

    Args:
        paths: As from `Source.paths`.
        location: The folder or zip, for the message.

    Raises:
        SourceError: There is an archive, and nothing else but notes.
    """
    content = [path for path in paths if not is_note(path)]
    if content and all(_ARCHIVE_NAME.search(path) for path in content):
        raise SourceError(
            "a source must hold films; an archive inside it is not opened",
            found=f"nothing but {len(content)} archives, such as {content[0]}",
            where=location,
            next_step="unpack the outer one, then name the inner one: the folder into which you "
            "unpack it or, if it is a zip, the zip itself",
        )


def refuse_no_zip(head: bytes, n_bytes: int, location: str, error: Exception) -> NoReturn:
    """Refuse a file that is no readable zip, by what it is.

    Args:
        head: First HEAD_BYTES of the file, or fewer.
        n_bytes: Size of the file.
        location: Path or URL, as shown in messages.
        error: What zipfile said.

    Raises:
        SourceError: Always.
    """
    found, step = _kind(head, n_bytes, location, error)
    raise SourceError(
        "ingest.source must be a folder or a whole zip file",
        found=found,
        where=location,
        next_step=step.replace("{name}", location),
    ) from error


def _kind(head: bytes, n_bytes: int, location: str, error: Exception) -> tuple[str, str]:
    known = _of_transfer(head, n_bytes, location) or _of_zip(head, location, error)
    if known:
        return known
    if head.startswith(b"\x1f\x8b"):
        return _of_gzip(head)
    for kind in KINDS:
        if head[kind.offset :].startswith(kind.magic):
            return f"{kind.found}, not a zip", kind.step
    return _of_text(head, error)


def _of_transfer(head: bytes, n_bytes: int, location: str) -> tuple[str, str] | None:
    """A download that has not ended, or failed."""
    if _UNFINISHED_NAME.search(location):
        return "an unfinished download, by its name", _DOWNLOAD
    if not n_bytes:
        return "an empty file, not a zip", _AGAIN
    if not any(head):
        return "not a zip: a file of zeros, as a broken download or a full disk leaves it", _AGAIN
    return None


def _of_zip(head: bytes, location: str, error: Exception) -> tuple[str, str] | None:
    """A part of a zip."""
    divided = isinstance(error, SplitZipError) or head.startswith((b"PK\7\x08", b"PK00"))
    if divided or _PART_NAME.search(location):
        return "one part of a split archive, not a whole zip", (
            "put all parts into one folder and join them: `7z x` on the first part, or `zip -s 0 "
            "films.zip --out whole.zip`; `cat films.zip.0* > films.zip` for .001, .002 ..."
        )
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return f"a zip that is cut off or damaged ({error})", (
            "download or copy it again, and compare its size with the one the site states; "
            "`python -m zipfile -t {name}` tests a zip"
        )
    return None


def _of_gzip(head: bytes) -> tuple[str, str]:
    try:
        inside = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 2**10)
    except zlib.error:
        inside = b""
    if inside[257:262] == b"ustar":
        return "a tar archive packed by gzip (.tar.gz), not a zip", _TAR
    if inside.startswith(b"PK\3\4"):
        return "a zip packed once more by gzip", "unpack it once: `gunzip -k {name}`"
    return "a gzip file, not a zip", _SINGLE.format(tool="`gunzip -k {name}`")


def _of_text(head: bytes, error: Exception) -> tuple[str, str]:
    start = head[: 4 * 2**10].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"\0" in start:  # UTF-16, or no text at all
        start = start.removeprefix(b"\xff\xfe").replace(b"\0", b"")
    if re.match(rb"<(!doctype html|html|head|body|script|!--)", start):
        return "a web page (HTML), not a zip: perhaps the log-in page of the site", _AGAIN
    if start.startswith((b"<?xml", b"<error")):
        code = re.search(rb"<code>(\w{1,40})</code>", start)
        name = f" ({code[1].decode('ascii', 'replace')})" if code else ""
        return f"an XML answer of a server{name}, not a zip: perhaps an error message", _AGAIN
    if start.startswith((b"{", b"[")):
        return "JSON text, not a zip: perhaps the error message of a server", _AGAIN
    if start.startswith((b"outs:", b"md5:")):
        return "a pointer of DVC, not the file", "fetch the file itself with `dvc pull`, name it"
    if head[:1024].isascii() and b"\0" not in head[:1024]:
        return "a text file, not a zip", "name the folder that holds the films, or a zip of it"
    return (
        f"a file of unknown kind that is not a zip, or lacks its beginning or end ({error})",
        "name a folder or a zip; `file {name}` may tell what it is",
    )
