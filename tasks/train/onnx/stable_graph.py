"""Names and texts of an ONNX graph that do not depend on the process, the clock or the machine."""

import onnx

_PRODUCER = "lungline"
_DOC = "Research software, no medical device."


def make_stable(model: onnx.ModelProto, name: str) -> None:
    """Give the nodes and inner values numbers for names, sort them, and fix all texts, in place.

    The names that TensorFlow gives hold counters of the process. Inputs and outputs keep theirs.

    Args:
        model: Graph without subgraphs.
        name: Name of the network.
    """
    graph = model.graph
    used = {one for node in graph.node for one in node.input}
    kept = [one for one in graph.initializer if one.name in used]
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(kept)
    fixed = {one.name: one.name for one in (*graph.input, *graph.output)}
    _rename(graph, fixed | {"": ""})
    for value in (*graph.input, *graph.output):
        value.doc_string = ""
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    graph.name, graph.doc_string = name, ""
    model.producer_name, model.producer_version, model.doc_string = _PRODUCER, "", _DOC
    model.domain, model.model_version = "", 0
    own = [one for one in model.opset_import if one.domain in {node.domain for node in graph.node}]
    del model.opset_import[:]
    model.opset_import.extend(own)


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Number the values in the order of the nodes that make or first read them."""
    for number, node in enumerate(graph.node):
        node.name, node.doc_string = f"{node.op_type}_{number}", ""
        for values in (node.input, node.output):
            values[:] = [names.setdefault(one, f"v{len(names)}") for one in values]
    for one in graph.initializer:
        one.name, one.doc_string = names[one.name], ""
    graph.initializer.sort(key=lambda one: int(one.name[1:]))
