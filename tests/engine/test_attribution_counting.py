"""Counting: by metric, source and quarter of an hour, as a slow program would."""

import math
import re
from collections import defaultdict

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine.attribution import UNDEFINED, Counting, Expression, Measure

CLICKS = Measure("Clicks", "click", Expression("samplecount"))
WATCHED = Measure("Watched", "Watch", Expression("sum", "INTERACTIONS", "EVENT_VALUE"))
LENGTH = Measure("Length", "watch", Expression("sum", "ITEMS", "LENGTH"))
FIRST = "arn:aws:personalize:us-west-2:123456789012:recommender/first"


def table(*events: dict) -> pa.Table:
    """Events with what is not said."""
    usual = {"ITEM_ID": "i1", "EVENT_TYPE": "click", "TIMESTAMP": 1_000_000, "EVENT_VALUE": None}
    usual |= {"EVENT_ATTRIBUTION_SOURCE": None, "RECOMMENDATION_ID": None, "_received": None}
    rows = [{**usual, **event, "_place": place} for place, event in enumerate(events)]
    types = {"TIMESTAMP": pa.int64(), "EVENT_VALUE": pa.float64(), "_received": pa.float64(), "_place": pa.int64()}
    names = [*usual, "_place"]
    return pa.table({name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names})


def served(**by_id: str) -> pa.Table:
    return pa.table(
        {"recommendation_id": pa.array(list(by_id), pa.string()), "source": pa.array(list(by_id.values()), pa.string())}
    )


def counted(events: pa.Table, *measures: Measure, known: pa.Table | None = None, keep=None, **about) -> list[tuple]:
    with Counting(events, measures, columns=events.column_names, **about) as counting:
        counting.count(served() if known is None else known)
        counting.keep(counting.sources() if keep is None else keep)
        found = [each for batch in counting.counts() for each in batch]
    return [(measures[each.metric].name, each.source, each.window, each.value) for each in found]


def test_events_count_in_windows_of_a_quarter_of_an_hour_by_the_clock():
    events = table(*({"TIMESTAMP": moment} for moment in (899, 900, 1799, 1800)))
    assert counted(events, CLICKS) == [
        ("Clicks", UNDEFINED, 0, 1.0),
        ("Clicks", UNDEFINED, 900, 2.0),
        ("Clicks", UNDEFINED, 1800, 1.0),
    ]


def test_a_given_source_wins_over_the_recommendation_and_neither_is_undefined():
    events = table(
        {"EVENT_ATTRIBUTION_SOURCE": "newsletter", "RECOMMENDATION_ID": "r1"},
        {"RECOMMENDATION_ID": "r1"},
        {"RECOMMENDATION_ID": "unknown"},
        {},
    )
    assert {(row[1], row[3]) for row in counted(events, CLICKS, known=served(r1=FIRST))} == {
        ("newsletter", 1.0),
        (FIRST, 1.0),
        (UNDEFINED, 2.0),
    }


@pytest.mark.parametrize("source", ["", "   ", "caf\u00e9", "a\nb", "x" * 1025])
def test_what_cannot_name_a_source_names_none(source):
    events = table({"EVENT_ATTRIBUTION_SOURCE": source, "RECOMMENDATION_ID": "r1"})
    assert [row[1] for row in counted(events, CLICKS, known=served(r1=FIRST))] == [FIRST]


def test_sums_add_the_column_of_the_event_or_of_its_item_and_missing_values_add_nothing():
    events = table(
        {"EVENT_TYPE": "WATCH", "EVENT_VALUE": 2.5, "ITEM_ID": "i1"},
        {"EVENT_TYPE": "watch", "EVENT_VALUE": None, "ITEM_ID": "i2"},
        {"EVENT_TYPE": "watch", "EVENT_VALUE": 1.0, "ITEM_ID": "unknown"},
        {"EVENT_TYPE": "click", "EVENT_VALUE": 9.0, "ITEM_ID": "i1"},
    )
    items = "SELECT * FROM (VALUES ('i1', 120), ('i2', NULL), ('i3', 7)) AS t(ITEM_ID, LENGTH)"
    assert [(row[0], row[3]) for row in counted(events, WATCHED, LENGTH, items=items)] == [
        ("Watched", 3.5),
        ("Length", 120.0),
    ]


def test_a_sum_over_items_is_nothing_where_there_are_no_items():
    assert [row[3] for row in counted(table({"EVENT_TYPE": "watch"}), LENGTH)] == [0.0]


def test_events_before_the_oldest_are_passed_over():
    events = table({"TIMESTAMP": 999_999}, {"TIMESTAMP": 1_000_000})
    assert [row[3] for row in counted(events, CLICKS, oldest=1_000_000)] == [1.0]


def test_a_metric_counts_what_is_received_from_its_own_beginning():
    later = Measure("Later", "click", Expression("samplecount"), since=50.0)
    events = table({"_received": 49.0}, {"_received": 50.0})
    assert [(row[0], row[3]) for row in counted(events, CLICKS, later)] == [("Clicks", 2.0), ("Later", 1.0)]


def test_sources_come_in_the_order_of_their_first_event_and_those_not_kept_are_undefined():
    names = ["zebra", "ant", "zebra", "mole"]
    events = table(*({"EVENT_ATTRIBUTION_SOURCE": name} for name in names))
    with Counting(events, [CLICKS], columns=events.column_names) as counting:
        counting.count(served())
        assert counting.sources() == ["zebra", "ant", "mole"]
    assert [(row[1], row[3]) for row in counted(events, CLICKS, keep=["zebra"])] == [(UNDEFINED, 2.0), ("zebra", 2.0)]


def test_only_ids_of_events_without_a_source_of_their_own_are_asked_for():
    events = table(
        {"RECOMMENDATION_ID": "r1"},
        {"RECOMMENDATION_ID": "r2", "EVENT_ATTRIBUTION_SOURCE": "mail"},
        {"RECOMMENDATION_ID": "r3", "EVENT_TYPE": "other"},
    )
    with Counting(events, [CLICKS], columns=events.column_names) as counting:
        assert list(counting.recommendation_ids()) == [["r1"]]


def test_columns_that_a_schema_lacks_are_no_hindrance():
    events = table({}).select(["ITEM_ID", "EVENT_TYPE", "TIMESTAMP", "_place"])
    assert [row[1] for row in counted(events, CLICKS, WATCHED)] == [UNDEFINED]


def test_a_report_has_exactly_the_form_that_programs_read(tmp_path):
    watches = Measure("COUNTWATCHES", "WATCH", Expression("samplecount"))
    minutes = Measure('Minutes, "all"', "WATCH", Expression("sum", "INTERACTIONS", "EVENT_VALUE"))
    second = FIRST.replace("first", "second")
    events = table(
        *({"EVENT_TYPE": "watch", "TIMESTAMP": 1_666_924_300, "RECOMMENDATION_ID": "r1"} for _ in range(12)),
        *({"EVENT_TYPE": "Watch", "TIMESTAMP": 1_666_923_000, "RECOMMENDATION_ID": "r2"} for _ in range(254)),
        {"EVENT_TYPE": "WATCH", "TIMESTAMP": 1_666_925_000, "EVENT_VALUE": 0.25, "EVENT_ATTRIBUTION_SOURCE": "a,b"},
    )
    with Counting(events, [watches, minutes], columns=events.column_names) as counting:
        counting.count(served(r1=FIRST, r2=second))
        counting.keep(counting.sources())
        assert counting.write(tmp_path / "report.csv") == 6
    assert (tmp_path / "report.csv").read_text() == (
        "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP\n"
        f"COUNTWATCHES,WATCH,254.0,samplecount,{second},1666922400\n"
        'COUNTWATCHES,WATCH,1.0,samplecount,"a,b",1666924200\n'
        f"COUNTWATCHES,WATCH,12.0,samplecount,{FIRST},1666924200\n"
        f'"Minutes, ""all""",WATCH,0.0,sum,{second},1666922400\n'
        '"Minutes, ""all""",WATCH,0.25,sum,"a,b",1666924200\n'
        f'"Minutes, ""all""",WATCH,0.0,sum,{FIRST},1666924200\n'
    )


SOURCES = st.sampled_from([None, "", " ", "mail", "shop", "caf\u00e9"])
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "ITEM_ID": st.sampled_from(["i1", "i2", "i3"]),
            "EVENT_TYPE": st.sampled_from(["click", "Click", "watch", "WATCH", "buy", None]),
            "TIMESTAMP": st.integers(990_000, 1_010_000),
            "EVENT_VALUE": st.none() | st.integers(-8, 8).map(lambda value: value / 4),
            "EVENT_ATTRIBUTION_SOURCE": SOURCES,
            "RECOMMENDATION_ID": st.sampled_from([None, "r1", "r2", "r3"]),
            "_received": st.integers(0, 100).map(float),
        }
    ),
    max_size=40,
)
MEASURES = st.lists(
    st.builds(
        Measure,
        name=st.sampled_from(["a", "b", "c"]),
        event_type=st.sampled_from(["click", "WATCH", "buy"]),
        expression=st.sampled_from([CLICKS.expression, WATCHED.expression, LENGTH.expression]),
        since=st.sampled_from([0.0, 50.0]),
    ),
    min_size=1,
    max_size=4,
)
LENGTHS = {"i1": 2.0, "i2": None}
KNOWN = {"r1": "campaign-1", "r2": "mail"}


def slowly(events: list[dict], measures: list[Measure], kept: set[str], oldest: float) -> dict[tuple, float]:
    """The same by hand."""
    totals: dict[tuple, float] = defaultdict(float)
    for event in events:
        for number, measure in enumerate(measures):
            right_type = (event["EVENT_TYPE"] or "").lower() == measure.event_type.lower()
            if not right_type or event["TIMESTAMP"] < oldest or event["_received"] < measure.since:
                continue
            given = event["EVENT_ATTRIBUTION_SOURCE"]
            named = given if given and re.fullmatch(r"[ -~]*[!-~][ -~]*", given) else None
            source = named or KNOWN.get(event["RECOMMENDATION_ID"]) or UNDEFINED
            value: float | None = 1.0
            if measure.expression.dataset_type == "ITEMS":
                value = LENGTHS.get(event["ITEM_ID"])
            elif measure.expression.dataset_type == "INTERACTIONS":
                value = event["EVENT_VALUE"]
            window = math.floor(event["TIMESTAMP"] / 900) * 900
            totals[number, source if source in kept else UNDEFINED, window] += value or 0.0
    return dict(totals)


@given(EVENTS, MEASURES, st.sets(st.sampled_from(["mail", "shop", "campaign-1"])), st.sampled_from([0, 1_000_000]))
@settings(max_examples=60, deadline=None)
def test_it_counts_as_a_slow_program_does(events, measures, kept, oldest):
    given_events = table(*events)
    items = "SELECT * FROM (VALUES ('i1', 2), ('i2', NULL)) AS t(ITEM_ID, LENGTH)"
    with Counting(given_events, measures, columns=given_events.column_names, items=items, oldest=oldest) as counting:
        counting.count(served(**KNOWN))
        counting.keep(sorted(kept))
        found = {(each.metric, each.source, each.window): each.value for batch in counting.counts() for each in batch}
    assert found == slowly(events, measures, kept, oldest)


def test_a_query_is_counted_as_a_table_is(tmp_path):
    path = tmp_path / "events.parquet"
    duckdb.sql(f"COPY (SELECT 'i1' ITEM_ID, 'click' EVENT_TYPE, 5 AS TIMESTAMP, 0 AS _place) TO '{path}'")
    columns = ["ITEM_ID", "EVENT_TYPE", "TIMESTAMP"]
    with Counting(f"SELECT * FROM read_parquet('{path}')", [CLICKS], columns=columns) as counting:
        counting.count(served())
        counting.keep([])
        assert [each.value for batch in counting.counts() for each in batch] == [1.0]
