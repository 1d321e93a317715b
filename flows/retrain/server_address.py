"""Whether a Prefect server is configured; Prefect, which takes two seconds to import, need not be.

Source: Prefect 3.8, `prefect/settings/sources.py`, places of its settings.
"""

import os
import re
import sys
from pathlib import Path

# A file in which one of these stands may set PREFECT_API_URL; only Prefect can tell
NAMED_IN = {
    ".env": re.compile("PREFECT_"),
    "prefect.toml": re.compile(""),
    "pyproject.toml": re.compile(r"\[tool\.prefect"),
}


def server_is_configured() -> bool:
    """Whether PREFECT_API_URL has a value, in the environment, a profile or a file of Prefect."""
    if os.environ.get("PREFECT_API_URL"):
        return True
    if "prefect" not in sys.modules and not may_be_set():
        return False
    from prefect.settings import get_current_settings

    return get_current_settings().api.url is not None


def may_be_set() -> bool:
    """Whether a file of Prefect is there that may name a server."""
    places = {Path(name): pattern for name, pattern in NAMED_IN.items()}
    home = os.environ.get("PREFECT_HOME", "~/.prefect")
    profiles = os.environ.get("PREFECT_PROFILES_PATH", f"{home}/profiles.toml")
    places[Path(profiles).expanduser()] = re.compile("PREFECT_API_URL")
    return any(
        path.is_file() and pattern.search(path.read_text(encoding="utf-8", errors="replace"))
        for path, pattern in places.items()
    )
