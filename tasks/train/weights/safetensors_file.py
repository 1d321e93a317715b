"""Tensors of a safetensors file: a length, a JSON header, then the bare numbers.

Source: the format's page at github.com/huggingface/safetensors.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import TrainingError

DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}
LENGTH_BYTES = 8


def read_safetensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read every tensor.

    Raises:
        TrainingError: The file is damaged, or a tensor has a type that no weight has.
    """
    data = path.read_bytes()
    start = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "little")
    tensors = {}
    name = "the header"
    try:
        header = json.loads(data[LENGTH_BYTES:start])
        for name, entry in header.items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                numbers = np.frombuffer(data[start + begin : start + end], DTYPES[entry["dtype"]])
                tensors[name] = numbers.reshape(entry["shape"])
    except (KeyError, TypeError, ValueError, AttributeError, MemoryError) as error:
        raise TrainingError(
            "a .safetensors file holds a header and tensors of floating point numbers",
            found=f"{name}: {' '.join(str(error).split())}",
            where=str(path),
            next_step="fetch the file again, or take it as .pth or .h5",
        ) from error
    return tensors
