"""A CSV is read in a time that grows with its size, and its wanted columns only."""

import time

import pytest

from tasks.core.errors import SourceError
from tests.unit.ingest.layouts.test_index import layout_of


def test_forty_thousand_columns_take_less_than_a_second_of_cpu_time() -> None:
    names = ",".join(f"c{i}" for i in range(40_000))
    data = f"path,label,{names}\nd.png,x{',' * 40_000}\n".encode()
    start_s = time.process_time()
    assert layout_of(data).path_facts("d.png").label == "X"
    assert time.process_time() - start_s < 1


def test_columns_that_are_not_read_may_share_a_name_or_have_none() -> None:
    layout = layout_of(b",path,label,note,note,\n0,d.png,x,a,b,\n")
    assert layout.path_facts("d.png").label == "X"


def test_a_missing_column_is_named_in_a_short_message() -> None:
    names = ",".join(f"c{i}" for i in range(40_000))
    with pytest.raises(SourceError) as caught:
        layout_of(f"path,{names}\nd.png{',' * 40_000}\n".encode())
    assert len(str(caught.value)) < 1000
