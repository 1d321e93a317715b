"""Age and sex of a patient, from the text of a DICOM element or of a cell of a table.

A text that makes no sense is unknown (None). It never costs a film.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

# Source: 45 CFR 164.514(b)(2)(i)(C), HIPAA's safe harbour: all ages over 89 become one group
AGE_CAP = 90.0
# Years of the oldest person known. Source: Robine and Allard, Science 279:1831, 1998
_OLDEST = 122.0
_AGE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)([YMWD]?)")
_PER_YEAR = {"": 1.0, "Y": 1.0, "M": 12.0, "W": 365.25 / 7, "D": 365.25}
_SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


@dataclass(frozen=True, slots=True)
class Person:
    """What a source tells of a patient; None where it tells nothing or nonsense.

    age_years: 0 to AGE_CAP at the time of the film.
    sex: `female` or `male`. DICOM's O (other) is None: no group of films is that small.
    """

    age_years: float | None = None
    sex: str | None = None


NOBODY = Person()


@lru_cache(maxsize=4096)  # a million films share few ages
def read_person(age: str, sex: str) -> Person:
    """Read an age and a sex.

    Args:
        age: Years, or 1 to 3 digits and a unit: Y, M (months), W (weeks) or D (days).
        sex: F, M, female or male, in upper or lower case.

    Returns:
        An age above 89 years is AGE_CAP.

    Example:
        >>> read_person("006M", "F"), read_person("412Y", "O")
        (Person(age_years=0.5, sex='female'), Person(age_years=None, sex=None))

    Source: DICOM PS3.5, 6.2 (AS, age string); PS3.3, C.7.1.1 (patient's sex).
    """
    return Person(_years(age.strip().upper()), _SEXES.get(sex.strip().lower()))


def _years(age: str) -> float | None:
    match = _AGE.fullmatch(age)
    if match is None:
        return None
    years = float(match[1]) / _PER_YEAR[match[2]]
    return min(years, AGE_CAP) if years <= _OLDEST else None
