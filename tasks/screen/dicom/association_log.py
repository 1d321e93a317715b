"""What the log says of a sender: that it sends, what it may not send, and why it is turned away."""

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from pydicom.uid import UID

if TYPE_CHECKING:
    from pynetdicom.events import Event

_MOST_NAMED = 6  # refused kinds in one line; a modality may offer 128 (PS3.8, 9.3.2.2)

logger = logging.getLogger(__name__)


def note_sender(event: "Event") -> None:
    """Handle EVT_ACCEPTED: name the sender, and the kinds of objects that it may not send."""
    logger.info("%s sends", _sender(event))
    refused = _refused(event)
    if refused:
        more = len(refused) - _MOST_NAMED
        told = "; ".join(refused[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        logger.warning("%s may not send: %s", _sender(event), told)


def note_rejected(event: "Event", ae_title: str, callers: Collection[str]) -> None:
    """Handle EVT_REJECTED: say why a sender was turned away."""
    logger.warning("%s was turned away: %s", _sender(event), _why(event, ae_title, callers))


def _refused(event: "Event") -> list[str]:
    """Each refused kind with the reason; a class that is taken in another syntax is none."""
    taken = {context.abstract_syntax for context in event.assoc.accepted_contexts}
    found = [
        f"{_name(context.abstract_syntax)} ({_reason(context)})"
        for context in event.assoc.rejected_contexts
        if context.abstract_syntax not in taken
    ]
    return list(dict.fromkeys(found))


def _reason(context: object) -> str:
    """Source: DICOM PS3.8, Table 9-18: result 4 is `transfer syntaxes not supported`."""
    if getattr(context, "result", None) != 4:
        return "no radiograph"
    syntaxes = getattr(context, "transfer_syntax", None) or [""]
    return f"no decoder is installed for {_name(syntaxes[0])}"


def _name(uid: object) -> str:
    return UID(str(uid)).name


def _sender(event: "Event") -> str:
    requestor = event.assoc.requestor
    return f"{requestor.ae_title} at {requestor.address}"


def _why(event: "Event", ae_title: str, callers: Collection[str]) -> str:
    requestor = event.assoc.requestor
    called = getattr(requestor.primitive, "called_ae_title", None)
    if called != ae_title:
        return f"it calls {called}, and this is {ae_title} (--ae-title)"
    if callers and requestor.ae_title not in callers:
        return "its title is not in screen.dicom.callers"
    return "screen.dicom.max_associations others send; it may come again"
