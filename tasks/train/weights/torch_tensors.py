"""Tensors as a pickle of PyTorch describes them, without their numbers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TensorView:
    """Position of one tensor in its storage; offset and strides count numbers, not bytes."""

    dtype: str
    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def tensors_in(content: Any) -> list[TensorView]:
    """All tensors in nested dictionaries, lists and tuples.

    A container that occurs many times is entered once: a few hundred bytes can describe a list of
    lists with more entries than a memory holds.
    """
    found, left, seen = [], [content], set()
    while left:
        value = left.pop()
        if isinstance(value, TensorView):
            found.append(value)
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            left.extend(value.values() if isinstance(value, dict) else value)
    return found
