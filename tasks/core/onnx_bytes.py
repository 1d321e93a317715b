"""Find and check the seal and the metadata in the bytes of an ONNX file, without the package onnx.

The seal is the SHA-256 of the whole file, in which the 64 digits of the seal itself count as zeros.
It finds damage and careless edits; who edits on purpose can seal again.

Source: onnx.proto of ONNX (ModelProto: 8 opset_import, 14 metadata_props; OperatorSetIdProto:
1 domain, 2 version; StringStringEntryProto: 1 key, 2 value).
"""

import hashlib
from collections.abc import Mapping

from tasks.core.protobuf_fields import ProtobufField, read_fields

# ONNX Runtime 1.13 (2022) and later have this set of operators
OPSET = 17
ONNX_METADATA, SEAL = "lungline", "seal"  # keys of the metadata of the file
NO_SEAL = "0" * 64
_OPSET_IMPORT, _METADATA_PROPS = 8, 14
_MAX_METADATA_BYTES = 2**26  # ours have less than 2**20


def seal_file(data: bytes) -> bytes:
    """Replace the 64 zeros of the seal by the seal.

    Args:
        data: Bytes of an ONNX file with the metadata `seal`.

    Raises:
        ValueError: The bytes are no ONNX file with one such seal.
    """
    place = only_value(properties_of(data), SEAL)
    seal = seal_of(data, place)
    return data[: place.start] + seal.encode() + data[place.end :]


def properties_of(data: bytes) -> dict[str, list[ProtobufField]]:
    """Where the values of the metadata lie, by key.

    Args:
        data: Bytes of the file.

    Raises:
        ValueError: The bytes are no protocol buffer, or metadata lack a key or a value.
    """
    found: dict[str, list[ProtobufField]] = {}
    for field in read_fields(data):
        if field.number == _METADATA_PROPS and field.value is None:
            parts = {part.number: part for part in read_fields(data, field.start, field.end)}
            if not {1, 2} <= parts.keys():
                raise ValueError(f"metadata without a key or a value at byte {field.start}")
            key = data[parts[1].start : parts[1].end].decode("utf-8", "replace")
            found.setdefault(key, []).append(parts[2])
    return found


def only_value(properties: Mapping[str, list[ProtobufField]], key: str) -> ProtobufField:
    """Where the only value of a key lies.

    Args:
        properties: From `properties_of`.
        key: `ONNX_METADATA` or `SEAL`.

    Raises:
        ValueError: The key has no value, several ones, or one of another size than allowed.
    """
    values = properties.get(key, [])
    if len(values) != 1:
        raise ValueError(f"{len(values)} values of the metadata `{key}`")
    size = values[0].end - values[0].start
    if size > _MAX_METADATA_BYTES or (key == SEAL and size != len(NO_SEAL)):
        raise ValueError(f"{size} bytes of the metadata `{key}`")
    return values[0]


def seal_of(data: bytes, place: ProtobufField) -> str:
    """SHA-256, hex, of the file with zeros for the digits of its seal.

    Args:
        data: Bytes of the file.
        place: Where the seal lies.
    """
    view = memoryview(data)
    state = hashlib.sha256(view[: place.start])
    state.update(NO_SEAL.encode())
    state.update(view[place.end :])
    return state.hexdigest()


def require_opset(data: bytes) -> None:
    """Check that a network needs ONNX's own operators of the set `OPSET` and no others.

    Args:
        data: Bytes of the file.

    Raises:
        ValueError: It needs others, or the bytes are no ONNX file.
    """
    found = []
    for field in read_fields(data):
        if field.number == _OPSET_IMPORT:
            parts = {part.number: part for part in read_fields(data, field.start, field.end)}
            domain = data[parts[1].start : parts[1].end].decode() if 1 in parts else ""
            found.append((domain, parts[2].value if 2 in parts else None))
    if found != [("", OPSET)]:
        raise ValueError(f"operators {found}")
