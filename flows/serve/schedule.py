"""Check a cron schedule before it is served: five fields that come true, in a named time zone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from prefect.server.schemas.schedules import CronSchedule
from pydantic import ValidationError

from flows.dag import FlowError

N_FIELDS = 5
HORIZON = timedelta(days=2 * 366)  # a schedule that fires later than this is a mistake


def check_schedule(cron: str, timezone: str, now: datetime | None = None) -> datetime:
    """Check a schedule; return when it fires next.

    Args:
        cron: Minute, hour, day, month, weekday. A sixth field would mean seconds.
        timezone: IANA name, such as `UTC` or `Europe/Berlin`.
        now: The present, with a time zone; None asks the clock.

    Raises:
        FlowError: `cron` has not five fields, is no schedule, or does not fire within two years;
            no time zone has this name.

    Example:
        >>> check_schedule("0 2 * * *", "UTC", datetime(2030, 5, 4, 3, 0, tzinfo=UTC)).isoformat()
        '2030-05-05T02:00:00+00:00'
    """
    if timezone not in available_timezones():
        raise FlowError(
            "The time zone must have an IANA name.",
            found=repr(timezone),
            where="--timezone",
            next_step="Write it like `Europe/Berlin`; `timedatectl list-timezones` lists them all.",
        )
    if len(cron.split()) != N_FIELDS:
        raise _refusal(cron, f"{len(cron.split())} fields")
    try:
        schedule = CronSchedule(cron=cron, timezone=timezone)
    except ValidationError as error:
        raise _refusal(cron, "fields that cron does not know") from error
    start = datetime.now(UTC) if now is None else now
    return _next_fire(schedule, start).astimezone(ZoneInfo(timezone))


def _next_fire(schedule: CronSchedule, start: datetime) -> datetime:
    """First fire after `start`, as the server computes it."""
    fires: Sequence[datetime]
    try:
        fires = asyncio.run(schedule.get_dates(1, start=start))
    except ValueError as error:  # croniter looks 50 years ahead
        raise _refusal(schedule.cron, "a date that never comes") from error
    if fires[0] - start > HORIZON:
        raise _refusal(schedule.cron, f"a first date in {fires[0].year}")
    return fires[0]


def _refusal(cron: str, found: str) -> FlowError:
    return FlowError(
        "The schedule must be five cron fields (minute, hour, day, month, weekday) that come true"
        " within two years.",
        found=f"{cron!r}: {found}",
        where="--cron",
        next_step='Write it like "0 2 * * *", which is 02:00 each day.',
    )
