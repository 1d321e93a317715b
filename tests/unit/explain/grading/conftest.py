"""The networks with known answers that the attribution methods are tested with."""

from tests.unit.explain.attribution.conftest import build_corner, build_linear

__all__ = ["build_corner", "build_linear"]
