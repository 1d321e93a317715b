"""A word that stands for nobody is no patient."""

import pytest

from tasks.core.examination.patients import without_stand_in
from tasks.core.film.decode import open_film, patient_key
from tests.dicoms import dicom
from tests.films import film_pixels


@pytest.mark.parametrize("number", ["ANONYMOUS", "unknown", "0", "000000", "Anonymized", "N/A"])
def test_the_stand_in_of_a_dicom_file_is_no_patient(number: str) -> None:
    film = open_film(dicom(film_pixels(1), PatientID=number))
    assert without_stand_in(patient_key(film, "salt"), "salt") is None
    known = patient_key(open_film(dicom(film_pixels(1))), "salt")
    assert without_stand_in(known, "salt") == known is not None


def test_the_stand_in_of_a_table_is_no_patient_but_0_is() -> None:
    keys = ["Unknown", " anonymous ", "NA", "none", "0", "p1", None]
    assert [without_stand_in(key) for key in keys] == [None, None, None, None, "0", "p1", None]
