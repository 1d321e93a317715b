"""What the name of one folder says: a split, a class, masks, a patient, or nothing about the film.

A name is read word by word: it is cut at everything that is no letter, and before a capital that
follows a small letter. So `train_images`, `1_train`, `TrainSet` and `Test Data` hold a split.
"""

import re
from functools import lru_cache
from typing import Literal

from tasks.core.params.class_name import canonical_label

NameKind = Literal["split", "class", "patient", "number", "container", "blank", "other"]

SPLIT_FOLDERS = {  # words, and the split that each stands for
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "holdout": "test",
    # Some call a validation split `eval`; as a test split it can choose nothing
    "eval": "test",
    "evaluation": "test",
    # Spanish, Portuguese and Chinese
    "entrenamiento": "train",
    "treinamento": "train",
    "训练": "train",
    "validacion": "val",
    "validación": "val",
    "validação": "val",
    "验证": "val",
    "prueba": "test",
    "teste": "test",
    "测试": "test",
}
NEGATIVE_CLASSES = frozenset(
    {"NORMAL", "NORMALS", "HEALTHY", "NEGATIVE", "CONTROL", "CONTROLS", "NO FINDING", "NO FINDINGS",
     "NO PNEUMONIA", "NON PNEUMONIA", "NOT PNEUMONIA"}
)  # fmt: skip
_CLASS_WORDS = frozenset(
    {"normal", "normals", "healthy", "negative", "control", "controls", "positive", "abnormal",
     "finding", "findings", "pneumonia", "pneumonias", "pneumonic", "covid", "ncov", "corona",
     "coronavirus", "sars", "mers", "tuberculosis", "tb", "opacity", "opacities", "bacteria",
     "bacterial", "virus", "viral", "fungal", "infected", "uninfected", "infection",
     "effusion", "edema", "oedema", "cardiomegaly", "atelectasis", "pneumothorax",
     "infiltration", "infiltrate", "consolidation", "mass", "nodule", "hernia", "fibrosis",
     "emphysema", "cancer", "benign", "malignant", "disease", "diseased"}
)  # fmt: skip
_SITE_WORDS = frozenset(
    {"hospital", "hosp", "clinic", "center", "centre", "institute", "university", "site"}
)  # fmt: skip
# Words of folders that hold films of any class: kinds of files, views, batches, studies
_CONTAINER_WORDS = frozenset(
    {"image", "images", "img", "imgs", "film", "films", "picture", "pictures", "photo",
     "photos", "xray", "xrays", "x", "ray", "rays", "cxr", "cxrs", "radiograph", "radiographs",
     "scan", "scans", "frontal", "lateral", "ap", "pa", "ll", "view", "views", "png", "jpg",
     "jpeg", "tif", "tiff", "bmp", "webp", "dicom", "dicoms", "dcm", "raw", "original",
     "originals", "full", "resized", "px", "data", "dataset", "file", "files", "folder",
     "folders", "dir", "set", "sets", "subset", "batch", "batches", "part", "parts", "chunk",
     "chunks", "block", "shard", "fold", "folds", "zip", "archive", "vol", "volume", "disk",
     "all", "doc", "docs", "figure", "figures", "sample", "samples", "example", "examples",
     "demo", "assets", "patients", "study", "studies", "series", "session", "sessions", "ses",
     "exam", "exams", "visit"}
)  # fmt: skip
_CLASS_STEMS = frozenset(
    {"class", "grade", "stage", "type", "category", "level", "score", "label", "kl"}
)  # fmt: skip
_DATA_WORDS = frozenset({"data", "dataset", "database", "set"})

_WORD = re.compile(r"[^\W\d_]+")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPLIT_WORD = re.compile(
    rf"({'|'.join(sorted(SPLIT_FOLDERS, key=len, reverse=True))})"
    r"(?:s|sets?|data|images?|imgs?|dir|folder|集)?"
)
_MASK = re.compile(r"masks?(?![a-z])", re.IGNORECASE)
_MASK_WORDS = re.compile(r"segmentations?|annotations?|groundtruths?")
_PATIENT = re.compile(
    r"(?:patient|subject|participant|person)[\W_]*\w*\d|(?:patient|subject|participant)[\W_]+\w"
    r"|(?:pat|subj|sub|case|pid|p)[\W_]*[a-z]?\d",
    re.IGNORECASE,
)
# DICOM UIDs and dates have no letter; a UUID and a hash are hexadecimal with at least one digit
_NUMBER = re.compile(r"[\W\d_]*\d[\W\d_]*|(?=.*\d)[0-9a-f]{8}[0-9a-f-]{8,}", re.IGNORECASE)


@lru_cache(maxsize=65_536)
def words_of(name: str) -> tuple[str, ...]:
    """Words of a name in lower case.

    Example:
        >>> words_of("1_trainImages (new)")
        ('train', 'images', 'new')
    """
    words = _WORD.findall(_CAPITAL.sub(" ", name))
    return tuple(" ".join(words).lower().replace("hold out", "holdout").split())


@lru_cache(maxsize=65_536)
def split_in(name: str) -> str | None:
    """Split that the words of a name hold: train, val or test; None for none, or for several."""
    found = {
        SPLIT_FOLDERS[match[1]] for match in map(_SPLIT_WORD.fullmatch, words_of(name)) if match
    }
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=65_536)
def split_of(name: str) -> str | None:
    """Split of a folder whose name says nothing else; `covid_test` is not one.

    Example:
        >>> split_of("1_train"), split_of("Test Data"), split_of("covid_test")
        ('train', 'test', None)
    """
    others = (word for word in words_of(name) if not _SPLIT_WORD.fullmatch(word))
    return split_in(name) if all(word in _CONTAINER_WORDS for word in others) else None


@lru_cache(maxsize=65_536)
def names_masks(name: str) -> bool:
    """Whether a folder is named as one of masks, segmentations or annotations.

    `Lung Segmentation Data` is the name of a data set: it may hold films and masks.
    """
    if _MASK.search(_CAPITAL.sub(" ", name)):
        return True
    words = words_of(name)
    joined = " ".join(words).replace("ground truth", "groundtruth").split()
    return any(map(_MASK_WORDS.fullmatch, joined)) and not _DATA_WORDS.intersection(words)


def names_negative_class(name: str) -> bool:
    """Whether a name is a usual one for films without a finding."""
    return canonical_label(name.replace("-", " ")) in NEGATIVE_CLASSES


def names_finding(name: str, *, alone: bool = False) -> bool:
    """Whether a name holds a word for a finding, or for none; not `covid_hospital`.

    Args:
        name: Name of a folder.
        alone: Whether it may hold no other word.
    """
    words = words_of(name)
    if alone:
        return bool(words) and _CLASS_WORDS.issuperset(words)
    return not _CLASS_WORDS.isdisjoint(words) and _SITE_WORDS.isdisjoint(words)


@lru_cache(maxsize=65_536)
def name_kind(name: str) -> NameKind:
    """What a name says.

    Returns:
        `split`, `class` (it holds a word for a finding or for none), `patient`, `number` (no word:
        a plain number, date, DICOM UID, UUID or hash), `container` (only words such as images,
        batch or AP, which name no class), `blank`, or `other`.

    Example:
        >>> [name_kind(name) for name in ("Viral Pneumonia", "patient007", "images_001", "Odense")]
        ['class', 'patient', 'container', 'other']
    """
    words = words_of(name)
    if not canonical_label(name):
        return "blank"
    if split_in(name):
        return "split"
    if names_finding(name):
        return "class"
    if _PATIENT.match(name):
        return "patient"
    if _NUMBER.fullmatch(name):
        return "number"
    return "container" if words and _CONTAINER_WORDS.issuperset(words) else "other"


def numbered_stem(name: str) -> str | None:
    """Words of a name that ends in a number, unless they announce a class (`grade 2`)."""
    words = words_of(name)
    numbered = name[-1:].isdigit() and words and words[-1] not in _CLASS_STEMS
    return " ".join(words) if numbered else None
