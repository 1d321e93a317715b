"""Data for the script of a page, inside the page."""

import json
from typing import Any

from markupsafe import Markup

# `<` would end the element or begin a comment; `%` would get a no-break space, see
# `core.html.templating`. All other characters that could do harm (U+2028) are not ASCII.
_ESCAPES = {character: f"\\u{ord(character):04x}" for character in "<>&%"}


def page_data(value: Any) -> Markup:
    r"""JSON text for `<script type="application/json">`. Equal values give equal text.

    Args:
        value: JSON value. Undefined numbers are None.

    Raises:
        ValueError: A number is NaN or infinite.

    Example:
        >>> print(page_data({"path": "</script>"}))
        {"path":"\u003c/script\u003e"}

    Source: HTML Living Standard, 4.12.1.3, Restrictions for contents of script elements.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704  # escaped above
