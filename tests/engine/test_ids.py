"""Ids to rows and back."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine import packing
from personalize_web.engine.ids import Vocabulary, VocabularyWriter

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


@given(st.lists(st.lists(st.text(max_size=9), max_size=5), max_size=5), st.text(max_size=9))
def test_a_vocabulary_that_was_written_in_pieces_is_the_same(tmp_path_factory, pieces, other):
    known = list(dict.fromkeys(each for piece in pieces for each in piece))
    path = tmp_path_factory.mktemp("pieces") / "ids"
    with packing.Writer(path) as out:
        written = VocabularyWriter(out, "items")
        done = set()
        for piece in pieces:
            new = [each for each in dict.fromkeys(piece) if each not in done]
            done.update(new)
            written.append(pa.array(new, pa.string()))
        written.finish()
    vocabulary = Vocabulary.from_arrays(packing.read(path)[0], "items")
    assert vocabulary.all() == known
    assert vocabulary.rows(known).tolist() == list(range(len(known)))
    assert (other in vocabulary) == (other in known)


@given(ids, ids)
def test_two_vocabularies_find_each_others_ids_as_one_by_one(own, others):
    known, other = Vocabulary.of(own), Vocabulary.of(others)
    assert known.rows_of(other).tolist() == [known.row(each) for each in others]


@given(ids, ids)
def test_ids_with_one_hash_are_still_told_apart(own, others):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("personalize_web.engine.ids._hash", lambda key: len(key) % 3)
        known, other = Vocabulary.of(own), Vocabulary.of(others)
        assert known.rows_of(other).tolist() == [own.index(each) if each in own else -1 for each in others]


def test_an_id_that_stands_twice_is_a_mistake():
    with pytest.raises(ValueError, match="twice"):
        Vocabulary.of(["a", "a"])
