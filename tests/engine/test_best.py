"""The largest of many numbers."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from personalize_web.engine.serving.best import largest_bound, top

values = arrays.arrays(
    np.float32,
    st.integers(1, 300),
    elements=st.sampled_from([-np.inf, *(float(each) for each in range(-5, 6))]) | st.floats(-10, 10, width=32),
)


@given(values, st.integers(1, 320))
def test_as_many_reach_the_bound(given_values, most):
    bound = largest_bound(given_values, most)
    assert (given_values >= bound).sum() >= min(most, len(given_values))


@given(values, st.integers(1, 320))
def test_the_largest_come_first_and_ties_by_place(given_values, most):
    found = given_values[top(given_values, most)]
    wanted = np.sort(given_values[np.isfinite(given_values)])[::-1][:most]
    assert found.tolist() == wanted.tolist()
    places = top(given_values, most)
    assert all(a < b for a, b in pairwise(places) if given_values[a] == given_values[b])
