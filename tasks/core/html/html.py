"""What every HTML page of the project shares: templates, the stylesheet, pictures, numbers.

A page is one file. Its stylesheet and pictures stand inside it, it runs no script, and its
content security policy forbids the browser to ask for anything else.
"""

import base64
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from tasks.core.errors import LunglineError

SHARED_TEMPLATES = Path(__file__).parent / "templates"
MISSING = "\N{EN DASH}"
MOST_DIGITS = 4

Estimate = Mapping[str, float | None]  # value, low, high of a metric; low to high: 95 % interval


class PictureError(LunglineError):
    """A picture of a page is no PNG file."""


@dataclass(frozen=True)
class Picture:
    """A picture that stands inside the page.

    uri: `data:` address that holds the file's bytes.
    width_px, height_px: size in its own pixels.
    """

    uri: str
    width_px: int
    height_px: int


def render(template_folder: Path, name: str, context: Mapping[str, Any]) -> str:
    """Fill a template of a room; it may extend and import the shared ones.

    Args:
        template_folder: The room's `templates` folder.
        name: File name of the template in it.
        context: Values by the name that the template uses. Text is escaped.

    Returns:
        The page. It depends on the arguments only.

    Raises:
        jinja2.UndefinedError: The template uses a name that the context lacks.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template_folder, SHARED_TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number,
        "interval": interval,
        "percent": percent,
        "thousands": thousands,
        "plural": plural,
    }
    return _keep_together(environment.get_template(name).render(context))


def inline_png(path: Path) -> Picture:
    """Read a PNG file into a `data:` address.

    Raises:
        PictureError: The file is no PNG.

    Source:
        Signature and place of the size: PNG specification (W3C, third edition), 5.2 and 11.2.1.
    """
    content = path.read_bytes()
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        raise PictureError(
            "a picture of a page must be a PNG file",
            found=f"{len(content)} bytes of something else",
            where=str(path),
            next_step="run the stage that draws it again: `dvc repro --force explain`",
        )
    width_px, height_px = struct.unpack(">II", content[16:24])
    return Picture(data_uri("image/png", content), width_px, height_px)


def data_uri(media_type: str, content: bytes) -> str:
    """Address that holds a file's bytes (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def number(value: float | None, digits: int = 2) -> str:
    """A share or score as text; null becomes a dash.

    What is not 0 or 1 is not rounded to it: more digits are shown instead, up to four.
    """
    if value is None:
        return MISSING
    text = f"{value:.{digits}f}"
    while float(text) in (0.0, 1.0) and value not in (0.0, 1.0) and digits < MOST_DIGITS:
        digits += 1
        text = f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def interval(estimate: Estimate, digits: int = 2) -> str:
    """The 95 % interval of an estimate as text; empty when one of its ends is undefined."""
    low, high = estimate.get("low"), estimate.get("high")
    if low is None or high is None:
        return ""
    return f"{number(low, digits)}\N{EN DASH}{number(high, digits)}"


def percent(share: float | None) -> str:
    """A share in [0, 1] as a percentage without decimals; null becomes a dash."""
    if share is None:
        return MISSING
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{100 * share:.0f} %"


def thousands(count: int) -> str:
    """A count with a thin space between thousands from 10 000 on (SI brochure, 5.4.4)."""
    text = f"{count:,}" if count >= 10_000 else str(count)
    return text.replace(",", "\N{NARROW NO-BREAK SPACE}")


def plural(count: int, noun: str) -> str:
    """A count with its noun, which gets an `s` unless the count is 1."""
    return f"{thousands(count)} {noun}{'' if count == 1 else 's'}"


def _keep_together(page: str) -> str:
    """Forbid a line break inside `95 %` and inside an interval."""
    page = re.sub(r"(\d) %", r"\1&nbsp;%", page)
    return re.sub(r"(\d\u2013)(\d)", r"\1&NoBreak;\2", page)
