"""A network with its reference and 120 further films of the same origin: drawn, or of Kermany."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.core.params import load_params
from tasks.monitor.inbox_films import InboxFilm
from tasks.monitor.watched_network import WatchedNetwork, load_watched
from tests.films import PACKS, ROOT
from tests.monitored_films import draw_films, read_files, write_network
from tests.small_onnx import small_onnx

N_FILMS, N_VALIDATION, N_NEW = 240, 80, 60
KERMANY = PACKS / "kermany-224/chest_xray/train"


@dataclass(frozen=True)
class Origin:
    """Films of one origin.

    watched: network and reference. new: files outside the reference. films: all that were read.
    """

    watched: WatchedNetwork
    folder: Path
    new: list[Path]
    films: list[InboxFilm]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """Films of the phantom."""
    folder = tmp_path_factory.mktemp("drawn")
    draw_films(folder / "films", N_FILMS + N_NEW, seed=1)
    return make_origin(folder)


@pytest.fixture(scope="module")
def kermany(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """Real films, one of each patient."""
    if not KERMANY.exists():
        pytest.skip("the pack kermany-224 is not here")
    folder = tmp_path_factory.mktemp("kermany")
    (folder / "films").mkdir()
    patients: dict[str, Path] = {}
    for file in sorted(KERMANY.glob("*/*.jpeg")):
        patients.setdefault("_".join(file.name.split("_")[:2]).partition("-0001")[0], file)
    step = len(patients) // (N_FILMS + N_NEW)
    for number, file in enumerate(list(patients.values())[::step][: N_FILMS + N_NEW]):
        # the number of a film spreads both classes over training, validation and new films
        shutil.copy(file, folder / "films" / f"{number * 7919 % 10007:05d}-{file.name}")
    return make_origin(folder)


def make_origin(folder: Path) -> Origin:
    """Read the films, and write the network and its reference for the first ones."""
    network = folder / "network"
    network.mkdir()
    films = read_files(folder / "films", small_onnx(network))
    films.sort(key=lambda film: film.sha256 or "")
    write_network(network, films[:N_FILMS], N_VALIDATION)
    watched = load_watched(network, load_params(ROOT / "params.yaml"))
    return Origin(
        watched, folder, [folder / "films" / film.path for film in films[N_FILMS:]], films
    )


@pytest.fixture
def origin(request: pytest.FixtureRequest) -> Origin:
    """The origin that a parameter names."""
    found: Origin = request.getfixturevalue(request.param)
    return found
