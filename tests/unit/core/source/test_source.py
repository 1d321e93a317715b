"""A folder and a zip of films are listed and read in the same way; nothing leads out of them."""

import os
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.file_size import MAX_FILE_BYTES
from tasks.core.source.source import open_source
from tests.films import stage_environment, tree_hash, write_tree, write_zip

FILES = {
    "chest/train/NORMAL/b.jpeg": b"one",
    "chest/train/NORMAL/a.jpeg": b"two",
    "chest/Viral Pneumonia/é.png": b"three",
    "chest/.DS_Store": b"",
    "Zebra.txt": b"four",
}


def read_all(location: Path) -> dict[str, bytes]:
    with open_source(str(location)) as source:
        return {path: source.read(path) for path in source.paths()}


def refusal(location: Path) -> SourceError:
    with pytest.raises(SourceError) as caught, open_source(str(location)) as source:
        source.paths()
    assert caught.value.next_step
    return caught.value


def test_a_folder_and_a_zip_give_the_same_files(tmp_path: Path) -> None:
    folder = read_all(write_tree(tmp_path / "films", FILES))
    assert folder == FILES
    assert list(folder) == sorted(FILES)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        packed = read_all(write_zip(tmp_path / f"{method}.zip", FILES, method))
        assert list(packed.items()) == list(folder.items())


def test_an_empty_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "films/empty").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "films.zip", "w") as archive:
        archive.mkdir("empty")
    assert read_all(tmp_path / "films") == read_all(tmp_path / "films.zip") == {}


def test_reading_writes_nothing_under_the_source(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    write_zip(root / "films.zip", FILES)
    before = tree_hash(root)
    read_all(root)
    read_all(root / "films.zip")
    assert tree_hash(root) == before


def test_a_read_only_source_is_read(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    for path in [*root.rglob("*"), root]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert read_all(root) == FILES
    finally:
        for path in [root, *root.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)


LIST = """
import os, sys
from tasks.core.source.source import open_source
from tasks.core.errors import SourceError
if os.geteuid() == 0:
    os.setuid(65534)  # root may read everything, so become the user nobody
try:
    with open_source(sys.argv[1]) as source:
        print(source.paths())
except SourceError as error:
    print("refused", error.where)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has other rights")
def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path) -> None:
    for parent in [tmp_path, *tmp_path.parents[:3]]:
        parent.chmod(0o755)
    root = write_tree(tmp_path / "films", FILES)
    (root / "chest/train").chmod(0)
    answer = subprocess.run(
        [sys.executable, "-c", LIST, str(root)],
        env=stage_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    (root / "chest/train").chmod(0o700)
    assert answer.stderr == ""
    assert answer.stdout == f"refused {root}/chest/train\n"


def test_the_error_of_a_missing_source_names_its_path(tmp_path: Path) -> None:
    error = refusal(tmp_path / "no/such")
    assert error.found == "no such file or folder"
    assert str(tmp_path / "no/such") in error.where


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_zip_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = write_zip(tmp_path / "films.zip", FILES)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "cut off" in refusal(path).found


def test_a_text_file_named_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "films.zip").write_text("<html>Please log in to Kaggle</html>")
    assert "not a zip" in refusal(tmp_path / "films.zip").found


@pytest.mark.parametrize(
    "name", ["../evil.jpeg", "a/../../evil.jpeg", "/etc/evil.jpeg", "a\\..\\evil.jpeg", "a/.."]
)
def test_a_zip_with_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "films.zip", {"a/good.jpeg": b"1", name: b"2"})
    assert repr(name) in refusal(path).found
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["films.zip"]


@pytest.mark.parametrize("target", ["secret", "secrets", "nowhere", "films/chest/loop"])
def test_a_link_that_leads_out_is_listed_but_not_read(tmp_path: Path, target: str) -> None:
    root = write_tree(tmp_path / "films", FILES)
    (tmp_path / "secret").write_text("key")
    write_tree(tmp_path / "secrets", {"more": b"keys"})
    (root / "chest/loop").symlink_to(root / "chest/loop")
    link = root / "chest/link.jpeg"
    link.symlink_to(tmp_path / target)
    with open_source(str(root)) as source:
        assert "chest/link.jpeg" in source.paths()
        assert "chest/link.jpeg/more" not in source.paths()
        with pytest.raises(OSError, match=r"link"):
            source.read("chest/link.jpeg")


def test_a_link_inside_the_folder_is_read(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    (root / "link.jpeg").symlink_to("chest/train/NORMAL/a.jpeg")
    assert read_all(root)["link.jpeg"] == b"two"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_or_a_socket_is_listed_but_not_opened(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    os.mkfifo(root / "pipe.jpeg")
    (root / "link.jpeg").symlink_to("pipe.jpeg")
    with socket.socket(socket.AF_UNIX) as server, open_source(str(root)) as source:
        # the name of a socket has at most 107 bytes
        server.bind(os.path.relpath(root / "socket.jpeg"))
        for name in ("pipe.jpeg", "socket.jpeg", "link.jpeg"):
            assert name in source.paths()
            with pytest.raises(OSError, match="not a regular file"):
                source.read(name)
    assert "pipe" in refusal(root / "pipe.jpeg").found


def test_a_device_is_not_a_source() -> None:
    assert "device" in refusal(Path("/dev/null")).found


@pytest.mark.parametrize("location", ["~nobody-of-that-name/films", "a\0b", "x" * 5000])
def test_an_impossible_path_is_refused(location: str) -> None:
    with pytest.raises(SourceError, match="must exist"), open_source(location):
        pass


def test_a_file_deleted_after_the_listing_is_an_oserror(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    with open_source(str(root)) as source:
        source.paths()
        (root / "Zebra.txt").unlink()
        with pytest.raises(FileNotFoundError):
            source.read("Zebra.txt")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    with (root / "huge.png").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)  # a sparse file takes no space on the disk
    with open_source(str(root)) as source, pytest.raises(OSError, match=r"huge\.png is larger"):
        source.read("huge.png")


def test_a_link_to_a_folder_is_a_source(tmp_path: Path) -> None:
    write_tree(tmp_path / "films", FILES)
    (tmp_path / "link").symlink_to("films")
    assert read_all(tmp_path / "link") == FILES


def test_a_path_given_to_read_cannot_lead_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    root = write_tree(tmp_path / "films", FILES)
    for location in (root, write_zip(tmp_path / "films.zip", FILES)):
        with open_source(str(location)) as source, pytest.raises(OSError, match="secret"):
            source.read("../secret")


def test_a_link_in_a_zip_is_listed_but_not_read(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "films.zip", FILES)
    with zipfile.ZipFile(path, "a") as archive:
        member = zipfile.ZipInfo("link.jpeg")
        member.create_system = 3
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    with open_source(str(path)) as source:
        assert "link.jpeg" in source.paths()
        with pytest.raises(OSError, match="link"):
            source.read("link.jpeg")


@pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")
def test_a_name_that_is_not_utf8_is_refused_because_dvc_cannot_track_it(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", FILES)
    Path(os.fsdecode(os.fsencode(root) + b"/Pneumon\xeda.jpeg")).touch()
    error = refusal(root)
    assert "DVC" in error.rule
    assert error.found == r"Pneumon\xeda.jpeg"
    assert error.where == str(root)


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "films.zip", {"a.jpeg": b"x" * 50}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[6] |= 1  # set the flag `encrypted` in the local header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "a.jpeg, need a password" in refusal(path).found
