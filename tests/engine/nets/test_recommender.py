"""Item vectors of all items and of some."""

import pytest
import torch

from personalize_web.engine.algorithms import learning
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.sequence_transformer import SequenceTransformer
from personalize_web.engine.nets.recommender import ItemTable
from personalize_web.engine.reporting import Silent
from tests.engine.worlds import World


@pytest.mark.parametrize("described", [False, True])
@pytest.mark.parametrize("sparse", [False, True])
def test_some_rows_have_the_vectors_and_gradients_they_have_among_all(described, sparse):
    torch.manual_seed(0)
    features = torch.tensor([[1.0, 0.5, 0], [0, 0, 0], [0, 2.0, 1.0], [0, 0, 1.0]]).to_sparse().coalesce()
    table = ItemTable(torch.randn(4, 3), features if described else None, 0.2).eval()
    known, rows = torch.tensor([1.0, 1.0, 0.0, 1.0]), torch.tensor([0, 2, 3])
    whole = table(known)
    expected = torch.autograd.grad((whole[rows] ** 2).sum(), list(table.parameters()))
    table.own.sparse = sparse
    some = table(known, rows)
    torch.testing.assert_close(some, whole[rows])
    found = torch.autograd.grad((some ** 2).sum(), list(table.parameters()))
    for one, other in zip(found, expected, strict=True):
        assert one.is_sparse == (sparse and one.shape == (4, 3))
        torch.testing.assert_close(one.to_dense() if one.is_sparse else one, other)


def test_learning_by_rows_learns_as_learning_by_all_items_does(monkeypatch):
    """A large catalogue's way, on a small one: vectors of the items of a step alone, and drawn items."""
    monkeypatch.setattr(learning, "ALL_ROWS", 0)
    monkeypatch.setattr(learning, "FULL_SOFTMAX", 0)
    model = SequenceTransformer().train(
        World().dataset(), {}, Options(seed=3, effort=0.2, threads=1), Silent())
    assert model.details["blend"]["validation ndcg_at_10"]["learned"] > 0.6
    assert model.state.learner.network.items.own.sparse
