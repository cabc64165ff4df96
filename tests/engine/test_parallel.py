"""Blocks on several threads."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.parallel import blocks, in_order


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 60))
def test_blocks_are_all_rows_once_and_hold_little_more_than_asked_for(work, most):
    found = blocks(np.array(work, np.int64), most)
    assert [row for each in found for row in range(each.start, each.stop)] == list(range(len(work)))
    for each in found:
        assert sum(work[each]) <= most + max(work[each])


@given(st.lists(st.integers(), max_size=30), st.sampled_from([1, 2, 5, None]))
def test_threads_change_no_result_and_no_order(values, threads):
    assert list(in_order(lambda value: 2 * value, values, threads)) == [2 * value for value in values]


def test_no_more_work_is_taken_than_two_blocks_a_thread():
    taken = []
    found = in_order(lambda value: taken.append(value) or value, range(100), 2)
    assert next(found) == 0
    time.sleep(0.05)
    assert len(taken) <= 6
    found.close()


def test_an_error_in_a_block_is_raised_and_ends_the_threads():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda value: 1 / value, [1, 0, 1, 1, 1, 1], 2))
    assert threading.active_count() == before
