"""Reuse images that an earlier run made with the same settings, finished or killed.

DVC keeps `data/images` from run to run (`persist` in dvc.yaml). A run writes to a hidden folder
beside it, whose name contains a hash of the settings. Shards that were completed there remain if
the run is killed. A shard is reused only if its bytes match the hash in its name.
"""

import hashlib
import json
import logging
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.atomic import read_json
from tasks.core.image_store.builder import StoreBuilder
from tasks.core.image_store.store import LAYOUT, Ids, Records, RowNumbers, is_whole_shard, prefixes

RecordsById = dict[bytes, tuple[Records, int]]  # for each image id: a shard and a row in it

logger = logging.getLogger(__name__)


class ReusableImages:
    """Complete shards of earlier runs, found by image id. No shard stays mapped.

    Args:
        folder: Folder of the finished store; its shards are used if it has the same settings.
        working: Folder of a killed run with the same settings; may be absent.
        settings: Settings that images are made with now.
    """

    def __init__(self, folder: Path, working: Path, settings: Mapping[str, Any]) -> None:
        former = _read_index(folder)
        self._former_ids = former.id_bytes
        paths = sorted(working.glob("*-*.npy"))
        if former.settings == settings:
            paths += former.shards
        self._by_prefix: dict[bytes, list[tuple[Path, Ids]]] = defaultdict(list)
        for path in paths:
            if is_whole_shard(path):
                ids = np.load(path, "r", allow_pickle=False)["image_id"].copy()
                self._by_prefix[path.stem.rpartition("-")[0].encode()].append((path, ids))
            elif path.parent == folder:
                logger.warning("%s is damaged: its films are decoded again", path)

    def find(self, id_bytes: Ids) -> RecordsById:
        """Records of those images of one shard that need not be decoded."""
        found: RecordsById = {}
        for path, ids in self._shards(id_bytes):
            rows = np.flatnonzero(np.isin(ids, id_bytes))
            if len(rows):
                records = np.load(path, "r", allow_pickle=False)
                found |= {ids[row]: (records, row) for row in rows.tolist()}
        return found

    def adopt_shards(self, builder: StoreBuilder) -> None:
        """Let the builder adopt the shards that hold exactly the right images."""
        for number, span in enumerate(builder.spans):
            for path, ids in self._shards(builder.id_bytes[span]):
                wanted = builder.id_bytes[span]  # the width of the ids is part of the record size
                if ids.dtype == wanted.dtype and np.array_equal(ids, wanted):
                    builder.adopt(number, path)
                    break

    def n_removed(self, id_bytes: Ids) -> int:
        """Number of images of the finished store that are not among these ids."""
        return int((~np.isin(self._former_ids, id_bytes)).sum())

    def missing(self, id_bytes: Ids) -> RowNumbers:
        """Positions of those images of one shard that must be decoded."""
        known = [ids for _, ids in self._shards(id_bytes)]
        found = np.isin(id_bytes, np.concatenate(known)) if known else np.zeros(len(id_bytes), bool)
        return np.flatnonzero(~found)

    def _shards(self, id_bytes: Ids) -> Sequence[tuple[Path, Ids]]:
        return self._by_prefix.get(prefixes(id_bytes[:1])[0], ())


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Let one run at a time write the store of a folder; another run waits for it.

    The lock is on the parent folder. The system releases it when the process ends, also when it
    is killed. Windows and some network file systems have no such lock: there, no run waits.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(parent, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("another run writes %s: waiting until it ends", folder)
            fcntl.flock(parent, fcntl.LOCK_EX)
        except OSError:
            pass  # the file system has no locks
        yield
    finally:
        with suppress(OSError):  # closing is not enough: forked workers have the same lock open
            fcntl.flock(parent, fcntl.LOCK_UN)
        os.close(parent)


def working_folder(folder: Path, settings: Mapping[str, Any]) -> Path:
    """Folder that a run with these settings writes to.

    Unfinished folders of runs with other settings are removed.
    """
    text = json.dumps([LAYOUT, settings], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    working = folder.with_name(f".{folder.name}.{digest}.unfinished")
    for left_over in folder.parent.glob(f".{folder.name}.*.unfinished"):
        if left_over != working:
            shutil.rmtree(left_over)
    return working


def replace_store(working: Path, folder: Path) -> None:
    """Replace the former store with the finished one.

    If the run is killed between the two renames, the next run finds every shard in `working`.
    """
    former = folder.with_name(f".{folder.name}.former")
    if former.exists():
        shutil.rmtree(former)
    if folder.exists():
        folder.rename(former)
    working.rename(folder)
    if former.exists():
        shutil.rmtree(former)


@dataclass(frozen=True)
class _StoreIndex:
    """Settings, shards and ids of a store. The shards may be damaged or missing."""

    settings: Mapping[str, Any]
    shards: list[Path]
    id_bytes: Ids


def _read_index(folder: Path) -> _StoreIndex:
    """Index of a store; an empty one if it cannot be read."""
    try:
        facts = read_json(folder / "store.json")
        if facts["layout"] != LAYOUT:
            raise ValueError(f"layout {facts['layout']}")
        shards = [folder / entry["name"] for entry in facts["shards"]]
        id_bytes = np.load(folder / "ids.npy", "r", allow_pickle=False)
        return _StoreIndex(facts["settings"], shards, id_bytes)
    except FileNotFoundError:
        pass  # there is no store yet, or a part of it is missing
    except (ValueError, EOFError, KeyError, TypeError) as error:
        logger.warning("the images in %s cannot be reused: %s", folder, error)
    return _StoreIndex({}, [], np.array([], dtype=np.bytes_))
