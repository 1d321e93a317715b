"""Patient keys that stand for nobody: ANONYMOUS, unknown, zeros."""

import hashlib
from functools import lru_cache

_WORDS = (
    "anon", "anonym", "anonymized", "anonymised", "anonymous", "deidentified", "de-identified",
    "na", "n/a", "nan", "nil", "no name", "noname", "none", "null", "patient", "patient id",
    "patientid", "removed", "test", "unk", "unknown", "unnamed", "xxx", "xxxx",
)  # fmt: skip
_ZEROS = tuple("0" * n for n in range(1, 13))


def without_stand_in(key: str | None, salt: str | None = None) -> str | None:
    """Return a patient key, or None if it is a word that stands for nobody.

    Films under such a key would count as films of one patient. Without a key each film counts as
    a patient of its own, and the gate says so. The number 0 is a key in a table, where patients
    may be numbered from 0, and a stand-in in a DICOM file.

    Args:
        key: From a layout, or from `patient_key` of a DICOM file.
        salt: `ingest.patient_salt` if the key was hashed with it.

    Example:
        >>> without_stand_in("Unknown"), without_stand_in("P-17")
        (None, 'P-17')
    """
    if key is None:
        return None
    if salt is not None:
        return None if key in _hashed_words(salt) else key
    return None if key.strip().lower() in _WORDS else key


@lru_cache(maxsize=4)
def _hashed_words(salt: str) -> frozenset[str]:
    """The keys that `hash_patient_id` of tasks/core/film/dicom.py makes of the words."""
    spellings = {form for word in _WORDS for form in (word, word.upper(), word.title())}
    words = spellings | {word.capitalize() for word in _WORDS} | set(_ZEROS)
    return frozenset(
        f"dicom:{hashlib.sha256((salt + word).encode()).hexdigest()[:16]}" for word in words
    )
