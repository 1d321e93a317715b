"""Section `monitor` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.core.params.section import Count, Section, Share


class MonitorParams(Section):
    """How the films that come in are compared with those of the training.

    n_reference: patients of the training whose films are kept for the comparison, one of each.
    max_false_alarms: share of inboxes like the training films that are called drift by chance, over
        all tests of an inbox together.
    on_drift: `propose` emits an event that people or automations may act on; `retrain` also asks
        for a retraining.
    """

    n_reference: Annotated[Count, Field(le=100_000)]
    max_false_alarms: Share
    on_drift: Literal["propose", "retrain"]
