"""Coverage by hand."""

from personalize_web.engine.metrics import coverage


def test_an_item_on_many_lists_counts_once():
    assert coverage([["a", "b"], ["b", "c"]], 12) == 0.25


def test_an_empty_catalogue_is_not_covered():
    assert coverage([], 0) == 0.0
