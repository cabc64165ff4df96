"""The first look at all products: its bounds hold, and it misses nothing."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine import coarse
from personalize_web.engine.coarse import Coarse
from personalize_web.engine.counting import Counted
from personalize_web.engine.serving.relevance import Scorer

ITEMS = 3000


@pytest.fixture(scope="module")
def graph(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("coarse") / coarse.FILE
    path.write_bytes(coarse.graph())
    return path


def vectors_of(seed: int, width: int, spread: float) -> np.ndarray:
    """Vectors of very different lengths, with an outlier in some, and some that are zero."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(ITEMS, width)) * np.exp(spread * random.normal(size=(ITEMS, 1)))
    vectors[::7, 0] *= 30
    vectors[::11] = 0
    return vectors.astype(np.float32)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 8, 64, 128]), st.floats(0, 3), st.floats(-8, 8))
@settings(max_examples=25, deadline=None)
def test_every_product_lies_within_its_bounds(graph, seed, width, spread, log_size):
    vectors = vectors_of(seed, width, spread)
    query = (np.random.default_rng(seed + 1).normal(size=width) * np.exp(log_size)).astype(np.float32)
    found = Coarse(coarse.arrays(vectors), graph)
    products = found.products(query)
    exact = vectors.astype(np.float64) @ query.astype(np.float64)
    slack = 1e-6 * products.size
    assert (products.least <= exact + slack).all()
    assert (exact <= products.least + products.width * found.scale + slack).all()
    assert np.abs(exact).max() <= products.size * (1 + 1e-6)


def test_a_query_of_zeros_makes_products_of_zero(graph):
    found = Coarse(coarse.arrays(vectors_of(1, 8, 1.0)), graph).products(np.zeros(8, np.float32))
    assert not found.least.any()
    assert found.width == found.size == 0


def test_whole_numbers_stay_within_sixteen_bits_when_two_products_are_added():
    kept = coarse.arrays(np.full((1, 4), -5.0, np.float32))
    assert 2 * 2 * coarse._HALF * int(np.abs(kept["coarse"].astype(int)).max()) < 2**15


def scorer(seed: int, graph: Path, *, coarsely: bool, candidates: float) -> Scorer:
    random = np.random.default_rng(seed)
    arrays = {name: random.normal(size=ITEMS).astype(np.float32) for name in ("bias", "trend", "starters", "at_first")}
    arrays["vectors"] = vectors_of(seed, 16, 0.5)
    arrays["candidates"] = random.random(ITEMS) < candidates
    sizes = random.integers(0, 30, ITEMS)
    arrays["next_starts"] = np.concatenate([[0], np.cumsum(sizes)])
    arrays["next_columns"] = random.integers(0, ITEMS, sizes.sum()).astype(np.int32)
    arrays["next_values"] = random.random(sizes.sum()).astype(np.float32)
    arrays |= coarse.arrays(arrays["vectors"])
    blend = {"learned": 0.7, "seen": [-1.0, 0.5, 0.2], "counted": {"next": 0.8, "following": 0.0}}
    return Scorer(arrays, blend, Coarse(arrays, graph) if coarsely else None)


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(0, 30), st.sampled_from([1.0, 0.5, 0.02]))
@settings(max_examples=40, deadline=None)
def test_the_first_items_are_those_that_all_vectors_would_name(graph, seed, most, events, candidates):
    random = np.random.default_rng(seed)
    query = random.normal(size=16).astype(np.float32)
    history = random.integers(0, ITEMS, events)
    model = scorer(seed, graph, coarsely=True, candidates=candidates)
    rows, logits = model.of_query(query, history).first(most)
    whole = np.minimum(
        scorer(seed, graph, coarsely=False, candidates=candidates).of_query(query, history).all(), model.ceiling
    )
    wanted = np.argsort(-whole, kind="stable")[:most]
    wanted = np.sort(wanted[np.isfinite(whole[wanted])])
    close = np.partition(whole, ITEMS - most)[ITEMS - most]  # equal ones may change places at the end
    assert set(rows[logits > close + 1e-3]) == set(wanted[whole[wanted] > close + 1e-3])
    assert len(rows) == len(wanted)
    assert (np.diff(rows) > 0).all()
    np.testing.assert_allclose(logits, whole[rows], rtol=1e-4, atol=1e-3)


def test_what_is_worked_out_for_some_items_is_what_is_worked_out_for_all(graph):
    model = scorer(3, graph, coarsely=True, candidates=0.5)
    query, history = np.ones(16, np.float32), np.array([5, 9, 5])
    rows = np.array([2, 5, 9, 2999])
    given_products = model.vectors @ query
    whole = model.of_query(query, history).all()
    np.testing.assert_allclose(model.of_query(query, history).of(rows), whole[rows], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(model.of_query(query, history, given_products).all(), whole, rtol=1e-4, atol=1e-4)


def test_counted_and_seen_items_are_added_by_hand(graph):
    arrays = {
        "vectors": np.zeros((3, 2), np.float32),
        "candidates": np.ones(3, bool),
        "next_starts": np.array([0, 1, 1, 1]),
        "next_columns": np.array([2], np.int32),
        "next_values": np.array([1.0], np.float32),
        "bias": np.array([1.0, 2.0, 3.0], np.float32),
        "trend": np.array([0.0, 0.0, 4.0], np.float32),
        "starters": np.zeros(3, np.float32),
        "at_first": np.zeros(3, np.float32),
    }
    model = Scorer(arrays, {"learned": 1.0, "seen": [5.0, 0.0, 0.0], "counted": {"next": 2.0}}, None)
    assert isinstance(model.counted[0][0], Counted)
    found = model.of_query(np.zeros(2, np.float32), np.array([0])).all()
    # 0 was seen; of 2 the counts say all, log(1 + 3) twice, and half of its trend after one event
    np.testing.assert_allclose(found, [1 + 5, 2, 3 + 2 * np.log(4) + 4 / 2], rtol=1e-6)
