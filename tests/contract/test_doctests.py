"""The examples in docstrings run and print what they show."""

import subprocess
import sys
from pathlib import Path

from tests.contract.imports import ROOT, modules_of

WITH_EXAMPLES = [
    ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for module in [*modules_of("tasks"), *modules_of("flows")]
    if ">>> " in module.read_text(encoding="utf-8")
]
# A process of its own: `doctest` exchanges sys.stdout, which libraries keep when they are imported
PROGRAM = """
import doctest, importlib, sys
for name in sys.argv[1:]:
    result = doctest.testmod(importlib.import_module(name))
    print(name, result.attempted > 0, result.failed)
"""


def test_examples_print_what_they_show(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *WITH_EXAMPLES],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    results = [line for line in done.stdout.splitlines() if line.split()[0] in WITH_EXAMPLES]
    assert results == [f"{name} True 0" for name in WITH_EXAMPLES], done.stdout + done.stderr
