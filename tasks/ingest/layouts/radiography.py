"""Layout `radiography`: COVID-19 Radiography Database, with one folder per class and masks.

| version | film |
|---|---|
| old | `COVID-19 Radiography Database/{COVID-19,NORMAL,Viral Pneumonia}/COVID-19 (1).png` |
| new | `COVID-19_Radiography_Dataset/{COVID,Normal,...}/{images,masks}/COVID-1.png` |

The numbers in the names count films. The set does not tell the patients.

Source: T. Rahman et al., "COVID-19 Radiography Database", Kaggle; Chowdhury et al., IEEE Access 8,
2020; Rahman et al., Computers in Biology and Medicine 132, 2021.
"""

import re
from collections.abc import Sequence

from tasks.core.examination.file_names import folders_of, name_of
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.folder_names import split_of
from tasks.ingest.layouts.mooney import SUFFIX
from tasks.ingest.layouts.path_facts import PathFacts, film_folders, is_mask, without_masks

LABELS = {
    "COVID": "COVID",
    "COVID-19": "COVID",
    "NORMAL": "NORMAL",
    "LUNG OPACITY": "LUNG OPACITY",
    "VIRAL PNEUMONIA": "VIRAL PNEUMONIA",
}
FILM_NAME = re.compile(
    r"(?P<label>COVID-19|COVID|NORMAL|LUNG[_ ]OPACITY|VIRAL PNEUMONIA)"
    r"(?: ?\((?P<old>[0-9]{1,9})\)|-(?P<new>[0-9]{1,9}))" + SUFFIX,
    re.IGNORECASE | re.ASCII,
)


class Radiography:
    """One folder per class; the name of a film states its class; `masks/` holds no films."""

    name = "radiography"

    def __init__(self, paths: Sequence[str]) -> None:
        del paths  # each path of this layout is read without the others

    def recognises(self, paths: Sequence[str]) -> bool:
        """At least two known classes and no other; most names state the class of their folder."""
        if _holds_other_classes(film_folders(paths)):
            return False
        placed = [(name_of(path), self.path_facts(path)) for path in paths]
        films = [(name, facts.label) for name, facts in placed if not facts.rejected]
        films = [(name, label) for name, label in films if label]
        n_named = sum(parse_radiography_name(name) == label for name, label in films)
        return len({label for _, label in films}) > 1 and n_named * 2 > len(films)

    def path_facts(self, path: str) -> PathFacts:
        """Label from the class folder, which may hold `images` and `masks`; split from above it."""
        folders = folders_of(path)
        outer, label = _outer_and_label(folders)
        split = split_of(outer[-1]) if label and outer else None
        rejected = "mask" if is_mask(path) else None
        return PathFacts(label, given_split=split, rejected=rejected)


def parse_radiography_name(name: str) -> str | None:
    """Read the class from a file name of the set, in canonical form; None for other names."""
    match = FILM_NAME.fullmatch(name)
    return LABELS[canonical_label(match["label"])] if match else None


def _outer_and_label(folders: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """Folders above the class folder, and the class; None if the class is unknown or missing."""
    folders = without_masks(folders)
    if folders and folders[-1].lower() == "images":
        folders = folders[:-1]
    return folders[:-1], LABELS.get(canonical_label(folders[-1])) if folders else None


def _holds_other_classes(folders: Sequence[tuple[str, ...]]) -> bool:
    """Whether a folder beside or below the class folders holds images without a known class."""
    read = [(names, *_outer_and_label(names)) for names in folders]
    roots = {outer for _, outer, label in read if label}
    unread = [names for names, _, label in read if not label]
    return any(names[:depth] in roots for names in unread for depth in range(len(names)))
