"""Write the table of imports in the docstring of tasks/__init__.py, as read from the code.

Run    python -m tests.contract.import_table, or make graph
"""

import textwrap
from collections.abc import Iterable
from pathlib import Path

from tasks.core.atomic import write_text
from tests.contract.imports import ROOT, imports_of, modules_of, rooms

PACKAGE = ROOT / "tasks/__init__.py"
BEGIN, END = "Imports: begin (`make graph` writes this table)", "Imports: end"
LINE_LENGTH = 100


def import_table() -> str:
    """Return one line for each room, then one for each family of core that imports others."""
    lines = [table_line(room, modules_of(f"tasks/{room}")) for room in rooms()]
    lines.append("")
    families = sorted({family_of(file) for file in modules_of("tasks/core")} - {"core"})
    for family in families:
        files = [file for file in modules_of("tasks/core") if family_of(file) == family]
        lines.append(table_line(f"core.{family}", files))
    return "\n".join(lines)


def table_line(name: str, files: Iterable[Path]) -> str:
    """Return the name of a package and the families of core that its files import."""
    own = name.removeprefix("core.")
    imported = {family_of(file) for path in files for file in imports_of(path) if is_core(file)}
    text = ", ".join(sorted(imported - {own, "core"})) or "-"
    return textwrap.fill(
        text, LINE_LENGTH, initial_indent=f"  {name:18} ", subsequent_indent=" " * 21
    )


def is_core(file: Path) -> bool:
    """Whether a file belongs to tasks/core/."""
    return file.is_relative_to(ROOT / "tasks/core")


def family_of(file: Path) -> str:
    """Return the package or single module of core that a file belongs to: `film`, `atomic`."""
    parts = file.relative_to(ROOT / "tasks/core").with_suffix("").parts
    return "core" if parts == ("__init__",) else parts[0]


def with_import_table(text: str) -> str:
    """Replace the table between the two marker lines."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{import_table()}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write the table."""
    write_text(PACKAGE, with_import_table(PACKAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
