"""Layout `covid_qu_ex`: COVID-QU-Ex, with a tree for lung masks and one for infection masks.

`Lung Segmentation Data/{Train,Val,Test}/{COVID-19,Non-COVID,Normal}/{images,lung masks}/*.png`, and
`Infection Segmentation Data/...` with `infection masks`, too. NON-COVID is another pneumonia, viral
or bacterial. The films of the second tree are taken from the first one, in which they may lie in
another split: the copy in the second tree is left out. The set does not tell the patients.

Source: A. M. Tahir et al., "COVID-QU-Ex Dataset", Kaggle; Tahir et al., "COVID-19 infection
localization and severity grading from chest X-ray images", Computers in Biology and Medicine 139,
2021. Its page on Kaggle says that the films of the second tree come from the first one; the files
were not at hand.
"""

from collections.abc import Sequence
from functools import cached_property

from tasks.core.examination.file_names import folders_of, name_of
from tasks.ingest.layouts.folder_names import words_of
from tasks.ingest.layouts.path_facts import PathFacts, film_folders, is_mask, split_and_class

_LABELS = {"COVID-19": "COVID", "NON-COVID": "NON-COVID", "NORMAL": "NORMAL"}


class CovidQuEx:
    """Three classes with the names of the set, in split folders."""

    name = "covid_qu_ex"

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths

    @cached_property
    def _first_tree(self) -> set[tuple[str | None, str]]:
        """Class and name of each film of the first tree."""
        read = (path for path in self._paths if not (is_mask(path) or _is_second_tree(path)))
        return {(_split_and_label(path)[1], name_of(path)) for path in read}

    def recognises(self, paths: Sequence[str]) -> bool:
        """Exactly the three classes, all in split folders."""
        found = {split_and_class(_class_folders(folders))[1] for folders in film_folders(paths)}
        return found - {None} == _LABELS.keys()

    def path_facts(self, path: str) -> PathFacts:
        """Label and split from the folders; masks and copies in the second tree are no films."""
        split, label = _split_and_label(path)
        rejected = "mask" if is_mask(path) else None
        if label and _is_second_tree(path) and (label, name_of(path)) in self._first_tree:
            rejected = rejected or "nested_copy"
        return PathFacts(label, given_split=split if label else None, rejected=rejected)


def _class_folders(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The folders down to the class folder, which may hold `images` and masks."""
    return folders[:-1] if folders[-1:] == ("images",) else folders


def _split_and_label(path: str) -> tuple[str | None, str | None]:
    split, label = split_and_class(_class_folders(folders_of(path)))
    return split, _LABELS.get(label or "")


def _is_second_tree(path: str) -> bool:
    return any("infection" in words_of(name)[:1] for name in folders_of(path)[:-1])
