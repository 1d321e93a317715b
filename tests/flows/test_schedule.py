"""A schedule is checked before it is served."""

from datetime import UTC, datetime

import pytest

from flows.dag import FlowError
from flows.project_name import clone_tag, project_name
from flows.run_lock import running_run, unattended_run
from flows.serve.schedule import check_schedule

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "found"),
    [
        ("0 0 2 * * *", "6 fields"),  # each second of 00:00 on the second of a month
        ("@daily", "1 fields"),
        ("at noon", "2 fields"),
        ("0 2 * *", "4 fields"),
        ("0 25 * * *", "fields that cron does not know"),
        ("0 0 31 2 *", "a date that never comes"),
        ("0 0 30 2 *", "a date that never comes"),
    ],
)
def test_a_schedule_that_is_no_schedule_is_refused(cron, found):
    with pytest.raises(FlowError, match=found):
        check_schedule(cron, "UTC", NOW)


def test_a_schedule_must_come_true_within_two_years():
    leap_day = "0 0 29 2 *"
    assert check_schedule(leap_day, "UTC", datetime(2026, 3, 1, tzinfo=UTC)).year == 2028
    with pytest.raises(FlowError, match="a first date in 2028"):
        check_schedule(leap_day, "UTC", datetime(2025, 3, 1, tzinfo=UTC))


def test_the_schedule_keeps_the_hour_of_its_time_zone_over_the_change_of_summer_time():
    fires = [
        check_schedule("30 4 * * *", "Europe/Berlin", NOW.replace(day=day)) for day in (27, 28)
    ]
    assert [fire.isoformat() for fire in fires] == [
        "2026-03-28T04:30:00+01:00",
        "2026-03-29T04:30:00+02:00",
    ]


def test_an_unknown_time_zone_is_refused():
    with pytest.raises(FlowError, match="found: 'Berlin'"):
        check_schedule("0 2 * * *", "Berlin")


def test_the_name_of_a_project_comes_from_its_folder(tmp_path):
    assert project_name(tmp_path / "Chest X-rays_2") == "chest-x-rays-2"
    assert project_name(tmp_path / "肺") == "project"
    assert project_name(tmp_path, "ward-3") == "ward-3"
    for name in ("Ward", "a/b", "a--b", "-a", ""):
        with pytest.raises(FlowError, match="--name"):
            project_name(tmp_path, name)


def test_each_clone_draws_one_number(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    assert clone_tag(a) == clone_tag(a) != clone_tag(b)


def test_one_unattended_run_at_a_time(tmp_path):
    assert running_run(tmp_path) is None
    with unattended_run(tmp_path, "first") as holder:
        assert holder is None
        assert running_run(tmp_path) == "first"
        with unattended_run(tmp_path, "second") as other:
            assert other == "first"
    assert running_run(tmp_path) is None
    with unattended_run(tmp_path, "third") as holder:
        assert holder is None
