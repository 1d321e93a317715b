"""How many pixels of the film each value of a layer depends on."""

from typing import Any

import keras

from tasks.explain.truncated import TruncatedNetwork

Side = tuple[int, int]
_Reach = tuple[Side, Side] | None  # field and step in pixels, rows and columns; None: unknown

_LOCAL = (
    *(keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D),
    *(keras.layers.MaxPooling2D, keras.layers.AveragePooling2D),
)


def receptive_fields(truncated: TruncatedNetwork) -> list[Side | None]:
    """Receptive field of each layer: rows and columns of film that one value of its maps sees.

    field = field before + (kernel - 1) * dilation * step before; step = step before * stride;
    where branches join, the widest counts. The field is cut to the film. It is what can have an
    effect; pixels near its edge have little.

    Args:
        truncated: From `tasks.explain.truncated.truncate`.

    Returns:
        One for each name in `truncated.layers`. None behind a layer that looks at the whole map,
        as a squeeze-and-excitation gate does.

    Source:
        Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks",
        Distill 2019, equation 2.
    """
    network = truncated.network
    start = ((1, 1), (1, 1))
    reach: dict[int, _Reach] = {id(tensor): start for tensor in network.inputs}
    for operation in network.operations:
        outputs = keras.tree.flatten(operation.output)
        if any(id(tensor) in reach for tensor in outputs):
            continue  # an input
        inputs = keras.tree.flatten(operation.input)
        found = _behind(operation, _widest([reach[id(tensor)] for tensor in inputs]), inputs)
        reach.update({id(tensor): found for tensor in outputs})
    film = network.input_shape[1:3]
    return [_cut(reach[id(tensor)], film) for tensor in network.outputs[: len(truncated.layers)]]


def _widest(branches: list[_Reach]) -> _Reach:
    known = [branch for branch in branches if branch is not None]
    if len(known) < len(branches) or not known:
        return None
    rows, columns, down, right = (
        max(branch[part][axis] for branch in known) for part in (0, 1) for axis in (0, 1)
    )
    return (rows, columns), (down, right)


def _behind(operation: Any, before: _Reach, inputs: list[Any]) -> _Reach:
    """Reach of the output of one operation."""
    if before is None:
        return None
    if isinstance(operation, _LOCAL):
        return _wider(before, _kernel(operation), _strides(operation))
    is_map = len(operation.output.shape) == 4 and all(len(one.shape) == 4 for one in inputs)
    return before if is_map else None


def _wider(before: tuple[Side, Side], kernel: Side, strides: Side) -> _Reach:
    (rows, columns), (down, right) = before
    field = rows + (kernel[0] - 1) * down, columns + (kernel[1] - 1) * right
    return field, (down * strides[0], right * strides[1])


def _kernel(layer: Any) -> Side:
    """Rows and columns from the first to the last value that a kernel or a pool reads."""
    if hasattr(layer, "pool_size"):
        return _pair(layer.pool_size)
    rows, columns = _pair(layer.kernel_size)
    down, right = _pair(layer.dilation_rate)
    return (rows - 1) * down + 1, (columns - 1) * right + 1


def _strides(layer: Any) -> Side:
    return _pair(layer.strides)


def _pair(value: Any) -> Side:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _cut(reach: _Reach, film: Side) -> Side | None:
    if reach is None:
        return None
    (rows, columns), _ = reach
    return min(rows, film[0]), min(columns, film[1])
