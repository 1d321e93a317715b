"""The parts of a JPEG file: what the pixels need, what is metadata, and where the picture ends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.core.film.errors import FilmError

# libtiff refuses more scans, too (tif_jpeg.c). The usual scripts have 6 to 14 scans. Each scan
# costs a pass over all blocks, even if it holds no data.
MAX_SCANS = 100
START, END = b"\xff\xd8", b"\xff\xd9"
_MARKER = re.compile(rb"\xff+([\x01-\xfe])", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])", re.DOTALL)  # no restart, no stuffed byte
_WITHOUT_LENGTH = {0x01, 0xD8, *range(0xD0, 0xD8)}
_END, _SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # ITU-T T.81, table B.1
_ARITHMETIC = {0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF}  # 0xCC: its tables
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
# Segments that say how the samples become colours, and their shortest length (jdmarker.c)
_COLOUR = ((0xE0, b"JFIF", 14), (0xEE, b"Adobe", 12))

Segment = tuple[int, bytes]  # marker and bytes, with the marker


@dataclass(frozen=True, eq=False)
class JpegParts:
    """A JPEG file, cut into segments.

    header: segments before the first scan.
    scans: bytes from the first scan to the end of the picture, with an end marker. Bytes after
        the picture are left out.
    scan_headers: the segments that start a scan.
    has_end: whether the file itself has an end marker.
    """

    header: tuple[Segment, ...]
    scans: bytes
    scan_headers: tuple[bytes, ...]
    has_end: bool

    def pixels_only(self) -> bytes:
        """A JPEG file with the same samples and no application segment or comment."""
        kept = (part for marker, part in self.header if not _is_metadata(marker))
        return b"".join((START, *kept, self.scans))

    def without_metadata(self) -> bytes:
        """A JPEG file with the same colours and no other metadata."""
        kept = (part for marker, part in self.header if _is_needed(marker, part))
        return b"".join((START, *kept, self.scans))

    def is_arithmetic(self) -> bool:
        """Whether the samples are coded by arithmetic; such a code may end anywhere."""
        return any(marker in _ARITHMETIC for marker, _ in self.header)

    def is_complete(self) -> bool:
        """Whether the scans hold every bit of every component.

        A file that ends between two scans gives a coarse or colourless picture, and no decoder
        complains.

        Source:
            ITU-T T.81, G.1.2: a progressive file sends bands of coefficients, bit by bit.
        """
        frames = [(marker, part) for marker, part in self.header if marker in _FRAMES]
        if not frames:
            return True
        marker, frame = frames[-1]
        wanted = set(frame[10::3][: frame[9]]) if len(frame) > 9 else set()
        lowest_bit: dict[tuple[int, int], int] = {}
        for components, first, last, bit in map(_scan, self.scan_headers):
            band = range(first, last + 1) if marker in _PROGRESSIVE else range(1)
            sent_bit = bit if marker in _PROGRESSIVE else 0
            lowest_bit |= {(name, number): sent_bit for name in components for number in band}
        band = range(64) if marker in _PROGRESSIVE else range(1)
        return all(lowest_bit.get((name, number)) == 0 for name in wanted for number in band)


def read_jpeg(data: bytes) -> JpegParts | None:
    """Cut a JPEG file into its parts; None if no scan is found.

    Raises:
        FilmError: `bomb` if the file has more than MAX_SCANS scans.
    """
    header: list[Segment] = []
    scan_headers: list[bytes] = []
    start, end, has_end = None, len(data), False
    for marker, begin, stop in _segments(data):
        if marker == _END:
            has_end, end = True, stop
            break
        if marker == _SCAN:
            start = begin if start is None else start
            scan_headers.append(data[begin:stop])
            if len(scan_headers) > MAX_SCANS:
                raise FilmError("bomb", f"a JPEG of more than {MAX_SCANS} scans")
        elif start is None:
            header.append((marker, data[begin:stop]))
    if start is None:
        return None
    scans = data[start:end] if has_end else data[start:] + END
    return JpegParts(tuple(header), scans, tuple(scan_headers), has_end)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, begin and end of each segment; of a scan only its header."""
    position, pattern = 2, _MARKER
    while found := pattern.search(data, position):
        marker = found[1][0]
        begin = stop = found.end()
        if marker not in _WITHOUT_LENGTH and marker != _END:
            stop += max(2, int.from_bytes(data[begin : begin + 2], "big"))
        yield marker, begin - 2, stop
        position, pattern = stop, _AFTER_SCAN if marker == _SCAN else _MARKER


def _scan(part: bytes) -> tuple[bytes, int, int, int]:
    """Components, first and last coefficient, and lowest bit that a scan sends."""
    count = part[4] if len(part) > 4 else 0
    components, tail = part[5 : 5 + 2 * count : 2], part[5 + 2 * count :]
    if len(tail) < 3:
        return b"", 0, 0, 0
    return components, tail[0], min(tail[1], 63), tail[2] & 0x0F


def _is_metadata(marker: int) -> bool:
    return marker in _APPLICATION or marker == _COMMENT


def _is_needed(marker: int, part: bytes) -> bool:
    body = part[4:]
    is_colour = any(
        marker == kind and body.startswith(name) and len(body) >= shortest
        for kind, name, shortest in _COLOUR
    )
    return is_colour or not _is_metadata(marker)
