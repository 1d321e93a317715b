"""What is watched, and when the event is sent."""

import os
import subprocess

import pytest

from flows.dag import FlowError
from flows.run_lock import unattended_run
from flows.triggers.sources import find_places
from flows.triggers.watcher import Watcher, look_safely
from tasks.core.source_state import read_state
from tests.flows.flow_runs import PROJECT_ROOT
from tests.s3_server import s3_server


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def sent():
    return []


@pytest.fixture
def new_watcher(tmp_path, inbox, clock, sent):
    """A function that makes the watcher of the folder `inbox`, as each start does."""
    places = find_places(tmp_path, [inbox.name])
    return lambda: Watcher(tmp_path, places, 10, sent.append, clock)


@pytest.fixture
def watcher(new_watcher, clock):
    """A watcher that has sent the event of its first look."""
    made = new_watcher()
    made.look()
    clock.now_s += 10
    made.look()
    return made


@pytest.mark.usefixtures("watcher")
def test_the_first_look_sends_an_event_and_a_restart_none(new_watcher, clock, sent):
    assert len(sent) == 1
    again = new_watcher()
    clock.now_s += 100
    assert again.look() == "nothing new"
    assert not again.is_waiting
    assert len(sent) == 1


def test_the_event_waits_until_the_folder_is_quiet(watcher, inbox, clock, sent):
    for i in range(5):
        (inbox / f"{i}.jpeg").write_bytes(b"film")
        clock.now_s += 9
        assert watcher.look() == "inbox changed; waiting until it is quiet for 10 s"
    assert len(sent) == 1
    clock.now_s += 10
    assert watcher.look() == "inbox changed; sent the event that starts a run"
    assert watcher.look() == "nothing new"
    assert sent[1]["inbox"].startswith("5 files ")


@pytest.mark.usefixtures("watcher")
def test_films_that_come_while_nothing_watches_are_seen_at_the_next_start(
    new_watcher, inbox, clock, sent
):
    (inbox / "late.jpeg").write_bytes(b"film")
    again = new_watcher()
    again.look()
    clock.now_s += 10
    again.look()
    assert len(sent) == 2


def test_the_event_waits_for_the_end_of_a_run(watcher, inbox, clock, sent, tmp_path):
    (inbox / "a.jpeg").write_bytes(b"film")
    watcher.look()
    clock.now_s += 10
    with unattended_run(tmp_path, "night"):
        assert watcher.look() == "inbox changed; waiting for the end of run night"
        assert watcher.is_waiting
    assert len(sent) == 1
    watcher.look()
    assert len(sent) == 2


def test_an_event_that_the_server_did_not_take_is_sent_again(watcher, inbox, clock, sent):
    def refuse(_payload):
        raise FlowError("r", found="no answer", where="w", next_step="n")

    (inbox / "a.jpeg").write_bytes(b"film")
    watcher.look()
    clock.now_s += 10
    watcher.emit = refuse
    assert "no answer" in look_safely(watcher)
    assert watcher.is_waiting
    watcher.emit = sent.append
    watcher.look()
    assert len(sent) == 2


def test_a_folder_that_is_away_for_a_while_starts_no_run(watcher, inbox, clock, sent):
    inbox.rename(inbox.with_name("away"))
    clock.now_s += 100
    assert watcher.look() == "nothing new; inbox: No such file or directory"
    inbox.with_name("away").rename(inbox)
    assert watcher.look() == "nothing new"
    assert len(sent) == 1


@pytest.mark.parametrize("change", ["add", "remove", "write", "rename", "touch"])
def test_every_change_of_a_folder_changes_its_state(inbox, change):
    film = inbox / "NORMAL" / "a.jpeg"
    film.parent.mkdir()
    film.write_bytes(b"film")
    before = read_state(str(inbox))
    assert read_state(str(inbox)) == before
    if change == "add":
        (inbox / "b.jpeg").write_bytes(b"")
    elif change == "remove":
        film.unlink()
    elif change == "write":
        film.write_bytes(b"other")
    elif change == "rename":
        film.rename(film.with_name("c.jpeg"))
    else:
        os.utime(film, (1, 1))
    assert read_state(str(inbox)) != before


def test_every_change_of_a_bucket_changes_its_state():
    with s3_server() as s3:
        place = s3.put("new", {"a.jpeg": b"film"})
        states = [read_state(place), read_state(place)]
        s3.put("new", {"b.jpeg": b"film"})
        states.append(read_state(place))
        s3.put("new", {"b.jpeg": b"mlif"})  # same size
        states.append(read_state(place))
        s3.client.delete_object(Bucket="films", Key="new/a.jpeg")
        states.append(read_state(place))
    assert states[0] == states[1]
    assert len(set(states)) == 4
    assert [state.split()[0] for state in states] == ["1", "1", "2", "2", "1"]


def test_imports_of_dvc_are_watched_at_their_origin(project, tmp_path):
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "a.jpeg").write_bytes(b"film")
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True)
    commit(other, "first")
    project.dvc("import-url", "--no-download", str(origin), "films")
    project.dvc("import", "--no-download", str(other), "first", "-o", "notes")
    url, git = sorted(find_places(project.root, []), key=lambda place: "notes" in place.name)
    before = url.read(), git.read()
    assert (url.read(), git.read()) == before
    (origin / "b.jpeg").write_bytes(b"film")
    commit(other, "second")
    assert url.read() != before[0]
    assert git.read() != before[1]


def commit(repository, name):
    (repository / name).write_text(name)
    git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "add", name], check=True)
    subprocess.run([*git, "commit", "-q", "-m", name], check=True)


def test_the_sources_of_params_are_watched(project):
    params = (PROJECT_ROOT / "params.yaml").read_text()
    params = params.replace("external: {}", "external: {city: 's3://films/city'}", 1)
    (project.root / "params.yaml").write_text(params)
    places = find_places(project.root, [])
    assert [place.name for place in places] == ["data/phantom/kaggle", "s3://films/city"]


def test_without_a_place_there_is_an_error(project):
    with pytest.raises(FlowError, match="a place to watch"):
        find_places(project.root, [])
