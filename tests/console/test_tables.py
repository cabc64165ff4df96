"""Filter, order and pages of a list."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from apps.ui import tables
from apps.ui.tables import Column, ListState

ROWS = [
    {"name": "Bravo", "status": "CREATE FAILED", "size": 2, "at": datetime(2026, 1, 2, tzinfo=UTC)},
    {"name": "alpha", "status": "ACTIVE", "size": 10, "at": datetime(2026, 1, 3, tzinfo=UTC)},
    {"name": "charlie", "status": "CREATE IN_PROGRESS", "size": None, "at": datetime(2026, 1, 1, tzinfo=UTC)},
]
COLUMNS = (
    Column("name", "Name", sortable=True),
    Column("status", "Status"),
    Column("size", "Size"),
    Column("at", "At"),
)


def state(query: str) -> ListState:
    return ListState.read("/list/", QueryDict(query), sort="name", dir="asc", size=20)


def names(query: str) -> list[str]:
    return [row["name"] for row in tables.select(ROWS, COLUMNS, state(query))]


def test_names_are_ordered_without_regard_to_case():
    assert names("") == ["alpha", "Bravo", "charlie"]


def test_numbers_are_ordered_as_numbers_and_what_is_missing_comes_last():
    assert names("sort=size") == ["Bravo", "alpha", "charlie"]


def test_moments_are_ordered_in_time():
    assert names("sort=at&dir=desc") == ["alpha", "Bravo", "charlie"]


def test_a_word_is_found_in_any_column():
    assert names("q=rav") == ["Bravo"]


def test_a_status_is_found_by_the_words_one_reads():
    assert names("q=create+in+progress") == ["charlie"]


def test_key_and_value_ask_one_column():
    assert names("q=status:failed") == ["Bravo"]
    assert names("q=name:failed") == []


def test_the_status_parameter_filters_too():
    assert names("status=active") == ["alpha"]


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "size=7", "size=x", "dir=up", "page=99999999999999999999"]
)
def test_nonsense_in_the_address_falls_back(query):
    found = state(query)
    assert (found.page, found.size, found.dir) == (1, 20, "asc")


def test_a_page_beyond_the_last_is_the_last():
    pages = tables.paginate(45, state("page=9"))
    assert (pages.number, pages.last, pages.first, pages.until) == (3, 3, 41, 45)


def test_many_pages_leave_a_gap():
    pages = tables.paginate(1000, state("page=25"))
    assert [link.get("number") for link in pages.links] == [1, None, 24, 25, 26, None, 50]


def test_an_address_carries_only_what_differs_and_a_new_filter_begins_at_page_one():
    now = state("q=film&page=3&size=50")
    assert now.url(page=4) == "/list/?q=film&page=4&size=50"
    assert now.url(q="") == "/list/?size=50"


def test_a_sorted_column_says_so_and_turns_round_when_asked_again():
    table = tables.build(ROWS, COLUMNS, caption="Things", state=state(""))
    assert table.columns[0].sorted == "ascending"
    assert table.columns[0].sort_href == "/list/?dir=desc"
    assert table.columns[1].sort_href == ""
