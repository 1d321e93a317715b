import os
from pathlib import Path

from tasks.screen.dicom.answer_outbox import AnswerOutbox


def test_an_answer_waits_until_it_is_sent_and_is_known_for_ever(tmp_path: Path) -> None:
    outbox = AnswerOutbox(tmp_path / "answers")
    assert not outbox.knows("2.25.1")
    path = outbox.put("2.25.1", b"report of a patient")
    assert outbox.waiting() == [path]
    assert path.read_bytes() == b"report of a patient"
    outbox.note_sent(path)
    assert outbox.waiting() == []
    assert AnswerOutbox(tmp_path / "answers").knows("2.25.1")


def test_nothing_of_a_sent_answer_stays(tmp_path: Path) -> None:
    outbox = AnswerOutbox(tmp_path)
    outbox.note_sent(outbox.put("2.25.1", b"report of a patient"))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [b""]


def test_a_refused_answer_is_kept_but_waits_no_more(tmp_path: Path) -> None:
    outbox = AnswerOutbox(tmp_path)
    outbox.set_aside(outbox.put("2.25.1", b"report"))
    assert outbox.waiting() == []
    assert outbox.knows("2.25.1")
    assert (tmp_path / "refused/2.25.1.dcm").read_bytes() == b"report"


def test_answers_wait_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    outbox = AnswerOutbox(tmp_path)
    second, first = outbox.put("2.25.2", b"b"), outbox.put("2.25.9", b"a")
    os.utime(first, ns=(10, 10))
    os.utime(second, ns=(20, 20))
    assert outbox.waiting() == [first, second]


def test_an_answer_that_another_process_sends_meanwhile_is_no_error(tmp_path: Path) -> None:
    outbox = AnswerOutbox(tmp_path)
    path = outbox.put("2.25.1", b"report")
    (tmp_path / "2.25.2.dcm").symlink_to("gone")  # listed, and not there any more
    assert outbox.waiting() == [path]


def test_only_the_owner_reads_answers(tmp_path: Path) -> None:
    AnswerOutbox(tmp_path / "answers")
    assert (tmp_path / "answers").stat().st_mode & 0o777 == 0o700


def test_what_a_killed_process_half_wrote_is_removed_and_never_sent(tmp_path: Path) -> None:
    dead, living = tmp_path / ".2.25.1.dcm.4194999.part", tmp_path / ".2.25.2.dcm.1.part"
    dead.write_bytes(b"half")
    living.write_bytes(b"half")
    assert AnswerOutbox(tmp_path).waiting() == []
    assert (dead.exists(), living.exists()) == (False, True)
