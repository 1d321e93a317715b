"""Section `gate` of params.yaml."""

from tasks.core.params.section import Section, Share


class GateParams(Section):
    """How much worse than the network in use a new one may be; all are shares between 0 and 1.

    sensitivity_margin: loss of sensitivity that must be excluded.
    max_validation_loss: of AUROC on the validation films of each network.
    max_external_loss: of AUROC on each external cohort.
    max_fewer_films: share of the training films that may be missing.
    max_class_shift: change of a class's share of the training films.
    """

    sensitivity_margin: Share
    max_validation_loss: Share
    max_external_loss: Share
    max_fewer_films: Share
    max_class_shift: Share
