"""Ids to rows and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.ids import Vocabulary

ids = st.lists(st.text(max_size=12), unique=True, max_size=40)


@given(ids, st.text(max_size=12))
def test_every_id_finds_its_row_and_no_other_does(known, other):
    vocabulary = Vocabulary.of(known)
    assert [vocabulary.row(each) for each in known] == list(range(len(known)))
    assert vocabulary.rows(known).tolist() == list(range(len(known)))
    assert vocabulary.all() == known
    assert (other in vocabulary) == (other in known)


@given(ids)
def test_arrays_keep_a_vocabulary(known):
    again = Vocabulary.from_arrays(Vocabulary.of(known).arrays("items"), "items")
    assert again.rows([*known, "\0 not there"]).tolist() == [*range(len(known)), -1]


def test_an_id_that_stands_twice_is_a_mistake():
    with pytest.raises(ValueError, match="twice"):
        Vocabulary.of(["a", "a"])
