from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from tasks.gate.compared_films import seen_films
from tasks.gate.released_network import ReleasedNetwork

TRAINED, TUNED = "trained the network in use", "chose the threshold of the network in use"


def cohort(**changes: list[str]) -> pd.DataFrame:
    """Four films: the first two of one patient, the last two of one group of near duplicates."""
    films = pd.DataFrame(
        {
            "image_id": ["i0", "i1", "i2", "i3"],
            "pixel_hash": ["h0", "h1", None, "h3"],
            "patient_id": ["p0", "p0", "p2", "p3"],
            "group_id": ["p0", "p0", "p2", "p2"],
        }
    )
    return films.assign(**changes)


def network(
    image_id: str = "x", pixel_hash: str | None = "x", patient_id: str = "x", split="train"
):
    film = {"image_id": image_id, "pixel_hash": pixel_hash, "patient_id": patient_id}
    films = pd.DataFrame([film | {"split": split}])
    return ReleasedNetwork(Path("used"), SimpleNamespace(), films, {})  # type: ignore[arg-type]


NEW = network()


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (network(image_id="i1"), [TRAINED, TRAINED, "", ""]),  # with the patient's other film
        (network(pixel_hash="h3"), ["", "", TRAINED, TRAINED]),  # the same film in another file
        (network(pixel_hash=None), [""] * 4),  # two unknown hashes are not equal
        (network(patient_id="p0"), [TRAINED, TRAINED, "", ""]),
        (network(patient_id="p3", split="validation"), ["", "", TUNED, TUNED]),
        (network(image_id="i0", split="test"), [""] * 4),
    ],
)
def test_films_that_made_the_network_in_use_are_seen(used, expected):
    assert seen_films(cohort(), [NEW, used]).tolist() == expected


def test_the_new_network_comes_first_and_may_be_alone():
    new = network(patient_id="p0")
    assert seen_films(cohort(), [new]).tolist()[:3] == ["trained the new network"] * 2 + [""]
    used = network(patient_id="p0")
    assert seen_films(cohort(), [new, used])[0] == "trained the new network"


def test_a_film_without_a_patient_is_known_by_its_own_hash():
    films = cohort(patient_id=[None, "p0", "p2", "p3"])
    used = network(patient_id="film:i0")
    assert seen_films(films, [NEW, used])[0] == TRAINED
