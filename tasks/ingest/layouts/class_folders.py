"""Layout `class_folders`: one folder per class, as Keras and torchvision read it.

`class_level.py` states which level of folders is the class. Beside it:

- Folders that name no class are passed over, above and below the class: images, films, png, AP,
  PA, batches (`images_001`), studies.
- A folder named as a patient (`patient001`) gives the patient, at any level. So does a folder with
  a plain number, date or UID below the class, if there are two of them or more. The same name is
  the same patient in all classes and splits: one patient too few costs some precision, one too
  many can be a leak.
- Such names are no classes. Plain numbers are, if `evaluate.negative_class` is one of them.
- Else the patient is read from names of Kermany's films.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import folders_of, name_of
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.class_level import FolderLevels, find_levels, listed, refuse
from tasks.ingest.layouts.folder_names import NameKind, name_kind, split_in
from tasks.ingest.layouts.mooney import parse_kermany_name
from tasks.ingest.layouts.path_facts import (
    PathFacts,
    film_folders,
    is_lateral,
    is_mask,
    without_masks,
)

_NO_LABEL = frozenset(
    {"UNKNOWN", "UNLABELLED", "UNLABELED", "UNLABELLED DATA", "UNSORTED", "UNDEFINED", "NO LABEL"}
)
_NO_CLASS: frozenset[NameKind] = frozenset({"patient", "number", "container", "blank"})


class ClassFolders:
    """`[SITE/][{train,val,test}/]CLASS/...`, with the split above or below the class."""

    name = "class_folders"

    def __init__(self, paths: Sequence[str], negative_class: str = "") -> None:
        self._folders = film_folders(paths)
        self._passed_over = _NO_CLASS - {name_kind(negative_class)} if negative_class else _NO_CLASS
        self._levels: FolderLevels | None = None
        self._error: SourceError | None = None
        self._number_is_patient = False
        self._read = lru_cache(maxsize=4096)(self._read_folders)
        try:
            self._levels = find_levels(list(map(self._named, self._folders)), negative_class)
            self._check_passed_over()
            self._check_depth()
        except SourceError as error:  # another layout may know these paths
            self._levels, self._error = None, error
        numbers = {name for folders in self._folders for name in self._numbers_below(folders)}
        self._number_is_patient = len(numbers) > 1

    def recognises(self, paths: Sequence[str]) -> bool:
        """At least two class folders.

        Raises:
            SourceError: The folder names contradict each other, or look like patients, batches or
                plain numbers.
        """
        if self._error is not None:
            raise self._error
        del paths  # their folders were read at the start
        return len({self._read(folders).label for folders in self._folders} - {None}) > 1

    def path_facts(self, path: str) -> PathFacts:
        """Label, split, site and patient from the folders; subtype and patient from the name."""
        facts = self._read(without_masks(folders_of(path)))
        subtype, patient_id = parse_kermany_name(name_of(path)) if facts.label else (None, None)
        return PathFacts(
            facts.label,
            subtype,
            facts.given_split,
            facts.patient_id or patient_id,
            _rejected(path),
            facts.site,
            is_folder_patient=facts.patient_id is not None,
        )

    def _named(self, folders: tuple[str, ...]) -> tuple[str, ...]:
        """The folders that may name a class, a split or a site."""
        return tuple(name for name in folders if name_kind(name) not in self._passed_over)

    def _read_folders(self, folders: tuple[str, ...]) -> PathFacts:
        named, levels = self._named(folders), self._levels
        if levels is None:
            return PathFacts()
        split = named[levels.split : levels.split + 1] if levels.split is not None else ()
        sites = [named[depth] for depth in levels.sites if depth < len(named)]
        has_label = levels.label < len(named)
        return PathFacts(
            label=_label(named[levels.label]) if has_label else None,
            given_split=split_in(split[0]) if split else None,
            patient_id=self._patient(folders) if has_label else None,
            site=" / ".join(map(canonical_label, sites)) or None,
        )

    def _patient(self, folders: tuple[str, ...]) -> str | None:
        patients = [name for name in folders if name_kind(name) == "patient"]
        if patients:
            return canonical_label(patients[-1])  # MIMIC-CXR: p10/p10000032
        numbers = self._numbers_below(folders) if self._number_is_patient else []
        return canonical_label(numbers[0]) if numbers else None

    def _numbers_below(self, folders: tuple[str, ...]) -> list[str]:
        """Plain numbers below the class folder."""
        below = [folders[i + 1 :] for i in self._positions(folders)[:1]]
        return [name for names in below for name in names if name_kind(name) == "number"]

    def _positions(self, folders: tuple[str, ...]) -> list[int]:
        """Positions of the class folder and of the named folders below it."""
        named = [i for i, name in enumerate(folders) if name_kind(name) not in self._passed_over]
        return named[self._levels.label :] if self._levels else []

    def _check_depth(self) -> None:
        """Refuse an unknown folder that would be a class only because others were passed over."""
        depths: dict[bool, set[int]] = {True: set(), False: set()}
        names = set()
        for folders in self._folders:
            for position in self._positions(folders)[:1]:
                is_known = name_kind(folders[position]) == "class"
                depths[is_known].add(position)
                names |= set() if is_known else {folders[position]}
        if depths[True] and not depths[False] <= depths[True]:
            refuse(
                "all class folders must lie at the same depth",
                f"{listed(names)} at another depth than the other classes",
                "move the class folders to one depth",
            )

    def _check_passed_over(self) -> None:
        """Refuse folders that stand where a class should, but name none."""
        with_class = [folders for folders in self._folders if self._positions(folders)]
        above = {folders[:depth] for folders in with_class for depth in range(len(folders))}
        without = set(self._folders) - above - set(with_class)
        alone = self._levels is None
        n_shared = _n_shared(self._folders) if alone else 0
        found = {
            name
            for folders in without
            for name in folders[n_shared:]
            if name_kind(name) in self._passed_over and _may_hide_class(name, alone=alone)
        }
        if len(found) > alone:
            named = {name for folders in self._folders for name in self._named(folders)}
            refuse(
                "class folders must be named by their findings; names of patients, batches, views "
                "or plain numbers are no classes",
                f"{listed(found)}; names that could be of classes: {listed(named) or 'none'}",
                "put the films into class folders, such as NORMAL and PNEUMONIA (plain numbers "
                "are accepted if evaluate.negative_class is one of them)",
            )


def _label(name: str) -> str | None:
    label = canonical_label(name)
    return None if label in _NO_LABEL else label


def _rejected(path: str) -> str | None:
    if is_mask(path):
        return "mask"
    return "not_frontal" if is_lateral(path) else None


def _n_shared(tree: Sequence[tuple[str, ...]]) -> int:
    """Number of outer folders that all films share."""
    same = (len(set(names)) == 1 for names in zip(*tree, strict=False))
    return sum(1 for _ in takewhile(bool, same))


def _may_hide_class(name: str, *, alone: bool) -> bool:
    """Whether films may have lost their class; `images` beside class folders is only counted."""
    return name_kind(name) != "blank" and (alone or any(map(str.isdigit, name)))
