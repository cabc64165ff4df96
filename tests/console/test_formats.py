"""Numbers, sizes, spans and moments in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from apps.ui import formats


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (1234567, "1,234,567"), (0.25, "0.25"), (12.5, "12.5"), (None, "–"), (3.0, "3")],
)
def test_numbers(value, words):
    assert formats.number(value) == words


def test_metric_values_keep_their_places():
    assert formats.number(0.08936, 4) == "0.0894"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (88_080_384, "88.1 MB"), (5 * 10**12, "5.0 TB"), (None, "–")],
)
def test_sizes(value, words):
    assert formats.size(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.25, "250 ms"),
        (3.2, "3.2 s"),
        (41, "41 s"),
        (60, "1 min"),
        (564, "9 min 24 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (90_000, "1 d 1 h"),
        (timedelta(minutes=25, seconds=12), "25 min 12 s"),
        (None, "–"),
    ],
)
def test_durations(value, words):
    assert formats.duration(value) == words


def test_a_moment_today_is_said_by_its_time():
    now = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    assert formats.short(datetime(2026, 11, 22, 14, 31, tzinfo=UTC), now) == "Today, 14:31"
    assert formats.short(datetime(2026, 11, 3, 14, 31, tzinfo=UTC), now) == "Nov 3, 2026"


@pytest.mark.parametrize(
    ("seconds", "words"), [(2, "just now"), (45, "45 seconds ago"), (60, "1 minute ago"), (7200, "2 hours ago")]
)
def test_a_moment_ago(seconds, words):
    now = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    assert formats.relative(now - timedelta(seconds=seconds), now) == words


def test_a_moment_in_full_names_its_zone():
    zone = timezone(timedelta(hours=5, minutes=30))
    assert formats.full(datetime(2026, 5, 24, 19, 24, tzinfo=zone)) == "May 24, 2026, 19:24 (UTC+5:30)"


def test_account_ids_are_read_in_groups():
    assert formats.account("123456789012") == "1234-5678-9012"
