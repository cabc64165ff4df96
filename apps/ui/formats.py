"""Numbers, sizes, spans and moments as people read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

MISSING = "–"
UNITS = ("bytes", "KB", "MB", "GB", "TB")


def number(value: Any, places: int | None = None) -> str:
    """1234567.5 -> "1,234,567.5"; nothing -> an en dash."""
    if value is None or value == "":
        return MISSING
    if places is not None:
        return f"{float(value):,.{places}f}"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{int(value):,}"


def size(value: float | None) -> str:
    """Bytes in the unit that keeps them short: 88080384 -> "88.1 MB"."""
    if value is None:
        return MISSING
    amount = float(value)
    for unit in UNITS:
        if amount < 1000 or unit == UNITS[-1]:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return MISSING


def duration(value: timedelta | float | None) -> str:
    """Seconds or a timedelta in the two largest units: 564 -> "9 min 24 s"."""
    if value is None:
        return MISSING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    first = next(index for index, part in enumerate(parts) if part[0] or part[1] == "s")
    return " ".join(
        f"{count} {unit}" for count, unit in parts[first : first + 2] if count or unit == "s" == parts[first][1]
    )


def percent(value: float | None, places: int = 1) -> str:
    """A share from 0 to 1: 0.287 -> "28.7%"."""
    return MISSING if value is None else f"{value * 100:,.{places}f}%"


def account(value: str) -> str:
    """Twelve digits in groups of four."""
    return "-".join(value[at : at + 4] for at in range(0, len(value), 4))


def moment(value: datetime | None) -> datetime | None:
    """``value`` in the person's zone; a naive value is UTC."""
    if value is None:
        return None
    aware = value if timezone.is_aware(value) else value.replace(tzinfo=UTC)
    return timezone.localtime(aware)


def zone_name(value: datetime) -> str:
    """The offset of an aware moment: "UTC", "UTC+2" or "UTC+5:30"."""
    minutes = int((value.utcoffset() or timedelta()).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def full(value: datetime) -> str:
    """ "Nov 22, 2026, 13:41 (UTC+1)" of a moment that :func:`moment` gave."""
    return f"{value:%b} {value.day}, {value:%Y, %H:%M} ({zone_name(value)})"


def short(value: datetime, now: datetime | None = None) -> str:
    """How a list shows a moment: "Today, 14:31", "Nov 3, 2026"."""
    today = moment(now or timezone.now())
    if today is not None and value.date() == today.date():
        return f"Today, {value:%H:%M}"
    return f"{value:%b} {value.day}, {value:%Y}"


def relative(value: datetime, now: datetime | None = None) -> str:
    """ "6 minutes ago" under a day, else "Nov 22, 2026, 13:41"."""
    seconds = ((now or timezone.now()) - value).total_seconds()
    if seconds < 0 or seconds >= 86400:
        return f"{value:%b} {value.day}, {value:%Y, %H:%M}"
    if seconds < 10:
        return "just now"
    for length, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "just now"
