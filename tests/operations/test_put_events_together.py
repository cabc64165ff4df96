"""Calls that are written in one commit: none spoils another, none is lost, and a lost connection is made good."""

import threading
import time

import pytest
from django.db import OperationalError, connection

from personalize_web.operations import put_events, rejections, runtime_event_log
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources.models import Event
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tracker(ana):
    group = factories.active_group(ana)
    factories.dataset(ana, group)
    return factories.event_tracker(ana, group)


@pytest.fixture(autouse=True)
def _counts_are_written_within_the_test():
    yield
    rejections.flush()


def put(ana, tracker, *items):
    put_events(
        ana, tracking_id=tracker.tracking_id, session_id="s", user_id="ben",
        event_list=[{"eventType": "watch", "sentAt": 1, "itemId": item, "eventId": item} for item in items],
    )  # fmt: skip


def at_the_same_time(*acts):
    """Runs every act in a thread of its own while the writer is kept from its work; gives what each raised."""
    raised = [None] * len(acts)

    def run(place):
        try:
            acts[place]()
        except Exception as error:
            raised[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


class Commits(list):
    """How many rows each commit had. The first waits until ``expected`` rows have come."""

    expected = 0


@pytest.fixture
def commits(monkeypatch):
    sizes = Commits()
    commit = runtime_event_log._commit

    def spy(rows):
        until = time.monotonic() + 20
        while not sizes and time.monotonic() < until:
            waiting = sum(len(call.rows) for call in list(runtime_event_log._writer()._waiting))
            if len(rows) + waiting >= sizes.expected:
                break
            time.sleep(0.01)
        sizes.append(len(rows))
        return commit(rows)

    monkeypatch.setattr(runtime_event_log, "_commit", spy)
    return sizes


def test_calls_that_wait_together_are_written_together(ana, tracker, commits):
    commits.expected = 12
    acts = [lambda n=n: put(ana, tracker, f"i{n}", f"j{n}") for n in range(6)]
    assert at_the_same_time(*acts) == [None] * 6
    assert sum(commits) == 12
    assert len(commits) <= 2, "those that were there, then all that came meanwhile"
    assert Event.objects.count() == 12


def test_equal_events_of_several_calls_are_kept_once(ana, tracker, commits):
    commits.expected = 4
    assert at_the_same_time(*[lambda: put(ana, tracker, "i")] * 4) == [None] * 4
    assert Event.objects.count() == 1


def test_a_call_that_cannot_be_written_spoils_no_other(ana, tracker, commits, monkeypatch):
    from personalize_web.operations import events

    row = events._row

    def astray(target, columns, event, *rest):
        made = row(target, columns, event, *rest)
        return made._replace(dataset_id=10**9) if event["itemId"] == "lost" else made

    monkeypatch.setattr(events, "_row", astray)
    commits.expected = 4
    acts = [lambda item=item: put(ana, tracker, item) for item in ("a", "lost", "b", "c")]
    raised = at_the_same_time(*acts)
    assert isinstance(raised[1], InvalidInputException)
    assert "was deleted" in raised[1].message
    assert [raised[0], raised[2], raised[3]] == [None] * 3
    assert set(Event.objects.values_list("item_id", flat=True)) == {"a", "b", "c"}


def test_a_database_that_went_away_is_asked_once_more(ana, tracker, monkeypatch):
    commit, tried = runtime_event_log._commit, []

    def away_at_first(rows):
        tried.append(len(rows))
        if len(tried) == 1:
            raise OperationalError("the connection is closed")
        return commit(rows)

    monkeypatch.setattr(runtime_event_log, "_commit", away_at_first)
    put(ana, tracker, "a")
    assert Event.objects.count() == 1


def test_a_database_that_stays_away_is_told(ana, tracker, monkeypatch):
    def away(rows):
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(runtime_event_log, "_commit", away)
    with pytest.raises(OperationalError):
        put(ana, tracker, "a")
    assert not Event.objects.exists()


def test_a_large_call_goes_with_no_other(ana, tracker, commits, monkeypatch):
    monkeypatch.setattr(runtime_event_log, "MOST", 3)
    commits.expected = 8
    acts = [lambda n=n: put(ana, tracker, *[f"{n}-{m}" for m in range(2)]) for n in range(4)]
    assert at_the_same_time(*acts) == [None] * 4
    assert commits == [2, 2, 2, 2]
    assert Event.objects.count() == 8
