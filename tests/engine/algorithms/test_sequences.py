"""Histories cut into batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine.algorithms.sequences import gaps_of, training_batches
from tests.engine.worlds import dataset_of

histories = st.lists(st.integers(1, 30), min_size=1, max_size=12)


def made(lengths):
    return dataset_of(*((f"u{user}", f"i{place % 7}", place)
                        for user, length in enumerate(lengths) for place in range(length)))


def asked(dataset, seed=0, **given):
    batches = list(training_batches(dataset, gaps_of(dataset), 8, 24, np.random.default_rng(seed), **given))
    return batches, np.concatenate([each.events[each.targets >= 0] for each in batches])


@given(histories)
@settings(max_examples=40)
def test_every_event_but_the_first_of_a_later_piece_is_asked_for_once(lengths):
    dataset = made(lengths)
    batches, events = asked(dataset)
    assert len(set(events)) == len(events)
    pieces = sum(len(each.users) for each in batches)
    assert len(events) == len(dataset.item) - (pieces - len(lengths))
    assert max(each.items.shape[1] for each in batches) <= 8
    assert sum(int(each.lengths.sum()) for each in batches) == len(dataset.item)
    for each in batches:
        assert (dataset.item[each.events[each.targets >= 0]] == each.targets[each.targets >= 0]).all()
        assert len(each.users) == 1 or each.items.size <= 24


@given(histories, st.integers(2, 3))
@settings(max_examples=30)
def test_processes_get_as_many_batches_each_and_together_all(lengths, of):
    dataset = made(lengths)
    shares = [asked(dataset, share=(number, of)) for number in range(of)]
    whole = asked(dataset)
    assert len({len(batches) for batches, _ in shares}) == 1
    if len(whole[0]) >= of and len(whole[0]) % of == 0:
        assert sorted(np.concatenate([events for _, events in shares])) == sorted(whole[1])
    assert set(np.concatenate([events for _, events in shares])) <= set(whole[1])


@pytest.mark.parametrize(("part", "batches"), [(1.0, 40), (0.5, 20), (0.01, 1)])
def test_a_part_of_an_epoch_is_a_part_of_its_batches(part, batches):
    assert len(asked(made([3] * 320), part=part)[0]) == pytest.approx(batches, abs=0.1 * batches)
