"""The examples in docstrings print what they show."""

import doctest
import importlib
from pathlib import Path

import pytest

from tests.contract.imports import CODE, ROOT

WITH_EXAMPLES = [module for module in CODE if ">>> " in module.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "module", WITH_EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_examples_print_what_they_show(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried
    assert not failed
