"""Images that an earlier run made in the same way, finished or killed half-way.

`data/images` is kept by DVC from run to run (`persist` in dvc.yaml). A run that is on its way
writes into a hidden folder beside it, named by its settings; each shard sealed there outlives a
kill. Only shards whose bytes still fit the digest in their name are trusted.
"""

import hashlib
import json
import logging
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.atomic import read_json
from tasks.core.image_store.builder import StoreBuilder
from tasks.core.image_store.store import LAYOUT, Ids, Records, RowNumbers, is_whole_shard, prefixes

Places = dict[bytes, tuple[Records, int]]  # where the record of an image is, by id

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Index:
    """What a store says of itself, its shards not yet looked at."""

    settings: Mapping[str, Any]
    shards: list[Path]
    id_bytes: Ids


class KeptImages:
    """Whole shards of earlier runs, by the ids they hold. No shard stays mapped.

    Args:
        folder: Place of the finished store; it is used if made with the same settings.
        working: Folder of a run with the same settings that was killed; may be absent.
        settings: What makes the images now.
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

    def find(self, id_bytes: Ids) -> Places:
        """Records and row of those images of one shard that need no decoding."""
        found: Places = {}
        for path, ids in self._shards(id_bytes):
            rows = np.flatnonzero(np.isin(ids, id_bytes))
            if len(rows):
                records = np.load(path, "r", allow_pickle=False)
                found |= {ids[row]: (records, row) for row in rows.tolist()}
        return found

    def adopt_whole(self, builder: StoreBuilder) -> None:
        """Hand over the shards that hold just the right images."""
        for number, span in enumerate(builder.spans):
            for path, ids in self._shards(builder.id_bytes[span]):
                wanted = builder.id_bytes[span]  # ids of another width make records of another size
                if ids.dtype == wanted.dtype and np.array_equal(ids, wanted):
                    builder.adopt(number, path)
                    break

    def n_left(self, id_bytes: Ids) -> int:
        """Images of the finished store that are not among these ids."""
        return int((~np.isin(self._former_ids, id_bytes)).sum())

    def missing(self, id_bytes: Ids) -> RowNumbers:
        """Places of those images of one shard that must be decoded."""
        known = [ids for _, ids in self._shards(id_bytes)]
        found = np.isin(id_bytes, np.concatenate(known)) if known else np.zeros(len(id_bytes), bool)
        return np.flatnonzero(~found)

    def _shards(self, id_bytes: Ids) -> Sequence[tuple[Path, Ids]]:
        return self._by_prefix.get(prefixes(id_bytes[:1])[0], ())


def choose_working_folder(folder: Path, settings: Mapping[str, Any]) -> Path:
    """Where a run with these settings writes; what runs with other settings left is removed."""
    text = json.dumps([LAYOUT, settings], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    working = folder.with_name(f".{folder.name}.{digest}.unfinished")
    for left_over in folder.parent.glob(f".{folder.name}.*.unfinished"):
        if left_over != working:
            shutil.rmtree(left_over)
    return working


def put_in_place(working: Path, folder: Path) -> None:
    """Let a finished store take the place of the former one.

    Killed between the two renames, the next run finds every shard in `working`.
    """
    former = folder.with_name(f".{folder.name}.former")
    if former.exists():
        shutil.rmtree(former)
    if folder.exists():
        folder.rename(former)
    working.rename(folder)
    if former.exists():
        shutil.rmtree(former)


def _read_index(folder: Path) -> Index:
    """Index of a store whose shards may be damaged or gone; empty if it cannot be read."""
    try:
        facts = read_json(folder / "store.json")
        if facts["layout"] != LAYOUT:
            raise ValueError(f"layout {facts['layout']}")
        shards = [folder / entry["name"] for entry in facts["shards"]]
        id_bytes = np.load(folder / "ids.npy", "r", allow_pickle=False)
        return Index(facts["settings"], shards, id_bytes)
    except FileNotFoundError:
        pass  # the first run, or half a store: both are made anew
    except (ValueError, EOFError, KeyError, TypeError) as error:
        logger.warning("%s is not used again: %s", folder, error)
    return Index({}, [], np.array([], dtype=np.bytes_))
