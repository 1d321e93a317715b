"""Layout `dincer`: Dincer's `labeled-chest-xray-images`, which is Mooney's tree with new names.

`BACTERIA-1008087-0001.jpeg` is film 1 of patient 1008087, who has bacterial pneumonia. The set has
no `val` folder; if a user adds one, it is read.

Source: T. Dincer, "Labeled Chest X-ray Images", Kaggle; from Kermany et al., Cell 172(5), 2018.
"""

from collections.abc import Sequence

from tasks.core.examination.file_names import name_of
from tasks.ingest.layouts.mooney import DINCER_NAME, Mooney


class Dincer(Mooney):
    """`chest_xray/{train,test}/{NORMAL,PNEUMONIA}/{NORMAL,BACTERIA,VIRUS}-PATIENT-FILM.jpeg`."""

    name = "dincer"

    def recognises(self, paths: Sequence[str]) -> bool:
        """Mooney's tree, in which most films have Dincer's names."""
        if not super().recognises(paths):
            return False
        names = [name_of(path) for path in paths if self.path_facts(path).label]
        return sum(DINCER_NAME.fullmatch(name) is not None for name in names) * 2 > len(names)
