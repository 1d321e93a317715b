"""Degraded validation films: looks of other machines, as `evaluate-contract` judges with them.

Networks are judged with each look on all films, on the negative films only and on the positive
films only. A look of one class reverses a shortcut, but it does not matter to a network that uses
the lungs.
"""

from tasks.evaluate.contract.conditions import CHANGES, degrade

__all__ = ["CHANGES", "SOFTENED", "degrade"]

# Kermany's normal test films differ so from the training films: they are softer (variance of the
# Laplacian 67, training 79), and their JPEG quality is lower (75, training 95). The films with
# pneumonia hardly differ. Sources: the sharpness was measured on all films at 224 px; the quality
# is from published audits of the original files.
SOFTENED = ("halved, negative", "compressed, negative")
