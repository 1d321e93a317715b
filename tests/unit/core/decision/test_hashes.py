import hashlib

import numpy as np
import pytest

from tasks.core.decision.hashes import hash_file, hash_films, hash_json


def test_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    # Source: FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_file(tmp_path / "a") == expected


def test_hash_of_values_ignores_the_order_of_keys_only():
    assert hash_json({"a": [1, 2], "b": 0.1}) == hash_json({"b": 0.1, "a": [1, 2]})
    assert hash_json({"a": [1, 2]}) != hash_json({"a": [2, 1]})
    assert hash_json({"a": 1.5}) == hashlib.sha256(b'{"a":1.5}').hexdigest()
    with pytest.raises(ValueError, match="JSON"):
        hash_json({"a": float("nan")})


def test_hash_of_films_changes_with_a_label_or_a_film_and_not_with_the_order():
    base = hash_films(["a", "b"], ["NORMAL", "PNEUMONIA"])
    assert hash_films(["b", "a"], ["PNEUMONIA", "NORMAL"]) == base
    assert hash_films(["a", "b"], ["PNEUMONIA", "NORMAL"]) != base
    assert hash_films(["a"], ["NORMAL"]) != base
    assert hash_films(["a"], [None]) == hash_films(["a"], [np.nan])
