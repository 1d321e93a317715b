"""Defects: files that should be a zip of films. Each is refused by the rule that it breaks."""

import struct

from tests.studies.defects.tree import ZIP, Instance, Tree

ENCRYPTED = "films of a zip must not be encrypted"
METHOD = "films of a zip must be packed by Deflate, bzip2 or LZMA, or stored"
WHOLE = "ingest.source must be a folder or a whole zip file"

# Signature of a member's record, and places of its flags and of its method.
# Source: PKWARE APPNOTE.TXT 4.3.7 and 4.3.12
_RECORDS = ((b"PK\3\4", 6, 8), (b"PK\1\2", 8, 10))
_PASSWORD, _DEFLATE64 = 1, 9


def with_password(tree: Tree) -> list[Instance]:
    """A zip whose films need a password."""
    _change_members(tree, flags=_PASSWORD)
    return [frozenset({ENCRYPTED})]


def deflate64(tree: Tree) -> list[Instance]:
    """A zip packed by Deflate64, as Windows writes it above 2 GB."""
    _change_members(tree, method=_DEFLATE64)
    return [frozenset({METHOD})]


def log_in_page(tree: Tree) -> list[Instance]:
    """A log-in page that was saved under the name of a zip."""
    (tree.root.parent / ZIP).write_bytes(b"<!DOCTYPE html><html><title>Sign in</title></html>")
    return [frozenset({WHOLE})]


def half_zip(tree: Tree) -> list[Instance]:
    """A zip whose download stopped half-way."""
    place = tree.pack()
    data = place.read_bytes()
    place.write_bytes(data[: len(data) // 2])
    return [frozenset({WHOLE})]


def _change_members(tree: Tree, flags: int = 0, method: int = 0) -> None:
    """Set flags and method in the records of all members; the packed bytes stay."""
    place = tree.pack()
    data = bytearray(place.read_bytes())
    for signature, flags_at, method_at in _RECORDS:
        at = data.find(signature)
        while at >= 0:
            struct.pack_into("<H", data, at + flags_at, flags)
            struct.pack_into("<H", data, at + method_at, method)
            at = data.find(signature, at + len(signature))
    place.write_bytes(data)
