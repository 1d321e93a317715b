"""Dincer's `labeled-chest-xray-images`: Mooney's tree, each film renamed.

`BACTERIA-1008087-0001.jpeg` is film 1 of patient 1008087, who has bacterial pneumonia. The set has
no `val` folder; a reader who made one is understood.

Source: T. Dincer, "Labeled Chest X-ray Images", Kaggle; from Kermany et al., Cell 172(5), 2018.
"""

from collections.abc import Sequence

from tasks.ingest.layouts.mooney import RENAMED, Mooney
from tasks.ingest.layouts.place import name_of


class Dincer(Mooney):
    """`chest_xray/{train,test}/{NORMAL,PNEUMONIA}/{NORMAL,BACTERIA,VIRUS}-PATIENT-FILM.jpeg`."""

    name = "dincer"

    def recognises(self, paths: Sequence[str]) -> bool:
        """Mooney's tree, and most films have a name of the other form."""
        if not super().recognises(paths):
            return False
        names = [name_of(path) for path in paths if self.place(path).label]
        return sum(RENAMED.fullmatch(name) is not None for name in names) * 2 > len(names)
