"""200 hostile zips: each member is read or gives an OSError, or the zip gives one SourceError."""

import random
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.source import open_source
from tests.films import jpeg, png, write_zip

N_ZIPS = 200
LIMIT_S = 5.0  # for one zip; each takes about 0.05 s
MIB = 2**20
MEMORY_BYTES = 200 * MIB  # two members of 64 MiB, the largest size with any ratio, and the zip

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
NAMES = (
    b"../../e.png",
    b"/etc/passwd",
    b"..\\..\\e.png",
    b"C:\\evil.png",
    b"a/../../ee",
    b"a\0b.png",
)

Mutation = Callable[[bytearray, random.Random], None]


def places(data: bytearray, signature: bytes) -> list[int]:
    """Positions of all records of a kind."""
    found, start = [], data.find(signature)
    while start >= 0:
        found.append(start)
        start = data.find(signature, start + 4)
    return found


def put(data: bytearray, start: int, form: str, value: int) -> None:
    """Overwrite one field, within the data."""
    if start + struct.calcsize(form) <= len(data):
        struct.pack_into(form, data, start, value)


def flip_anywhere(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 20)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_in_records(data: bytearray, chance: random.Random) -> None:
    records = [*places(data, LOCAL), *places(data, CENTRAL), *places(data, END)]
    for _ in range(chance.randrange(1, 6)):
        place = chance.choice(records) + chance.randrange(46)
        data[min(place, len(data) - 1)] ^= 1 << chance.randrange(8)


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def cut_out(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.randrange(1, 2000)]


def wrong_magic(data: bytearray, chance: random.Random) -> None:
    place = chance.choice([*places(data, LOCAL), *places(data, CENTRAL), *places(data, END)])
    data[place : place + 4] = chance.randbytes(4)


def random_bytes(data: bytearray, chance: random.Random) -> None:
    head = chance.choice([b"", LOCAL, END])
    data[:] = head + chance.randbytes(chance.randrange(3000))


def overlap(data: bytearray, chance: random.Random) -> None:
    target = chance.randrange(len(data))
    for place in chance.sample(places(data, CENTRAL), 2):
        put(data, place + 42, "<L", target if chance.random() < 0.5 else 0)


def reach_far(data: bytearray, chance: random.Random) -> None:
    place = chance.choice(places(data, CENTRAL))
    put(data, place + chance.choice([20, 42]), "<L", chance.choice([2**31, 2**32 - 1, 10**6]))


def lead_out(data: bytearray, chance: random.Random) -> None:
    name = chance.choice(NAMES)
    for signature, offset in ((LOCAL, 30), (CENTRAL, 46)):
        place = places(data, signature)[1] + offset
        data[place : place + len(name)] = name


def same_name(data: bytearray, _: random.Random) -> None:
    for signature, offset in ((LOCAL, 30), (CENTRAL, 46)):
        first, second = places(data, signature)[:2]
        size = len("NORMAL/film-0.png")
        data[second + offset : second + offset + size] = data[first + offset :][:size]


def link_or_device(data: bytearray, chance: random.Random) -> None:
    kind = chance.choice([stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFDIR, 0xF000])
    put(data, chance.choice(places(data, CENTRAL)) + 38, "<L", (kind | 0o777) << 16)


def encrypt(data: bytearray, chance: random.Random) -> None:
    number = chance.randrange(3)
    flags = chance.choice([0x1, 0x41, 0x2001, 0x20])
    put(data, places(data, LOCAL)[number] + 6, "<H", flags)
    put(data, places(data, CENTRAL)[number] + 8, "<H", flags)


def false_size(data: bytearray, chance: random.Random) -> None:
    place = chance.choice(places(data, CENTRAL))
    sizes = [0, 1, 4096, 2**20, 2**26, 2**30, 2**30 + 1, 2**32 - 2, 2**32 - 1]
    put(data, place + 24, "<L", chance.choice(sizes))


def strange_method(data: bytearray, chance: random.Random) -> None:
    place = chance.choice(places(data, CENTRAL))
    put(data, place + 10, "<H", chance.choice([0, 1, 6, 8, 9, 12, 14, 93, 95, 97, 99, 0xFFFF]))


def split(data: bytearray, chance: random.Random) -> None:
    put(data, places(data, END)[-1] + chance.choice([4, 6, 8, 10, 12, 16]), "<H", 7)


def bomb(data: bytearray, chance: random.Random) -> None:
    """A member of zeros with a ratio of 1000, with a true or a false size."""
    n_bytes = chance.choice([20 * MIB, 70 * MIB])
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(MIB)
    body = b"".join(packer.compress(zeros) for _ in range(n_bytes // MIB)) + packer.flush()
    claimed = chance.choice([n_bytes, 1000, 2**32 - 2])
    sizes = struct.pack("<LLLHH", 0, len(body), claimed, 5, 0)
    local = struct.pack("<4s5H", LOCAL, 20, 0, 8, 0, 33) + sizes + b"z.png"
    central = struct.pack("<4s6H", CENTRAL, 20, 20, 0, 8, 0, 33) + sizes
    central += struct.pack("<3H2L", 0, 0, 0, 0, 0) + b"z.png"
    end = struct.pack("<4s4H2LH", END, 0, 0, 1, 1, len(central), len(local) + len(body), 0)
    data[:] = local + body + central + end


MUTATIONS: tuple[Mutation, ...] = (
    flip_anywhere, flip_in_records, cut, cut_out, wrong_magic, random_bytes, overlap, reach_far,
    lead_out, same_name, link_or_device, encrypt, false_size, strange_method, split, bomb,
)  # fmt: skip
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def read_every_member(path: Path) -> Counter[str]:
    """Count members by outcome; an exception other than the two documented ones is not caught."""
    seen: Counter[str] = Counter()
    try:
        with open_source(str(path)) as source:
            for name in source.paths():
                try:
                    source.read(name)
                    seen["read"] += 1
                except OSError:
                    seen["unreadable"] += 1
    except SourceError as error:
        seen["refused" if error.found and error.next_step else "refused without explanation"] += 1
    return seen


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """One valid zip for each compression method."""
    folder = tmp_path_factory.mktemp("whole")
    films = {f"NORMAL/film-{number}.png": png(number, 40, 40) for number in range(3)}
    films |= {"PNEUMONIA/black.bmp": bytes(20_000), "PNEUMONIA/film.jpeg": jpeg(9)}
    zips = [write_zip(folder / f"{method}.zip", films, method) for method in METHODS]
    for path in zips:
        assert read_every_member(path) == {"read": 5}
    return [path.read_bytes() for path in zips]


def test_hostile_zips_are_read_or_refused_in_bounded_time_and_memory(
    tmp_path: Path, whole: list[bytes]
) -> None:
    outcomes: dict[str, Counter[str]] = {mutate.__name__: Counter() for mutate in MUTATIONS}
    path = tmp_path / "films.zip"
    tracemalloc.start()
    try:
        for number in range(N_ZIPS):
            chance = random.Random(number)
            mutate = MUTATIONS[number % len(MUTATIONS)]
            data = bytearray(whole[number // len(MUTATIONS) % len(whole)])
            mutate(data, chance)
            path.write_bytes(data)
            tracemalloc.reset_peak()
            start_s = time.monotonic()
            outcomes[mutate.__name__] += read_every_member(path)
            assert time.monotonic() - start_s < LIMIT_S, (number, mutate.__name__)
            assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES, (number, mutate.__name__)
    finally:
        tracemalloc.stop()
    assert [found.name for found in tmp_path.iterdir()] == ["films.zip"]
    for name in ("lead_out", "same_name", "cut", "random_bytes"):
        assert set(outcomes[name]) == {"refused"}, name
    for name in ("link_or_device", "encrypt", "false_size", "strange_method"):
        assert outcomes[name]["unreadable"] > 0, name
    for name in ("overlap", "reach_far", "split"):
        assert outcomes[name]["refused"] > 0, name
    assert outcomes["bomb"]["read"] == 0
    total = sum(outcomes.values(), Counter[str]())
    assert set(total) == {"read", "unreadable", "refused"}
    assert total["read"] > 50  # the other members of a zip are read


@pytest.mark.parametrize("method", METHODS)
def test_flipped_bits_make_only_some_members_unreadable(
    tmp_path: Path, whole: list[bytes], method: int
) -> None:
    chance = random.Random(method)
    path = tmp_path / "films.zip"
    seen: Counter[str] = Counter()
    for _ in range(100):
        data = bytearray(whole[METHODS.index(method)])
        flip_in_records(data, chance)
        path.write_bytes(data)
        seen += read_every_member(path)
    assert min(seen["read"], seen["unreadable"], seen["refused"]) > 5
