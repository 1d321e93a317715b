"""Which processes hold a stage that DVC calls busy, and whether they really are DVC.

DVC notes process numbers in `.dvc/tmp/rwlock`. After a restart of a container, another program may
have the number of a DVC that was killed; DVC would then wait for it for ever.
"""

import json
import re
from pathlib import Path

# Source: DVC 3.67, `dvc/rwlock.py`, `_infos_to_str`
HOLDER = re.compile(r"^  \(PID (?P<pid>\d+)\): (?P<command>.*)$")
RWLOCK = Path(".dvc", "tmp", "rwlock")


def mend_rwlock(root: Path) -> bool:
    """Remove DVC's file of holders if it is cut off; return whether it was.

    A DVC that is killed while it writes the file leaves it so, and every later `dvc repro` fails
    (DVC #6097). Nobody holds the lock of the file then, so this function takes it first.

    Args:
        root: Folder that holds `.dvc`.
    """
    path = root / RWLOCK
    if _is_whole(path):
        return False
    from dvc.lock import make_lock
    from dvc.rwlock import RWLOCK_LOCK

    guard = make_lock(str(path.with_name(RWLOCK_LOCK)), tmp_dir=str(path.parent), wait=True)
    with guard:
        cut_off = not _is_whole(path)  # another process may just have been writing it
        if cut_off:
            path.unlink()
    return cut_off


def _is_whole(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except OSError:  # none yet, or one that DVC cannot read either, and says so
        return True
    except ValueError:
        return False
    return True


def read_holders(lines: list[str]) -> dict[int, str]:
    """Return the numbers of the processes that DVC waits for, with the command of each now."""
    found = (HOLDER.match(line) for line in lines)
    return {int(match["pid"]): _command(int(match["pid"])) for match in found if match}


def strangers(holders: dict[int, str]) -> dict[int, str]:
    """Return the holders that are no DVC, although a DVC had their number once."""
    return {pid: command for pid, command in holders.items() if command and "dvc" not in command}


def describe_strangers(found: dict[int, str]) -> str:
    """Say what the processes are, and what to do."""
    named = ", ".join(f"process {pid} is `{command}`" for pid, command in found.items())
    return (
        f"DVC waits for a process that is no DVC: {named}. A killed DVC had its number."
        f" If no DVC runs here, remove {RWLOCK.as_posix()} and run it again"
    )


def _command(pid: int) -> str:
    """Command line of a process; empty if it has ended or belongs to another user."""
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return text[:120]
