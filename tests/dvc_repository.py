"""A DVC repository of a test, in which commands run with a home and caches of their own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.films import ROOT


class DvcRepository:
    """Run commands in a folder, apart from this machine.

    Args:
        root: Folder of the repository.
        home: Home of the commands.
        site: Folder for DVC's own files.
    """

    def __init__(self, root: Path, home: Path, site: Path) -> None:
        self.root = root
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(home),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(site),
        }

    def run(self, *command: str) -> str:
        """Standard output of a command that must succeed."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
