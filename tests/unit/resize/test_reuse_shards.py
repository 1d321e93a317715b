"""Which shards of earlier runs are adopted."""

from pathlib import Path

import pytest

from tasks.core.image_store.builder import StoreBuilder, write_store
from tasks.core.image_store.store import ImageStore, as_id_bytes
from tasks.resize.reuse import ReusableImages


@pytest.mark.parametrize(("ids", "n_adopted"), [(["aa", "bb"], 2), (["aa", "bbb"], 0)])
def test_a_shard_is_adopted_only_if_its_records_have_the_same_size(
    tmp_path: Path, ids: list[str], n_adopted: int
) -> None:
    write_store(tmp_path / "images", ["aa", "bb"], 4, [1, 2])
    builder = StoreBuilder(tmp_path / "new", as_id_bytes(ids), 4)
    ReusableImages(tmp_path / "images", tmp_path / "none", {}).adopt_shards(builder)
    assert [builder.is_complete(number) for number in range(2)].count(True) == n_adopted
    for number in range(n_adopted, 2):
        builder.write(number, [(number + 1,)])
    builder.finish()
    assert ImageStore(tmp_path / "new").read(ids)[:, 0, 0, 0].tolist() == [1, 2]
