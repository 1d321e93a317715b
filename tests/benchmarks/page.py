"""Write the page of benchmarks, reports/results/benchmarks.md, from reports/benchmarks.json."""

from collections.abc import Mapping
from typing import Any

from tasks.core import paths

PAGE = paths.RECORDS / "benchmarks.md"
PAGE_TEXT = """\
# Benchmarks

<!-- `make bench` writes this page from reports/benchmarks.json. -->

Each row compares Lungline with a rival or a limit. Both sides were measured in the same run on the
same machine. A ratio above 1 means that Lungline is faster, or that it stays below the limit.

{table}

The rivals of `resize` only decode and scale. `resize` also reads the file, checks its hash and
stores the result; it decodes at the smallest JPEG scale that keeps the needed detail and scales
without aliasing. Decoding takes two thirds of its time, so no program that decodes these files can
be much faster. A film is decoded once: later runs decode new films only.

## Repeat the measurements

```sh
make run
make bench
```

Use a machine that does nothing else. The benchmarks use the original films of Kermany's set if they
lie beside the repository, and the synthetic films otherwise. They write about 2 GB of temporary
files. `python -m tests.benchmarks NAME` repeats one row. The row `train_vs_pytorch` needs PyTorch,
which this project does not install; without it, the earlier value stays.
"""


def benchmarks_page(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page.

    Args:
        entries: Content of reports/benchmarks.json.
    """
    return PAGE_TEXT.format(table=benchmarks_table(entries))


def benchmarks_table(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a Markdown table with one row for each benchmark."""
    rows = ["| benchmark | ratio | compared with |", "| --- | --- | --- |"]
    for name, entry in sorted(entries.items()):
        rows.append(f"| `{name}` | {entry['ratio']:.2f} | {entry['against']} |")
    return "\n".join(rows)
