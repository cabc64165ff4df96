"""Who is held out, and which part of their history."""

from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine.splitting import leave_last, split, split_histories, truth_size
from tests.engine.worlds import dataset_of

sizes = st.lists(st.integers(1, 25), min_size=2, max_size=40)


def _dataset(counts):
    return dataset_of(*[(f"u{user}", f"i{place % 7}", 100 + place) for user, count in enumerate(counts)
                        for place in range(count)])


@given(sizes, st.text(max_size=4))
@settings(max_examples=40)
def test_test_users_are_nobody_else(counts, salt):
    dataset = _dataset([2, *counts])
    found = split(dataset, salt)
    held = {dataset.user_ids[each.row].as_py() for each in found.tests}
    assert held.isdisjoint(found.train.user_ids.to_pylist())
    assert len(held) + len(found.train.user_ids) == len(dataset.user_ids)
    assert len(found.train.item) + sum(each.end - each.begin for each in found.tests) == len(dataset.item)


@given(sizes)
@settings(max_examples=40)
def test_input_is_older_than_truth_and_neither_is_empty(counts):
    dataset = _dataset([2, *counts])
    for each in split(dataset, "x").tests:
        assert each.begin < each.cut < each.end
        assert (dataset.user[each.begin:each.end] == each.row).all()
        assert dataset.timestamp[each.begin:each.cut].max() <= dataset.timestamp[each.cut:each.end].min()


@given(st.integers(20, 60))
@settings(max_examples=20)
def test_at_least_a_tenth_is_held_out(users):
    assert len(split(_dataset([3] * users), "salt").tests) >= users // 10


def test_the_same_salt_holds_out_the_same_users():
    dataset = _dataset([3] * 50)
    assert split(dataset, "a").tests == split(dataset, "a").tests
    assert split(dataset, "a").tests != split(dataset, "b").tests


def test_users_with_one_event_are_never_held_out():
    dataset = _dataset([1] * 30 + [2])
    assert [dataset.user_ids[each.row].as_py() for each in split(dataset, "x").tests] == ["u30"]


def test_the_truth_is_the_newest_tenth_but_never_everything():
    assert [truth_size(count) for count in (2, 9, 15, 20, 100)] == [1, 1, 2, 2, 10]


def test_leave_one_out_takes_the_last_of_three_or_more():
    dataset = _dataset([2, 3, 5])
    assert leave_last(dataset).tolist() == [4, 9]


def test_segments_are_trained_on_the_oldest_four_fifths_of_every_history():
    dataset = _dataset([10, 5, 3, 2, 1])
    divided = split_histories(dataset)
    assert [(each.row, each.end - each.cut) for each in divided.tests] == [(0, 2), (1, 1), (2, 1)]
    assert divided.train.user_ids == dataset.user_ids
    assert len(divided.train.item) == 10 + 5 + 3 + 2 + 1 - 4
    assert dataset.timestamp[divided.tests[0].cut:divided.tests[0].end].tolist() == [108, 109]


@given(sizes)
@settings(max_examples=40)
def test_no_history_is_held_out_whole(counts):
    dataset = _dataset(counts)
    divided = split_histories(dataset)
    assert set(divided.train.user.tolist()) == set(dataset.user.tolist())
    for each in divided.tests:
        kept = divided.train.timestamp[divided.train.user == each.row]
        assert kept.max() <= dataset.timestamp[each.cut:each.end].min()
