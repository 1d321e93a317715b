import pytest

from tasks.core.errors import ScreeningError
from tasks.screen.dicom.peer_address import Peer, is_this_machine, read_peer


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("pacs:104:ARCHIVE", Peer("pacs", 104, "ARCHIVE")),
        ("[::1]:11112:MY ARCHIVE", Peer("::1", 11112, "MY ARCHIVE")),
        ("10.0.0.7:65535:A", Peer("10.0.0.7", 65535, "A")),
    ],
)
def test_an_archive_is_host_port_and_title(text: str, peer: Peer) -> None:
    assert read_peer(text) == peer


@pytest.mark.parametrize(
    "text", ["", "pacs", "pacs:104", "pacs:0:A", "pacs:70000:A", "pacs:1:", "pacs:1:A\\B",
             "pacs:1:seventeen letters", "pacs:x:A"],
)  # fmt: skip
def test_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ScreeningError, match=r"--send-to 192\.168\.1\.20:104:ARCHIVE"):
        read_peer(text)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     (".".join("0000"), False), ("::", False), ("192.168.1.2", False),
     ("pacs", False), ("", False)],
)  # fmt: skip
def test_only_loopback_is_this_machine(host: str, here: bool) -> None:
    assert is_this_machine(host) is here
