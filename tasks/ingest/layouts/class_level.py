"""Find out which level of folders tells the class, which the split, and which the site.

The levels are counted below the source, after folders of masks and folders that name no class
(images, batches, views, studies, patients, plain numbers) are taken away. Then, in this order:

1. A level whose names all hold a word for a split is the split. If some names of a level do and
   others do not, the tree is refused.
2. The class is the first level, from above, that holds the name of `evaluate.negative_class`; else
   one with a usual name for films without a finding (NORMAL, healthy); else one on which all names
   hold a word for a finding; else one on which some do. So `NORMAL/{AP,PA}` has the class above,
   and `hospital/{NORMAL,PNEUMONIA}` has it below.
3. If no name is known, and the same names lie under every folder of a level, that level is not the
   class: the level below is. If only some names do, the tree is refused.
4. The levels above the class are sites, the levels below it are not used.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from tasks.core.errors import SourceError
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.folder_names import (
    name_kind,
    names_finding,
    names_negative_class,
    numbered_stem,
    split_in,
    split_of,
)

MAX_CLASSES = 40  # NIH ChestX-ray14 has 15 classes, VinDr-PCXR 16; more names are patients or films
N_NAMES = 6  # most names that a message lists

_Tree = Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FolderLevels:
    """Positions, from 0, among the named folders of a path.

    split: level of the split folders, or None.
    label: level of the class folders.
    sites: levels that tell the site.
    """

    split: int | None
    label: int
    sites: tuple[int, ...]


def find_levels(tree: _Tree, negative_class: str) -> FolderLevels | None:
    """Find the levels of a tree.

    Args:
        tree: Named folders of each folder that holds films.
        negative_class: `evaluate.negative_class`, in canonical form, or an empty text.

    Returns:
        The levels, or None if no level has two names that could be classes.

    Raises:
        SourceError: The names contradict each other; the message lists them.
    """
    names = [_names_at(tree, depth) for depth in range(max(map(len, tree), default=0))]
    split = _split_level(names)
    others = [depth for depth in range(len(names)) if depth != split]
    several = [depth for depth in others if len(_labels(names[depth])) > 1]
    label = _class_level(tree, names, several, negative_class)
    if label is None:
        return None
    _check_one_finding(names, label, negative_class)
    _check_depth(tree, label, several)
    _check_class_names(names[label], negative_class)
    return FolderLevels(split, label, tuple(depth for depth in several if depth < label))


def listed(names: Iterable[str]) -> str:
    """The first names in order, and how many more there are."""
    ordered = sorted(set(names))
    more = len(ordered) - N_NAMES
    return ", ".join(ordered[:N_NAMES]) + (f" and {more} more" if more > 0 else "")


def refuse(rule: str, found: str, cure: str) -> NoReturn:
    """Raise the error of a tree that cannot be read.

    Raises:
        SourceError: Always.
    """
    raise SourceError(
        rule,
        found=found,
        where="the folder names of ingest.source",
        next_step=f"{cure}, or list the films in an index.csv (path, label, patient_id)",
    )


def _names_at(tree: _Tree, depth: int) -> list[str]:
    return sorted({folders[depth] for folders in tree if len(folders) > depth})


def _labels(names: Iterable[str]) -> set[str]:
    return {canonical_label(name) for name in names}


def _split_level(names: Sequence[list[str]]) -> int | None:
    found = []
    for depth, level in enumerate(names):
        with_split = [name for name in level if split_in(name)]
        if len(level) == 1 and split_of(level[0]):
            found.append(depth)
        elif with_split and len(level) > 1:
            _check_splits(with_split, [name for name in level if name not in with_split])
            found.append(depth)
    several = [depth for depth in found if len(names[depth]) > 1] or found[-1:]
    if len(several) > 1:
        refuse(
            "one level of folders may tell the split",
            "; ".join(listed(names[depth]) for depth in several),
            "keep the split folders of one level and rename the others",
        )
    return several[0] if several else None


def _check_splits(with_split: Sequence[str], without: Sequence[str]) -> None:
    both = [name for name in with_split if names_finding(name)]
    if both:
        refuse(
            "split and class must be told by two levels of folders, such as train/NORMAL",
            f"both in one name: {listed(both)}",
            "move the films to {train,test}/CLASS/",
        )
    if without:
        refuse(
            "either all or no folders of one level may be splits (train, val, dev, test, ...)",
            f"splits: {listed(with_split)}; beside them: {listed(without)}",
            "move the other folders out of the source, or rename the folders that are no splits",
        )


def _class_level(
    tree: _Tree, names: Sequence[list[str]], several: Sequence[int], negative_class: str
) -> int | None:
    signs: tuple[Callable[[list[str]], bool], ...] = (
        lambda level: negative_class in _labels(level),
        lambda level: any(map(names_negative_class, level)),
        lambda level: all(map(_is_class, level)),
        lambda level: any(map(_is_class, level)),
    )
    for sign in signs:
        for depth in several:
            if sign(names[depth]):
                return depth
    return _by_repeats(tree, several)


def _is_class(name: str) -> bool:
    return name_kind(name) == "class"


def _by_repeats(tree: _Tree, several: Sequence[int]) -> int | None:
    """The first level that is no site by rule 3."""
    for depth, below in pairwise(several):
        children: dict[str, set[str]] = {}
        for folders in tree:
            if len(folders) > depth:
                found = children.setdefault(canonical_label(folders[depth]), set())
                found |= _labels(folders[below : below + 1])
        groups = list(children.values())
        everything = set().union(*groups)
        if len(everything) == sum(map(len, groups)):  # no name occurs twice
            return depth
        if any(group != everything for group in groups):
            refuse(
                "if the folders cannot be known by their names, those of one level must repeat "
                "under every folder above it, or under none",
                f"{listed(everything)} below some of {listed(children)}, not below all",
                "set evaluate.negative_class to the folder of films without a finding",
            )
    return several[-1] if several else None


def _check_one_finding(names: Sequence[list[str]], label: int, negative_class: str) -> None:
    """Refuse a source that is the inside of one class folder."""
    above = [level[0] for level in names[:label] if len(_labels(level)) == 1]
    whole = [name for name in above if names_finding(name, alone=True)]
    known = negative_class in _labels(names[label]) or any(map(_is_class, names[label]))
    if whole and not known:
        refuse(
            "a source must hold two classes or more, each in a folder named by its finding",
            f"all films below {listed(whole)}, in {listed(names[label])}",
            "point ingest.source at the folder above, or set evaluate.negative_class to the folder "
            "of films without a finding",
        )


def _check_depth(tree: _Tree, label: int, several: Sequence[int]) -> None:
    """Refuse class folders at two depths, of which one would be read as a class by mistake."""
    for folders in tree:
        known = {depth for depth, name in enumerate(folders) if _is_class(name)}
        deeper = label not in known and any(depth > label for depth in known)
        higher = len(folders) <= label and not known.isdisjoint(several)
        if deeper or higher:
            other = max(known)
            refuse(
                "all class folders must lie at the same depth",
                f"{folders[other]} at level {other + 1} of {'/'.join(folders)}; the other classes "
                f"lie at level {label + 1}",
                "move the class folders to one depth",
            )


def _check_class_names(names: Sequence[str], negative_class: str) -> None:
    stated = {numbered_stem(name) for name in names if canonical_label(name) == negative_class}
    stems = [numbered_stem(name) for name in names]
    same = [
        name
        for name, stem in zip(names, stems, strict=True)
        if stem and stems.count(stem) > 1 and stem not in stated
    ]
    unknown = [name for name in names if not _is_class(name)]
    if same or len(unknown) > MAX_CLASSES:
        refuse(
            "class folders must be named by their findings; numbered folders look like patients or "
            f"batches, and more than {MAX_CLASSES} unknown names like patients",
            f"{len(set(names))} folders at the level of the classes: {listed(same or unknown)}",
            "put them into class folders, such as NORMAL and PNEUMONIA, or set "
            "evaluate.negative_class to the folder of films without a finding",
        )
