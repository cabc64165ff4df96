"""Rows that no answer waits for: none is lost, and none is written twice."""

import os
import threading

import pytest

from personalize_web.operations.runtime_backlog import Backlog

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backlog():
    """One that writes into ``written``, once ``ready`` is set; ``began`` is set when it begins to."""
    made = Backlog("numbers", lambda rows: _write(made, rows), pause=0.01)
    made.written, made.began, made.ready = [], threading.Event(), threading.Event()
    made.ready.set()
    yield made
    made.ready.set()
    made.close()


def _write(backlog, rows):
    backlog.began.set()
    assert backlog.ready.wait(20)
    backlog.written += rows


def test_a_thread_writes_what_comes(backlog):
    backlog.add(1)
    assert backlog.began.wait(20)
    backlog.flush()
    assert backlog.written == [1]


def test_who_flushes_waits_for_what_the_thread_is_writing(backlog):
    backlog.ready.clear()
    backlog.add(1)
    assert backlog.began.wait(20)
    flushed = threading.Thread(target=backlog.flush)
    flushed.start()
    flushed.join(0.05)
    assert flushed.is_alive()
    backlog.ready.set()
    flushed.join(20)
    assert backlog.written == [1]


def test_closing_writes_what_waits_and_a_later_row_is_written_as_well(backlog):
    backlog.pause = 60
    backlog.add(1)
    thread = backlog._thread
    backlog.close()
    assert backlog.written == [1] and not thread.is_alive()
    backlog.add(2)
    backlog.close()
    assert backlog.written == [1, 2]


def test_a_forked_process_leaves_what_waits_to_its_parent(backlog):
    backlog.pause = 60
    backlog.add(1)
    child = os.fork()
    if child == 0:
        os._exit(len(backlog._waiting))
    assert os.waitpid(child, 0)[1] == 0
    backlog.close()
    assert backlog.written == [1]
