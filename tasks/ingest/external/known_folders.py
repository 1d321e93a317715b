"""Layout of a cohort that no other layout knows: folders with the name of a finding, or none.

A cohort may have films of one class only, or no labels at all. `class_folders` refuses both, as
nothing can be trained on them, but a model can be judged on the first, and its scores described on
the second.
"""

from collections.abc import Collection

from tasks.core.examination.file_names import folders_of, name_of
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts import PathFacts, is_mask
from tasks.ingest.layouts.folder_names import name_kind
from tasks.ingest.layouts.mooney import parse_kermany_name
from tasks.ingest.layouts.path_facts import is_lateral, without_masks


class KnownFolders:
    """The innermost folder whose name is a class of the source at home, or holds a finding.

    Args:
        classes: Classes of the source at home, canonical.
    """

    name = "known_folders"

    def __init__(self, classes: Collection[str]) -> None:
        self._classes = frozenset(classes)

    def path_facts(self, path: str) -> PathFacts:
        """Label from the folders; subtype and patient from the name, if there is a label.

        Example:
            >>> KnownFolders({"NORMAL"}).path_facts("tuberculosis/images/1.png").label
            'TUBERCULOSIS'
        """
        named = [name for name in without_masks(folders_of(path)) if self._is_class(name)]
        label = canonical_label(named[-1]) if named else None
        subtype, patient_id = parse_kermany_name(name_of(path)) if label else (None, None)
        rejected = "mask" if is_mask(path) else "not_frontal" if is_lateral(path) else None
        return PathFacts(label=label, subtype=subtype, patient_id=patient_id, rejected=rejected)

    def _is_class(self, name: str) -> bool:
        return canonical_label(name) in self._classes or name_kind(name) == "class"
