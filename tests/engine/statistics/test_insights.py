"""When each insight is given, and in which words."""

import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.statistics import analyse
from personalize_web.engine.statistics.insights import percent
from tests.engine.small_schemas import EVENT, optional, plain, schema_of

DAY = 86_400


def by_number(found):
    return {insight["number"]: insight for insight in found["insights"]}


def test_the_example_of_thirty_one_rows(analysed, events):
    rows = [(f"u{at}", "a", at) for at in range(30)]
    found = analysed(interactions=events(*rows, rows[0]))
    insights = by_number(found)
    assert insights["I1"]["insight"] == (
        "The Interactions dataset has only 30 interactions. Model training requires a minimum of 1,000 interactions. "
        "We recommend at least 50,000."
    )
    assert insights["I1"]["action"] == ("Import 49,970 additional unique interactions records before training a model.")
    assert insights["I2"]["insight"] == (
        "The Interactions dataset has only 0 unique users with two or more interactions. Model training requires at "
        "least 25 such users. We recommend at least 1,000."
    )
    assert insights["I2"]["action"] == "Import at least 2 interactions records each for 1,000 additional users."
    assert (insights["I1"]["severity"], insights["I2"]["severity"]) == ("High", "High")
    assert percent(found["statistics"]["INTERACTIONS"]["general"]["duplicateShare"]) == "6.45%"
    assert insights["I12"]["insight"].startswith("6.45% of the records")


def test_enough_events_of_enough_users_are_no_insight(analysed, events):
    found = analysed(interactions=events(*[(f"u{at % 1000}", f"i{at % 7}", at) for at in range(50_000)]))
    assert not by_number(found).keys() & {"I1", "I2", "I11", "I12"}


def test_between_the_minimum_and_the_advice_the_severity_is_medium(analysed, events):
    insights = by_number(analysed(interactions=events(*[(f"u{at % 25}", "a", at) for at in range(1000)])))
    assert (insights["I1"]["severity"], insights["I2"]["severity"]) == ("Medium", "Medium")
    assert insights["I1"]["action"].startswith("Import 49,000 ")
    assert insights["I2"]["action"].endswith("for 975 additional users.")


@pytest.mark.parametrize(("users", "severity"), [(24, "High"), (25, "Medium"), (999, "Medium"), (1000, None)])
def test_users_with_two_interactions(analysed, events, users, severity):
    rows = [(f"u{at}", name, at) for at in range(users) for name in "ab"]
    found = by_number(analysed(interactions=events(*rows))).get("I2")
    assert (found and found["severity"]) == severity


def test_where_everything_has_interactions_nothing_is_said(analysed, events):
    items = schema_of("ITEMS", plain("ITEM_ID"), plain("GENRES", categorical=True))
    users = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"))
    insights = by_number(
        analysed(
            interactions=events(("u", "a", 1), ("u", "x", 2)),
            items=(items, [{"ITEM_ID": "a", "GENRES": "g"}]),
            users=(users, [{"USER_ID": "u", "AGE": 3}]),
        )
    )
    assert not insights.keys() & {"I3", "I4", "I5", "I6"}


@pytest.mark.parametrize(("gaps", "by_row", "by_column"), [(3, False, False), (4, True, True)])
def test_thirty_percent_of_gaps_are_tolerated(analysed, gaps, by_row, by_column):
    schema = schema_of("USERS", plain("USER_ID"), optional("AGE", "int"))
    rows = [{"USER_ID": str(at), "AGE": 7 if at >= gaps else None} for at in range(10)]
    insights = by_number(analysed(users=(schema, rows)))
    assert ("I5" in insights, "I6" in insights) == (by_row, by_column)


def test_items_and_users_without_interactions(analysed, events):
    items = schema_of("ITEMS", plain("ITEM_ID"), plain("GENRES", categorical=True))
    users = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"))
    insights = by_number(
        analysed(
            interactions=events(("u1", "a", 1), ("u2", "x", 2)),
            items=(items, [{"ITEM_ID": name, "GENRES": "g"} for name in "abc"]),
            users=(users, [{"USER_ID": name, "AGE": 3} for name in ("u1", "u3")]),
        )
    )
    assert insights["I3"]["insight"] == (
        "66.67% of items in the Items dataset have no interactions in the Interactions dataset, so they might not be "
        "recommended."
    )
    assert insights["I4"]["insight"] == (
        "50% of users in the Users dataset have no interactions in the Interactions dataset. These users will receive "
        "recommendations for popular items."
    )
    assert (insights["I3"]["datasetTypes"], insights["I4"]["datasetTypes"]) == (
        ["ITEMS", "INTERACTIONS"],
        ["USERS", "INTERACTIONS"],
    )


def test_missing_values_count_by_row_and_by_column(analysed):
    schema = schema_of(
        "ITEMS",
        plain("ITEM_ID"),
        optional("GENRES", categorical=True),
        plain("BRAND", categorical=True),
        optional("TITLE"),
    )
    rows = [
        {"ITEM_ID": str(at), "GENRES": "g" if at < 6 else None, "BRAND": "" if at == 9 else "b"} for at in range(10)
    ]
    for row in rows[:7]:
        row["TITLE"] = "t"
    insights = by_number(analysed(items=(schema, rows)))
    assert insights["I5"]["insight"] == (
        "The Items dataset has 40% rows with a missing value. This can negatively affect recommendations. We recommend "
        "that all required and optional fields be at least 70% complete."
    )
    assert insights["I6"]["insight"] == (
        "The following column(s) in the Items dataset are less than 70% complete: GENRES. If this data is included in "
        "training, it can negatively affect recommendations. We recommend that columns that allow null values be at "
        "least 70% complete."
    )
    assert insights["I6"]["columns"] == ["GENRES"]


def test_outliers_lie_beyond_three_quartile_ranges(analysed):
    schema = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"), plain("SCORE", "int"))
    rows = [{"USER_ID": str(at), "AGE": 20 + at, "SCORE": 20 + at} for at in range(21)]
    rows[20]["AGE"] = 66
    rows[20]["SCORE"] = 65
    insights = by_number(analysed(users=(schema, rows)))
    assert insights["I7"]["insight"] == (
        "The following numerical column(s) have outliers: AGE. Outliers are not always an issue, but sometimes "
        "negatively impact recommendations."
    )


def test_equal_values_take_five_deviations_for_an_outlier(analysed):
    schema = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"))
    rows = [{"USER_ID": str(at), "AGE": 7} for at in range(40)]
    assert "I7" not in by_number(analysed(users=(schema, rows)))
    rows[0]["AGE"] = 100
    assert by_number(analysed(users=(schema, rows)))["I7"]["columns"] == ["AGE"]


@pytest.mark.parametrize(("count", "given"), [(1000, False), (1001, True)])
def test_more_than_a_thousand_categories(analysed, count, given):
    schema = schema_of("ITEMS", plain("ITEM_ID"), plain("GENRES", categorical=True))
    rows = [{"ITEM_ID": str(at), "GENRES": f"g{at}| g{at + 1} |"} for at in range(count - 1)]
    insights = by_number(analysed(items=(schema, rows)))
    assert ("I8" in insights) is given
    if given:
        assert insights["I8"]["insight"] == (
            "The following column(s) have more than 1000 possible categories: GENRES. If this data is included in "
            "training, it can negatively impact recommendations: GENRES."
        )


@pytest.mark.parametrize(("full", "given"), [(17, False), (16, True)])
def test_text_that_is_less_than_eighty_five_percent_complete(analysed, full, given):
    schema = schema_of("ITEMS", plain("ITEM_ID"), optional("ABOUT", textual=True))
    rows = [{"ITEM_ID": str(at), "ABOUT": "words" if at < full else ""} for at in range(20)]
    insights = by_number(analysed(items=(schema, rows)))
    assert ("I9" in insights) is given
    if given:
        assert insights["I9"]["insight"] == (
            "The following textual metadata column(s) are less than 85% percent complete and will not be used in model "
            "training: ABOUT."
        )


@pytest.mark.parametrize(("types", "columns", "given"), [(9, 0, False), (10, 0, True), (6, 2, False), (7, 2, True)])
def test_event_types_and_columns_share_a_limit(analysed, types, columns, given):
    more = [plain(f"C{at}", categorical=True) for at in range(columns)]
    value = [optional("EVENT_VALUE", "float")] if columns else []
    schema = schema_of("INTERACTIONS", *EVENT, plain("EVENT_TYPE"), *value, *more)
    rows = [
        {
            "USER_ID": "u",
            "ITEM_ID": "i",
            "TIMESTAMP": at,
            "EVENT_TYPE": f"t{at}",
            **{f"C{c}": "x" for c in range(columns)},
        }
        for at in range(types)
    ]
    insights = by_number(analysed(interactions=(schema, rows)))
    assert ("I10" in insights) is given
    if given:
        assert insights["I10"]["insight"] == (
            "The Interactions dataset has more than 10 unique event types, which will cause model training to fail."
        )


def test_one_timestamp_for_all(analysed, events):
    insights = by_number(analysed(interactions=events(("u", "a", 5), ("v", "b", 5))))
    assert insights["I11"]["insight"] == (
        "The Interactions dataset has the same timestamp for all records. If you use a USER_SEGMENTATION recipe and "
        "all records have the same timestamp, model training will fail."
    )
    assert "I11" not in by_number(analysed(interactions=events(("u", "a", 5), ("v", "b", 6))))


@pytest.mark.parametrize(("ahead", "given"), [(DAY - 600, False), (DAY + 600, True)])
def test_timestamps_in_the_future(analysed, events, ahead, given):
    later = int(time.time()) + ahead
    insights = by_number(analysed(interactions=events(("u", "a", 5), ("v", "b", later))))
    assert ("I13" in insights) is given
    if given:
        assert insights["I13"]["insight"].startswith(
            "50% of the records in the Interactions dataset have a timestamp in"
        )


@pytest.mark.parametrize(("moment", "given"), [(10**11 - 1, False), (10**11, True)])
def test_timestamps_in_milliseconds_are_named_apart_and_leave_the_chart_readable(analysed, events, moment, given):
    found = analysed(interactions=events(("u", "a", 5), ("v", "b", 6), ("w", "b", 7), ("w", "c", moment)))
    insights = by_number(found)
    assert ("I15" in insights, "I13" in insights) == (given, not given)
    if given:
        assert insights["I15"]["severity"] == "High"
        assert insights["I15"]["insight"].startswith("25% of the records")


def test_times_beyond_the_calendar_are_not_drawn(analysed, events):
    found = analysed(interactions=events(("u", "a", 5), ("v", "b", 1_700_000_000_000)))
    assert sum(found["charts"]["over_time"]["series"]["Interactions"]) == 1
    assert "over_time" not in analysed(interactions=events(("v", "b", 1_700_000_000_000)))["charts"]


@pytest.mark.parametrize(("days", "recorded", "given"), [(29, True, False), (31, True, True), (31, False, False)])
def test_data_that_claim_to_be_live_and_are_quiet(analysed, events, tmp_path, days, recorded, given):
    schema, rows = events(("u", "a", 5), ("v", "b", int(time.time()) - days * DAY - 60))
    if recorded:
        found = analysed(interactions=(schema, rows))
    else:
        path = tmp_path / "rows.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        snapshot = ColumnStore(tmp_path / "bulk").replace_bulk([path], schema)
        found = analyse(snapshot, None, None, {"INTERACTIONS": schema})
    insights = by_number(found)
    assert ("I17" in insights) is given
    if given:
        assert "the newest is 31 days old" in insights["I17"]["insight"]


@pytest.mark.parametrize(("most", "others", "given"), [(1000, 1000, False), (1001, 1000, True), (1001, 998, False)])
def test_users_who_do_far_more_than_nearly_all_others(analysed, events, most, others, given):
    rows = [("robot", f"i{at}", at) for at in range(most)] + [(f"u{at}", "a", 5) for at in range(others)]
    insights = by_number(analysed(interactions=events(*rows)))
    assert ("I16" in insights) is given
    if given:
        assert insights["I16"]["insight"].startswith(
            "1 user(s) in the Interactions dataset have more than 1,000 interactions each, together 50.02% of all."
        )


@pytest.mark.parametrize(("copies", "given"), [(1, False), (2, True)])
def test_more_than_one_row_in_a_hundred_is_repeated(analysed, events, copies, given):
    rows = [(f"u{at}", "a", at) for at in range(201 - 2 * copies)]
    insights = by_number(analysed(interactions=events(*rows, *rows[:copies])))
    assert ("I12" in insights) is given


def test_truth_values_are_told_with_their_share(analysed):
    schema = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"), optional("PAYS", "boolean"))
    rows = [{"USER_ID": str(at), "AGE": 3, "PAYS": at % 4 == 0 if at else None} for at in range(9)]
    insights = by_number(analysed(users=(schema, rows)))
    assert insights["I18"]["insight"].endswith("model training or filters: PAYS (25% true).")
    for row in rows:
        row["PAYS"] = None
    assert "I18" not in by_number(analysed(users=(schema, rows)))


def test_events_that_a_domain_expects(analysed):
    schema = schema_of("INTERACTIONS", *EVENT, plain("EVENT_TYPE"), domain="VIDEO_ON_DEMAND")
    rows = [{"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": at, "EVENT_TYPE": "watch"} for at in range(999)]
    assert "Watch (999)" in by_number(analysed(interactions=(schema, rows)))["I14"]["insight"]
    rows.append(rows[0] | {"TIMESTAMP": 5000})
    assert "I14" not in by_number(analysed(interactions=(schema, rows)))


def test_the_most_severe_come_first(analysed, events):
    order = [insight["severity"] for insight in analysed(interactions=events(("u", "a", 5), ("u", "a", 5)))["insights"]]
    assert order == sorted(order, key=["High", "Medium", "Low"].index)


def test_percentages_have_two_decimals_and_no_zeros_at_the_end():
    assert [percent(share) for share in (0.3, 2 / 31, 1.0, 0.125, 0.00001)] == ["30%", "6.45%", "100%", "12.5%", "0%"]


def test_a_schema_without_data_gives_no_insight_of_its_own(analysed):
    assert analysed(users=(schema_of("USERS", plain("USER_ID"), plain("AGE", "int")), []))["insights"] == []
