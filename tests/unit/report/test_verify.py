"""A page against the artifacts of its repository: each link that was changed is named."""

import re
import shutil
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import ChainError
from tasks.core.hash_chain.links import Link, artifact_sha256, joined_links
from tasks.core.hash_chain.signing_key import SIGNING_KEY
from tasks.page.__main__ import main as write_page
from tasks.report.verify import main
from tests.report_inputs import MODEL, write_state

PAGE = paths.page(MODEL)
LINKS = {
    "manifest": paths.MANIFEST,
    "samples": paths.SAMPLES,
    "images": paths.IMAGES / "pixels.bin",
    f"model {MODEL}": paths.network_file(paths.model_dir(MODEL)),
    f"contract {MODEL}": paths.decision_file(MODEL),
    f"predictions {MODEL}": paths.predictions(MODEL),
}


def make_key(path: Path) -> tuple[Path, str]:
    """A key, made with the commands of the documentation; its file and its public part."""
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True)
    command = ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"]
    return path, subprocess.run(command, check=True, capture_output=True).stdout[-32:].hex()


def state_key(root: Path, public_key: str | None) -> None:
    values = yaml.safe_load((root / paths.PARAMS).read_text("utf-8"))
    values["report"]["public_key"] = public_key
    (root / paths.PARAMS).write_text(yaml.safe_dump(values), "utf-8")


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """A repository with an unsigned page, and one with a signed page."""
    base = tmp_path_factory.mktemp("states")
    key, public = make_key(base / "signing.pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SIGNING_KEY, str(key))
        for name, stated in (("unsigned", None), ("signed", public)):
            (root := base / name).mkdir()
            write_state(root)
            state_key(root, stated)
            for place in (LINKS["images"], LINKS[f"model {MODEL}"]):
                (root / place).parent.mkdir(parents=True, exist_ok=True)
                (root / place).write_bytes(b"0123456789")
            patch.chdir(root)
            write_page(Namespace(model=MODEL))
        yield {"unsigned": base / "unsigned", "signed": base / "signed", "key": key}


@pytest.fixture(params=["unsigned", "signed"])
def root(
    states: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Path:
    copied = shutil.copytree(states[request.param], tmp_path / "repository")
    monkeypatch.chdir(copied)
    return copied


def verify(page: Path = PAGE) -> None:
    main(Namespace(page=page))


def flip(path: Path, place: int = 3) -> None:
    """Change one byte."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def broken() -> str:
    with pytest.raises(ChainError) as failed:
        verify()
    assert f"it broke at {failed.value.found.split(':')[0]}" in failed.value.rule
    return failed.value.found


@pytest.mark.usefixtures("root")
def test_a_page_of_this_repository_is_accepted(tmp_path: Path) -> None:
    verify()
    mailed = shutil.copy(PAGE, tmp_path / "from a mail.html")
    verify(mailed)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_was_changed_by_one_byte_is_named(name: str) -> None:
    flip(LINKS[name])
    (found,) = broken().splitlines()
    assert found.startswith(f"{name}: {'data/' if 'data' in found else ''}")
    LINKS[name].unlink()
    assert broken().startswith(f"{name}: ")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("text", ["<title>", "auroc", '"path":"data', '"head":"'])
def test_a_page_that_was_changed_by_one_byte_is_named(text: str) -> None:
    flip(PAGE, PAGE.read_bytes().index(text.encode()) + len(text) + 1)
    assert "page: it was changed" in broken()


@pytest.mark.usefixtures("root")
def test_the_first_of_several_breaks_is_the_one() -> None:
    for name in (f"predictions {MODEL}", "samples"):
        flip(LINKS[name])
    assert [line.strip().split(":")[0] for line in broken().splitlines()] == [
        "samples",
        f"predictions {MODEL}",
    ]


@pytest.mark.usefixtures("root")
def test_an_added_file_breaks_the_link_of_its_folder() -> None:
    (paths.IMAGES / ".gitignore").write_text("of DVC")
    verify()
    (paths.IMAGES / "more.bin").touch()
    assert broken().startswith("images: ")


@pytest.mark.usefixtures("root")
def test_a_page_with_another_or_no_chain_is_refused() -> None:
    PAGE.write_text(PAGE.read_text("utf-8").replace('id="hash-chain"', 'id="other"'), "utf-8")
    with pytest.raises(ChainError, match="0 chains in the page"):
        verify()


def test_the_page_says_whether_it_is_signed(states: dict[str, Path]) -> None:
    unsigned, signed = ((states[n] / PAGE).read_text("utf-8") for n in ("unsigned", "signed"))
    assert "The chain is <strong>not signed</strong>" in unsigned
    assert re.search(r"signed with the Ed25519 key <code>[0-9a-f]{64}</code>", signed)
    assert "s" * 128 not in signed
    assert "p" * 64 not in unsigned + signed


def test_a_key_that_nobody_here_trusts_is_no_proof(
    states: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, found in (("signed", "signature: it is not"), ("unsigned", "signature: there is no")):
        root = shutil.copytree(states[name], tmp_path / name)
        state_key(root, make_key(tmp_path / f"{name}.pem")[1])
        monkeypatch.chdir(root)
        assert broken().startswith(found)


def test_a_page_that_shall_be_signed_is_not_written_without_the_key(
    states: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(states["signed"], tmp_path / "repository"))
    PAGE.unlink()
    other = make_key(tmp_path / "other.pem")[0]
    (tmp_path / "none.pem").write_text("no key")
    for key, found in (("", "is not set"), (other, "public part"), (tmp_path / "none.pem", "PEM")):
        monkeypatch.setenv(SIGNING_KEY, str(key))
        with pytest.raises(ChainError, match=found):
            write_page(Namespace(model=MODEL))
    assert not PAGE.exists()


def test_a_signed_page_is_written_with_the_same_bytes(
    states: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(states["signed"], tmp_path / "repository"))
    monkeypatch.setenv(SIGNING_KEY, str(states["key"]))
    before = PAGE.read_bytes()
    write_page(Namespace(model=MODEL))
    assert PAGE.read_bytes() == before


def test_the_hash_of_a_folder_is_that_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "folder/b").mkdir(parents=True)
    (tmp_path / "folder/b/one").write_text("1")
    (tmp_path / "folder/a two").write_text("2")
    command = "find -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    said = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path / "folder", capture_output=True, text=True, check=True
    )
    assert artifact_sha256(tmp_path / "folder") == said.stdout.split()[0]
    assert artifact_sha256(tmp_path / "nothing") is None


def test_what_networks_share_stands_once_and_must_agree() -> None:
    shared, own = Link("manifest", "m", "1"), [Link("model a", "a", "2"), Link("model b", "b", "3")]
    assert joined_links([[shared, own[0]], [shared, own[1]]]) == (shared, *own)
    with pytest.raises(ChainError, match="two hashes of m: 1, 4"):
        joined_links([[shared], [Link("manifest", "m", "4")]])
