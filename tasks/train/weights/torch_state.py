"""Tensors of a PyTorch file, whose pickle is read as a list of instructions and never run.

A pickle is a program for a small stack machine; what harms is that it may call any function by
name. The machine here knows only the instructions that build a state dict, and calls nothing:
the three names that PyTorch writes into such a file are understood, every other is refused.
`torch.load(weights_only=True)` would need PyTorch, a second backend of 3 GB, for one file.

Source: Python's pickletools for the instructions; torch/serialization.py for the two layouts: a
zip with `data.pkl` and `data/<key>` since 1.6, before it five pickles and the bare numbers.
"""

import math
import pickletools
import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import TrainingError

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {
    "torch HalfStorage": "<f2",
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch LongStorage": "<i8",
}
DICTIONARY = "collections OrderedDict"
TENSOR = "torch._utils _rebuild_tensor_v2"
PARAMETER = "torch._utils _rebuild_parameter"

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
LITERALS = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINSTRING", "SHORT_BINSTRING", "INT", "LONG", "FLOAT", "STRING", "UNICODE"),
}


# what a file raises that is cut short, overwritten, or made to do harm
DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError),
    *(TypeError, ValueError, struct.error, zipfile.BadZipFile),
)


@dataclass(frozen=True)
class Name:
    """A function or class that a pickle names; a word here, nothing that could be called."""

    words: str


@dataclass(frozen=True)
class Tensor:
    """Where the numbers of one tensor stand. offset and strides count numbers, not bytes."""

    dtype: str
    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read the state dict of a PyTorch file.

    Args:
        path: Holds a state dict, or a dictionary with one under `state_dict`.

    Raises:
        TrainingError: The file is damaged, holds something else, or wants a function called.
    """
    try:
        content, storages = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
        state = content.get("state_dict", content)
        return {str(name): _numbers(str(name), state[name], storages) for name in sorted(state)}
    except DAMAGE as error:
        raise _refusal(path, " ".join(f"{type(error).__name__}: {error}".split())) from error


def _read_zip(path: Path) -> tuple[Any, dict[str, bytes]]:
    """Read a file of PyTorch 1.6 or later: the object, and the bytes of each storage by key."""
    with zipfile.ZipFile(path) as archive:
        (pickled,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        folder = pickled.removesuffix("data.pkl")
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise _refusal(path, "compressed members, which PyTorch does not write")
        with archive.open(pickled) as stream:
            content = read_plain(stream, path)
        start = f"{folder}data/"
        members = [name for name in archive.namelist() if name.startswith(start)]
        return content, {name.removeprefix(start): archive.read(name) for name in members}


def _read_legacy(path: Path) -> tuple[Any, dict[str, bytes]]:
    """Read a file of PyTorch before 1.6: the object, and the bytes of each storage by key."""
    with path.open("rb") as stream:
        magic, _, _, content, keys = (read_plain(stream, path) for _ in range(5))
        if magic != LEGACY_MAGIC:
            raise _refusal(path, "neither a zip nor the magic number of PyTorch")
        dtypes = {tensor.key: tensor.dtype for tensor in _tensors(content)}
        storages = {}
        for key in keys:
            (n,) = struct.unpack("<q", stream.read(8))
            storages[key] = stream.read(n * np.dtype(dtypes[key]).itemsize)
    return content, storages


def _tensors(content: Any) -> list[Tensor]:
    if isinstance(content, Tensor):
        return [content]
    if isinstance(content, dict):
        return [tensor for value in content.values() for tensor in _tensors(value)]
    if isinstance(content, list | tuple):
        return [tensor for value in content for tensor in _tensors(value)]
    return []


def _numbers(name: str, tensor: Any, storages: dict[str, bytes]) -> NDArray[np.generic]:
    """View one tensor in its storage; NumPy refuses what would reach outside."""
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name} is no tensor")
    storage = storages[tensor.key]
    dtype = np.dtype(tensor.dtype)
    if math.prod(tensor.shape) * dtype.itemsize > len(storage):
        raise ValueError(f"{name} is larger than its storage")
    strides = [stride * dtype.itemsize for stride in tensor.strides]
    offset = tensor.offset * dtype.itemsize
    return np.ndarray(tensor.shape, dtype, buffer=storage, offset=offset, strides=strides)


@dataclass
class _Machine:
    """Stack, marks and memo of one pickle."""

    path: Path
    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark."""
        mark = self.marks.pop()
        taken = self.stack[mark:]
        del self.stack[mark:]
        return taken

    def take(self, n: int) -> tuple[Any, ...]:
        """Take the n topmost values."""
        if len(self.stack) < n:
            raise IndexError("the pickle takes more than it has")
        taken = self.stack[len(self.stack) - n :]
        del self.stack[len(self.stack) - n :]
        return tuple(taken)

    def understand(self) -> Any:
        """Say what a call would make, if it is one of the three that build a state dict."""
        name, arguments = self.take(2)
        if name == Name(DICTIONARY):
            return dict(*arguments)
        if name == Name(PARAMETER):
            return arguments[0]
        if name != Name(TENSOR):
            raise _refusal(self.path, f"a call of {getattr(name, 'words', name)}")
        (dtype, key), offset, shape, strides, *_ = arguments
        return Tensor(dtype, key, offset, shape, strides)

    def storage(self) -> tuple[str, str]:
        """Type and key of the storage that a persistent id names."""
        kind, name, key, *_ = self.take(1)[0]
        if kind != "storage" or name.words not in DTYPES:
            raise _refusal(self.path, f"a {kind} of {getattr(name, 'words', name)}")
        return DTYPES[name.words], str(key)


def read_plain(stream: IO[bytes], path: Path) -> Any:
    """Read one pickle of dictionaries, tuples, words, numbers and tensors, calling nothing.

    Args:
        stream: Stands at the start of the pickle, and behind it afterwards.
        path: The file, for messages.

    Raises:
        TrainingError: It holds an instruction or a name that no state dict needs.
    """
    machine = _Machine(path)
    for opcode, argument, _ in pickletools.genops(stream):
        name = opcode.name
        if name in LITERALS:
            machine.stack.append(argument)
        elif name in CONSTANTS:
            machine.stack.append(CONSTANTS[name])
        elif name == "GLOBAL":
            machine.stack.append(Name(str(argument)))
        elif name == "NEWOBJ":
            made, _ = machine.take(2)
            raise _refusal(path, f"an object of {getattr(made, 'words', made)}")
        elif not (_builds(machine, name) or _remembers(machine, name, argument)):
            raise _refusal(path, f"the pickle instruction {name}")
    (value,) = machine.stack
    return value


def _builds(machine: _Machine, name: str) -> bool:
    """Carry out an instruction that makes a value of others; False if it is none of these."""
    stack = machine.stack
    if name in {"EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"}:
        stack.append({"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}[name]())
    elif name in {"TUPLE1", "TUPLE2", "TUPLE3"}:
        stack.append(machine.take(int(name[-1])))
    elif name == "TUPLE":
        stack.append(tuple(machine.since_mark()))
    elif name in {"SETITEM", "SETITEMS"}:
        items = machine.take(2) if name == "SETITEM" else machine.since_mark()
        stack[-1].update(zip(items[::2], items[1::2], strict=True))
    elif name in {"APPEND", "APPENDS"}:
        values = machine.take(1) if name == "APPEND" else machine.since_mark()
        stack[-1].extend(values)
    elif name == "REDUCE":
        stack.append(machine.understand())
    elif name == "BINPERSID":
        stack.append(machine.storage())
    else:
        return False
    return True


def _remembers(machine: _Machine, name: str, argument: Any) -> bool:
    """Carry out an instruction of bookkeeping; False if it is none of these."""
    if name in {"PROTO", "STOP", "FRAME"}:
        return True
    if name == "MARK":
        machine.marks.append(len(machine.stack))
    elif name in {"BINPUT", "LONG_BINPUT", "PUT"}:
        machine.memo[argument] = machine.stack[-1]
    elif name in {"BINGET", "LONG_BINGET", "GET"}:
        machine.stack.append(machine.memo[argument])
    elif name == "BUILD":
        machine.take(1)  # attributes of a dictionary, such as the version of each layer
    else:
        return False
    return True


def _refusal(path: Path, found: str) -> TrainingError:
    return TrainingError(
        "a PyTorch file of weights holds a state dict of tensors and nothing to be called",
        found=found,
        where=str(path),
        next_step="save `model.state_dict()` with PyTorch, or take a .safetensors or .h5 file",
    )
