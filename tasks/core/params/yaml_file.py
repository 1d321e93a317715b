"""Read a YAML file as DVC reads it, in YAML 1.2; a key that stands twice is an error.

PyYAML alone reads YAML 1.1: `10:20` is 620, `no` is false, and the `1e-05` that DVC writes is text.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

MAX_NESTING = 20  # params.yaml has 3 levels


def read_yaml(data: bytes) -> Any:
    """Parse YAML 1.2 into plain values.

    Args:
        data: Content of the file, in UTF-8 or UTF-16.

    Raises:
        yaml.YAMLError: The data is no YAML, holds a key twice, is nested too deep, or
            holds a number with more digits than Python reads. The message names the line.

    Example:
        >>> read_yaml(b"{rate: 1e-05, class: no, time: 10:20}")
        {'rate': 1e-05, 'class': 'no', 'time': '10:20'}
    """
    return yaml.load(data, _Loader)  # noqa: S506 - it is a SafeLoader


class _Loader(yaml.SafeLoader):
    """Loads the core schema of YAML 1.2. Source: yaml.org/spec/1.2.2, section 10.3.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self._depth > MAX_NESTING:
            raise yaml.MarkedYAMLError(
                problem=f"more than {MAX_NESTING} levels",
                problem_mark=self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        first: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, line) != line:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value} stands in line {first[key.value]} and in"
                    f" line {line}",
                    problem_mark=key.start_mark,
                )
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        text = node.value.lower().replace("_", "")
        try:
            if re.fullmatch(r"0[ox][0-9a-f]+", text):
                return int(text, 0)
            if re.fullmatch(r"[-+]?[0-9]+", text):
                return int(text)
            return float(re.sub(r"\.(inf|nan)$", r"\1", text))
        except ValueError as error:  # Python reads 4,300 digits
            problem = f"a number of {len(text)} characters"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error


_NUMBER = (
    r"^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
for _tag, _form, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("float", _NUMBER, list("-+0123456789.")),
    ("merge", r"^<<$", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), _first)
for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)
