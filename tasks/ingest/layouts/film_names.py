"""Find the file that a cell of a table names: by its path, or by a name that only one file has."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tasks.core.examination.file_names import could_be_image, folders_of, is_junk, name_of
from tasks.ingest.layouts.folder_names import split_of
from tasks.ingest.layouts.path_facts import is_mask


class FilmNames:
    """The files of a source, by path, name and stem.

    Args:
        folder: Folder of the table, with a `/` at its end; empty for the root.
        paths: All files of the source.
    """

    def __init__(self, folder: str, paths: Iterable[str]) -> None:
        self._folder = folder
        self._files = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_any_case: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._files):
            if not is_junk(path):
                name = _composed(name_of(path))
                self._by_name[name].append(path)
                self._by_any_case[name.casefold()].append(path)
                if could_be_image(path):
                    self._by_stem[name.rpartition(".")[0]].append(path)

    def find(self, cell: str, split: str | None = None) -> list[str]:
        """Files that a cell may mean: one if it is clear, none if there is no such file.

        The path itself decides. Else the file name does, with or without its suffix or in another
        case, if one of the
        cell and the path ends with the other: `CheXpert-v1.0-small/train/a.jpg` is `train/a.jpg`,
        and `a.png` is `images_001/images/a.png`, but `train/a.png` is not `test/a.png`. Of several
        files, masks are not meant; then those in a folder of the split are.

        Args:
            cell: A path or a name, with `/`.
            split: `train`, `val` or `test`, if the table says it.
        """
        parts = tuple(part for part in _composed(cell).split("/") if part not in ("", "."))
        if not parts or ".." in parts:
            return []
        if (path := self._folder + "/".join(parts)) in self._files:
            return [path]
        named = self._by_name.get(parts[-1]) or self._by_stem.get(parts[-1])
        if not named:  # a system that ignores upper and lower case wrote `a.PNG` for `a.png`
            named = self._by_any_case.get(parts[-1].casefold(), [])
        found = [path for path in named if self._agree(parts[:-1], path)]
        films = [path for path in found if not is_mask(path)] or found
        in_split = [path for path in films if split and split in _splits(path)]
        return in_split if len(films) > 1 and in_split else films

    def _agree(self, folders: Sequence[str], path: str) -> bool:
        """Whether the folders of a cell and of a path are equal from the innermost outwards."""
        above = folders_of(_composed(path.removeprefix(self._folder)))
        n_shared = min(len(folders), len(above))
        return n_shared == 0 or tuple(folders[-n_shared:]) == above[-n_shared:]


def _composed(name: str) -> str:
    """A name with composed letters: macOS writes é as two signs, a spreadsheet as one."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _splits(path: str) -> set[str | None]:
    return {split_of(folder) for folder in folders_of(path)}


def folder_above(path: str) -> str:
    """Folder of a file, with a `/` at its end; empty for the root."""
    return path[: len(path) - len(name_of(path))]
