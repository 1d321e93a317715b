import uuid

from tasks.screen.dicom.answer_uids import answer_uid, network_uid

SEAL = "ab" * 32


def test_a_uid_is_a_uuid_below_the_root_2_25() -> None:
    uid = answer_uid("1.2.3", SEAL, "report")
    assert uid.startswith("2.25.")
    assert len(uid) <= 64
    assert uuid.UUID(int=int(uid[5:])).version == 5


def test_each_film_network_and_role_has_its_own_uid() -> None:
    asked = [
        (film, seal, role)
        for film in ("1.2.3", "1.2.4")
        for seal in (SEAL, "cd" * 32)
        for role in ("report", "report series", "capture", "capture series")
    ]
    uids = {answer_uid(*one) for one in asked}
    assert len(uids | {network_uid(SEAL)}) == len(asked) + 1
    assert {answer_uid(*one) for one in asked} == uids
