"""Lines of a batch segment job, answered."""

import numpy as np
import pytest

from personalize_web.engine import filters
from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.serving.segments import ATTRIBUTES, ITEMS, Segments, UserFilter, asked_by


class Model:
    """Five users in the order of their ids; the item "known" and the query "known" are all it knows."""

    users = Vocabulary.of([f"u{each}" for each in range(5)])

    def item(self, item_id):
        if item_id != "known":
            raise DataError(f"Item {item_id} was not there.")
        return np.array([0])

    items_having = item

    def segment(self, items, number, allowed, check):
        rows = np.arange(5)[::-1]
        return (rows if allowed is None else rows[allowed[rows]])[:number]


def filtered(expression, clicked=(1, 3)):
    """A filter; the users of these rows have clicked."""
    def with_events(types):
        mask = np.zeros(5, bool)
        if types is None or "click" in types:
            mask[list(clicked)] = True
        return mask

    columns = DatasetColumns(Model.users, None, key="USER_ID", categorical=())
    return UserFilter(filters.parse(expression), columns, with_events)


def test_a_line_of_item_affinity_is_wrapped():
    found = Segments(Model(), by=ITEMS, number=2).answer({"itemId": "known"})
    assert found == {"input": {"itemId": "known"}, "output": {"recommendedUsers": ["u4", "u3"]}}


def test_a_line_of_item_attribute_affinity_has_no_wrapper():
    given = {"itemAttributes": "known", "filterValues": {"X": '"1"'}}
    assert Segments(Model(), by=ATTRIBUTES, number=1).answer(given) == {
        **given, "output": {"recommendedUsers": ["u4"]}}


@pytest.mark.parametrize(("given", "error"), [
    ({"itemId": "other"}, "Item other was not there."),
    ({"itemAttributes": "known"}, "The line must have itemId, a text."),
    ({"itemId": 5}, "The line must have itemId, a text."),
    ({"itemId": " "}, "The line must have itemId, a text."),
    ({"itemId": "known", "filterValues": "x"}, "filterValues must be an object whose values are texts."),
    ({"itemId": "known", "filterValues": {"A": 1}}, "filterValues must be an object whose values are texts."),
])
def test_a_line_that_cannot_be_answered_says_why_and_has_no_output(given, error):
    assert Segments(Model(), by=ITEMS, number=2).answer(given) == {"input": given, "error": error}


def test_a_filter_leaves_users_with_some_events():
    by_events = filtered('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Click")')
    found = Segments(Model(), by=ITEMS, number=5, filter=by_events).answer({"itemId": "known"})
    assert found["output"]["recommendedUsers"] == ["u3", "u1"]
    excluding = filtered('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("*")')
    found = Segments(Model(), by=ITEMS, number=5, filter=excluding).answer({"itemId": "known"})
    assert found["output"]["recommendedUsers"] == ["u4", "u2", "u0"]


def test_values_of_placeholders_come_with_the_line():
    segments = Segments(Model(), by=ITEMS, number=5,
                        filter=filtered("INCLUDE UserID WHERE Users.USER_ID IN ($WHO)"))
    chosen = segments.answer({"itemId": "known", "filterValues": {"WHO": '"u1","u4"'}})
    assert chosen["output"]["recommendedUsers"] == ["u4", "u1"]
    assert "must give a value for WHO" in segments.answer({"itemId": "known"})["error"]


def test_each_recipe_has_its_own_member():
    assert asked_by("aws-item-affinity") == ITEMS
    assert asked_by("aws-item-attribute-affinity") == ATTRIBUTES
