"""Tensors of a PyTorch file, whose pickle is read as a list of instructions and never run.

A pickle is a program for a small stack machine. It does harm by calling functions by their name.
The machine here knows only the instructions that build a state dict, and it calls nothing: it
understands the three names that PyTorch writes into such a file, and refuses all others.

No library replaces this code. `torch.load(weights_only=True)` needs PyTorch, 3 GB for one file.
`fickling` and `picklescan` inspect a pickle but return no tensors. A `pickle.Unpickler` with its
own `find_class` still creates every object and allocates all memory that the file asks for.

Source: Python's pickletools for the instructions; torch/serialization.py for the two layouts: since
PyTorch 1.6 a zip with `data.pkl` and `data/<key>`, before that five pickles and the numbers.
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
from tasks.train.weights.apart import check_total
from tasks.train.weights.torch_tensors import TensorView, tensors_in

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGE_DTYPES = {
    "torch HalfStorage": "<f2",
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch LongStorage": "<i8",
}
_DICTIONARY = "collections OrderedDict"
_TENSOR = "torch._utils _rebuild_tensor_v2"
_PARAMETER = "torch._utils _rebuild_parameter"

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINSTRING", "SHORT_BINSTRING", "INT", "LONG", "FLOAT", "STRING", "UNICODE"),
}

# errors of a file that is truncated, overwritten or malicious
_PICKLE_DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError),
    *(TypeError, ValueError, struct.error, zipfile.BadZipFile),
)


@dataclass(frozen=True)
class PickledName:
    """Name of a function or class in a pickle; only text, nothing that can be called."""

    text: str


def read_torch(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read the state dict of a PyTorch file.

    Args:
        path: File with a state dict, or with a dictionary that has one under `state_dict`.

    Raises:
        TrainingError: The file is damaged, holds other data, or calls a function.
    """
    try:
        content, storages = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
        state = content.get("state_dict", content)
        tensors = {str(name): _numbers(str(name), state[name], storages) for name in sorted(state)}
        total = sum(tensor.nbytes for tensor in tensors.values())  # many can share one storage
        check_total(total, f"the last of {len(tensors)} tensors")
        return tensors
    except _PICKLE_DAMAGE as error:
        raise _torch_refusal(path, " ".join(f"{type(error).__name__}: {error}".split())) from error


def _read_zip(path: Path) -> tuple[Any, dict[str, bytes]]:
    """Read a file of PyTorch 1.6 or later: the object, and the bytes of each storage by key."""
    with zipfile.ZipFile(path) as archive:
        (pickled,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        folder = pickled.removesuffix("data.pkl")
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise _torch_refusal(path, "compressed members, which PyTorch never writes")
        with archive.open(pickled) as stream:
            content = read_plain(stream, path)
        start = f"{folder}data/"
        members = [name for name in archive.namelist() if name.startswith(start)]
        return content, {name.removeprefix(start): archive.read(name) for name in members}


def _read_legacy(path: Path) -> tuple[Any, dict[str, bytes]]:
    """Read a file of PyTorch before 1.6: the object, and the bytes of each storage by key."""
    with path.open("rb") as stream:
        magic, _, _, content, keys = (read_plain(stream, path) for _ in range(5))
        if magic != _LEGACY_MAGIC:
            raise _torch_refusal(path, "neither a zip nor PyTorch's magic number")
        dtypes = {tensor.key: tensor.dtype for tensor in tensors_in(content)}
        storages = {}
        for key in keys:
            (n,) = struct.unpack("<q", stream.read(8))
            storages[key] = stream.read(n * np.dtype(dtypes[key]).itemsize)
    return content, storages


def _numbers(name: str, tensor: Any, storages: dict[str, bytes]) -> NDArray[np.generic]:
    """View one tensor in its storage; NumPy refuses a view that reaches outside."""
    if not isinstance(tensor, TensorView):
        raise ValueError(f"{name} is not a tensor")
    storage = storages[tensor.key]
    dtype = np.dtype(tensor.dtype)
    if math.prod(tensor.shape) * dtype.itemsize > len(storage):
        raise ValueError(f"{name} is larger than its storage")
    place = tensor.offset * dtype.itemsize
    return np.ndarray(
        tensor.shape, dtype, storage, place, [step * dtype.itemsize for step in tensor.strides]
    )


@dataclass
class _Machine:
    """Stack, marks and memo of one pickle."""

    path: Path
    stack: list[Any] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def since_mark(self) -> list[Any]:
        """Remove and return all values above the last mark."""
        mark = self.marks.pop()
        taken = self.stack[mark:]
        del self.stack[mark:]
        return taken

    def take(self, n: int) -> tuple[Any, ...]:
        """Remove and return the n topmost values."""
        if len(self.stack) < n:
            raise IndexError("the pickle takes more values than the stack has")
        taken = self.stack[len(self.stack) - n :]
        del self.stack[len(self.stack) - n :]
        return tuple(taken)

    def reduce(self) -> Any:
        """Return what a call would build, if it is one of the three calls of a state dict."""
        name, arguments = self.take(2)
        if name == PickledName(_DICTIONARY):
            return dict(*arguments)
        if name == PickledName(_PARAMETER):
            return arguments[0]
        if name != PickledName(_TENSOR):
            raise _torch_refusal(self.path, f"a call of {getattr(name, 'text', name)}")
        (dtype, key), offset, shape, strides, *_ = arguments
        return TensorView(dtype, key, offset, shape, strides)

    def storage(self) -> tuple[str, str]:
        """Dtype and key of the storage that a persistent id names."""
        kind, name, key, *_ = self.take(1)[0]
        if kind != "storage" or name.text not in _STORAGE_DTYPES:
            raise _torch_refusal(self.path, f"a {kind} of {getattr(name, 'text', name)}")
        return _STORAGE_DTYPES[name.text], str(key)


def read_plain(stream: IO[bytes], path: Path) -> Any:
    """Read one pickle of dictionaries, tuples, strings, numbers and tensors without any call.

    Args:
        stream: File at the start of the pickle; afterwards it is at the end of the pickle.
        path: The file, for messages.

    Raises:
        TrainingError: The pickle has an instruction or a name that no state dict needs.
    """
    machine = _Machine(path)
    for opcode, argument, _ in pickletools.genops(stream):
        name = opcode.name
        if name in _LITERALS:
            machine.stack.append(argument)
        elif name in _CONSTANTS:
            machine.stack.append(_CONSTANTS[name])
        elif name == "GLOBAL":
            machine.stack.append(PickledName(str(argument)))
        elif name == "NEWOBJ":
            made, _ = machine.take(2)
            raise _torch_refusal(path, f"an object of {getattr(made, 'text', made)}")
        elif not (_builds(machine, name) or _remembers(machine, name, argument)):
            raise _torch_refusal(path, f"the pickle instruction {name}")
    (value,) = machine.stack
    return value


def _builds(machine: _Machine, name: str) -> bool:
    """Execute an instruction that builds a value; return False for other instructions."""
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
        stack.append(machine.reduce())
    elif name == "BINPERSID":
        stack.append(machine.storage())
    else:
        return False
    return True


def _remembers(machine: _Machine, name: str, argument: Any) -> bool:
    """Execute an instruction of the memo or the marks; return False for other instructions."""
    if name in {"PROTO", "STOP", "FRAME"}:
        return True
    if name == "MARK":
        machine.marks.append(len(machine.stack))
    elif name in {"BINPUT", "LONG_BINPUT", "PUT"}:
        machine.memo[argument] = machine.stack[-1]
    elif name in {"BINGET", "LONG_BINGET", "GET"}:
        machine.stack.append(machine.memo[argument])
    elif name == "BUILD":
        machine.take(1)  # attributes of a dictionary, such as layer versions
    else:
        return False
    return True


def _torch_refusal(path: Path, found: str) -> TrainingError:
    return TrainingError(
        "a PyTorch file of weights must hold a state dict of tensors and no function calls",
        found=found,
        where=str(path),
        next_step="save `model.state_dict()` with PyTorch, or use a .safetensors or .h5 file",
    )
