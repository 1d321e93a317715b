"""UIDs of the answers: the same film and the same network have the same UIDs.

So a film that is sent twice, or an answer that is sent again after a crash, makes no second copy
in an archive.

Source:
    DICOM PS3.5, B.2: a UUID as a decimal number below the root 2.25; pydicom.uid.generate_uid
    does the same with random UUIDs. RFC 9562, 5.5: a UUID from a name, version 5.
"""

import uuid


def answer_uid(sop_instance_uid: str, model_sha256: str, role: str) -> str:
    """UID of one part of the answer for a film, at most 64 characters.

    Args:
        sop_instance_uid: Of the film.
        model_sha256: Seal of the network.
        role: What gets the UID, such as `report` or `capture series`.

    Example:
        >>> answer_uid("1.2.3", "ab", "report")
        '2.25.210338293023585061390192667828661177267'
        >>> answer_uid("1.2.3", "ab", "capture") == answer_uid("1.2.3", "ab", "report")
        False
    """
    named = uuid.uuid5(uuid.NAMESPACE_OID, f"{sop_instance_uid}/{model_sha256}/{role}")
    return f"2.25.{named.int}"


def network_uid(model_sha256: str) -> str:
    """UID of a network as an observer, from its seal."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, model_sha256).int}"
