"""Paths of what the gate writes; other modules use them through `paths`."""

from pathlib import Path

GATE_JSON = Path("reports/gate.json")  # decision on the last challenger, with its numbers
GATE_HTML = Path("reports/gate.html")
