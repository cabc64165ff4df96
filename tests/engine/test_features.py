"""Metadata as sparse features."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.dataset import Column
from personalize_web.engine.features import FeatureEncoder


def categorical(*texts):
    labels = sorted({each for each in texts if each is not None})
    codes = np.array([-1 if each is None else labels.index(each) for each in texts], np.int32)
    return Column("GENRE", "categorical", codes=codes, labels=tuple(labels))


def numeric(*values):
    return Column("PRICE", "numeric", values=np.array(values, float))


def test_several_categories_share_the_weight():
    column = categorical("a|b", "a", "b", None)
    found = FeatureEncoder.fit([column]).matrix([column], 4).toarray()
    assert found[0].tolist() == [0, 0, 0.5, 0.5]
    assert found[1].tolist() == [0, 0, 1, 0]
    assert found[3].tolist() == [0, 1, 0, 0]


def test_rare_and_unknown_categories_are_one():
    encoder = FeatureEncoder.fit([categorical("a", "a", "rare")])
    assert encoder.row({"GENRE": "rare"}) == encoder.row({"GENRE": "never seen"}) == ([0], [1.0])


def test_numbers_are_bent_to_a_normal_distribution():
    column = numeric(*(10.0**np.arange(101)))
    found = FeatureEncoder.fit([column]).matrix([column], 101).toarray()[:, 0]
    assert abs(found[50]) < 0.02
    assert abs(found.std() - 1) < 0.1
    assert (np.diff(found) > 0).all()


def test_a_missing_number_says_so():
    encoder = FeatureEncoder.fit([numeric(1.0, 2.0, np.nan)])
    assert encoder.row({})[0] == [1]
    assert encoder.row({"PRICE": "not a number"}) == encoder.row({"PRICE": None})


values = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b|c", "a|c", "d"])), min_size=1, max_size=20)


@given(values, st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=20))
def test_a_row_is_encoded_alone_as_among_others_and_after_being_kept(texts, numbers):
    columns = [categorical(*texts), numeric(*numbers[:len(texts)])]
    encoder = FeatureEncoder.fit(columns)
    kept = FeatureEncoder.from_json(encoder.as_json())
    matrix = encoder.matrix(columns, len(texts)).toarray()
    for row, text in enumerate(texts):
        alone = np.zeros(encoder.width, np.float32)
        places, weights = kept.row({"GENRE": text, "PRICE": numbers[row]})
        np.add.at(alone, places, np.asarray(weights, np.float32))
        np.testing.assert_allclose(alone, matrix[row], atol=1e-6)
