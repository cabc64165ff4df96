"""Who is new, who is heavy, and which items are the head."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.evaluation.cohorts import LEAST_USERS, NEW_USER_EVENTS, cohorts, item_parts
from personalize_web.engine.splitting import TestUser
from tests.engine.worlds import dataset_of


def of_events(*counts):
    tests = tuple(TestUser(row, 0, count, count + 1) for row, count in enumerate(counts))
    return {each.key: each for each in cohorts(tests, {}, {})}


def popularity(*counts):
    rows = [(f"u{at}", f"i{item}", at) for item, count in enumerate(counts) for at in range(count)]
    dataset = dataset_of(*rows)
    head = item_parts(dataset)["head_items"]
    return {item for item, inside in zip(dataset.item_ids.to_pylist(), head, strict=True) if inside}


def test_new_users_have_few_events_and_heavy_users_are_the_top_fifth():
    found = of_events(*range(1, 21))
    assert np.flatnonzero(found["new_users"].users).tolist() == list(range(NEW_USER_EVENTS))
    assert np.flatnonzero(found["heavy_users"].users).tolist() == [16, 17, 18, 19]
    assert found["heavy_users"].events == 17


def test_where_everybody_is_alike_nobody_is_heavy():
    assert not of_events(*[7] * 30)["heavy_users"].users.any()


def test_a_cohort_of_too_few_users_says_so():
    found = of_events(*range(1, LEAST_USERS + 1))
    assert found["all"].enough
    assert not found["heavy_users"].enough


def test_without_test_users_there_are_empty_cohorts():
    assert not any(each.users.any() for each in of_events().values())


def test_the_head_makes_up_half_of_the_interactions():
    assert popularity(10, 4, 3, 2, 1) == {"i0"}
    assert popularity(5, 5, 5, 5) == {"i0", "i1"}


def test_users_of_whom_a_tail_item_was_held_back():
    tests = tuple(TestUser(row, 0, 3, 5) for row in range(3))
    parts = {"head_items": np.array([True, False]), "tail_items": np.array([False, True])}
    truths = {"head_items": np.array([1, 0, 1]), "tail_items": np.array([0, 1, 1])}
    found = {each.key: each for each in cohorts(tests, parts, truths)}
    assert found["tail_items"].users.tolist() == [False, True, True]
    assert (found["head_items"].items, found["head_items"].part) == (1, "head_items")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_head_and_tail_are_the_whole_catalogue(counts):
    rows = [(f"u{at}", f"i{item}", at) for item, count in enumerate(counts) for at in range(count)]
    dataset = dataset_of(*rows)
    parts = item_parts(dataset)
    assert (parts["head_items"] ^ parts["tail_items"]).all()
    head, others = (dataset.interactions_of_items[parts[name]] for name in ("head_items", "tail_items"))
    assert head.sum() * 2 >= sum(counts)
    assert not len(others) or head.min() >= others.max()
