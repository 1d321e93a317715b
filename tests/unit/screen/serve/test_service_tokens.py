"""Tokens are named, long, and private."""

from pathlib import Path

import pytest

from tasks.core.errors import ScreeningError
from tasks.screen.serve.http_server import host_names
from tasks.screen.serve.service_tokens import (
    UNNAMED_CALLER,
    ServiceTokens,
    check_address,
    is_loopback,
    read_tokens,
)

ONE, TWO = "a" * 24, "b" * 43 + "="


def test_a_token_has_the_name_of_its_caller() -> None:
    tokens = read_tokens(None, f"ward-3:{ONE}, radiology:{TWO}")
    assert tokens.who(f"Bearer {ONE}") == "ward-3"
    assert tokens.who(f"bearer  {TWO}") == "radiology"
    assert tokens.who(f"Bearer {ONE}{TWO}") is None
    assert tokens.who(ONE) is None
    assert tokens.who("Bearer \udcff") is None
    assert ONE not in repr(vars(tokens))


def test_without_tokens_nobody_is_asked() -> None:
    assert not read_tokens(None, "")
    assert read_tokens(None, " ").who("") == UNNAMED_CALLER


def test_tokens_are_read_from_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# callers\n  # indented\nward-3 {ONE}\n\nradiology\t{TWO}\n")
    file.chmod(0o600)
    assert read_tokens(file, "").who(f"Bearer {TWO}") == "radiology"
    file.chmod(0o640)
    with pytest.raises(ScreeningError, match="chmod 600"):
        read_tokens(file, "")


@pytest.mark.parametrize(
    "variable",
    ["ward:short", f"{ONE}", f":{ONE}", f"a b:{ONE}", f"a:{ONE},a:{TWO}", f"a:{ONE}é"],
)
def test_a_bad_token_is_refused_and_not_shown(variable: str) -> None:
    with pytest.raises(ScreeningError) as raised:
        read_tokens(None, variable)
    assert ONE not in str(raised.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("::", False),
        ("192.168.0.4", False),
        ("clinic.example", False),
    ],
)
def test_an_address_of_others_needs_a_token(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected
    check_address(host, ServiceTokens({"a": ONE}))
    if not expected:
        with pytest.raises(ScreeningError, match="asks for a token"):
            check_address(host, ServiceTokens({}))


def test_the_service_knows_its_names() -> None:
    assert "clinic.example" in host_names("10.0.0.4", ["Clinic.Example"])
    assert "10.0.0.4" in host_names("10.0.0.4", [])
    with pytest.raises(ScreeningError, match="knows the names"):
        host_names("::", [])


def test_a_file_that_is_no_text_is_refused_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_bytes(b"\xff\xfe\x00hidden")
    file.chmod(0o600)
    with pytest.raises(ScreeningError) as caught:
        read_tokens(file, "")
    assert "hidden" not in str(caught.value)
