"""Statistics and chart numbers, counted by hand."""

import csv
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from personalize_web.engine import sample
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import Stopped
from personalize_web.engine.importing import SourceFile, import_files
from personalize_web.engine.reporting import Silent
from personalize_web.engine.schemas import parse
from personalize_web.engine.statistics import PHASES, analyse, columns, languages, surveys
from tests.engine.small_schemas import EVENT, optional, plain, schema_of

DAY = 86_400
MONDAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())


def column(found, kind, name):
    return next(entry for entry in found["statistics"][kind]["columns"] if entry["name"] == name)


def test_general_figures_of_interactions(analysed):
    schema = schema_of("INTERACTIONS", *EVENT, plain("EVENT_TYPE"), optional("DEVICE", categorical=True))
    rows = [
        {"USER_ID": "u1", "ITEM_ID": "a", "TIMESTAMP": 10, "EVENT_TYPE": "watch", "DEVICE": "tv"},
        {"USER_ID": "u1", "ITEM_ID": "b", "TIMESTAMP": 20, "EVENT_TYPE": "watch", "DEVICE": None},
        {"USER_ID": "u1", "ITEM_ID": "b", "TIMESTAMP": 20, "EVENT_TYPE": "watch", "DEVICE": None},
        {"USER_ID": "u2", "ITEM_ID": "a", "TIMESTAMP": 30, "EVENT_TYPE": "click", "DEVICE": "phone"},
        {"USER_ID": None, "ITEM_ID": "z", "TIMESTAMP": 40, "EVENT_TYPE": "click", "DEVICE": "phone"},
    ]
    found = analysed(interactions=(schema, rows))
    general = found["statistics"]["INTERACTIONS"]["general"]
    assert (found["rows"], general["rows"], general["storedRows"]) == (3, 3, 5)
    assert (general["users"], general["items"], general["usersWithTwo"]) == (2, 2, 1)
    assert (general["bulkRows"], general["individualRows"]) == (0, 5)
    assert general["interactionsPerUser"] == {"mean": 1.5, "median": 1.5}
    assert general["eventTypes"] == [{"value": "watch", "rows": 2}, {"value": "click", "rows": 1}]
    assert (general["firstTimestamp"], general["lastTimestamp"]) == (10, 30)
    assert general["incompleteRows"] == 1
    assert general["duplicateShare"] == pytest.approx(2 / 5)


def test_figures_of_a_numeric_column(analysed):
    schema = schema_of("USERS", plain("USER_ID"), optional("AGE", "int"))
    rows = [{"USER_ID": str(at), "AGE": age} for at, age in enumerate([1, 2, 3, 4, None])]
    found = analysed(users=(schema, rows))
    age = column(found, "USERS", "AGE")
    assert (age["min"], age["max"], age["mean"], age["median"]) == (1, 4, 2.5, 2.5)
    assert age["deviation"] == pytest.approx((5 / 3) ** 0.5)
    assert age["quartiles"] == [1.75, 3.25]
    assert (age["missing"], age["missingShare"], age["validShare"], age["outliers"]) == (1, 0.2, 0.8, 0)
    assert found["charts"]["columns"]["USERS"]["AGE"] == {
        "kind": "histogram",
        "edges": [0.5, 1.5, 2.5, 3.5, 4.5],
        "counts": [1, 1, 1, 1],
        "median": 2.5,
        "quartiles": [1.75, 3.25],
        "box": [1, 1.75, 2.5, 3.25, 4],
    }


def test_categories_are_counted_one_by_one(analysed):
    schema = schema_of("ITEMS", plain("ITEM_ID"), optional("GENRES", categorical=True), optional("TITLE"))
    rows = [
        {"ITEM_ID": "1", "GENRES": "drama|crime", "TITLE": "a|b"},
        {"ITEM_ID": "2", "GENRES": "drama | ", "TITLE": "a|b"},
        {"ITEM_ID": "3", "GENRES": "Drama", "TITLE": None},
        {"ITEM_ID": "4", "GENRES": None, "TITLE": "c"},
    ]
    found = analysed(items=(schema, rows))
    genres = column(found, "ITEMS", "GENRES")
    assert genres["distinct"] == 3
    assert genres["top"] == [
        {"value": "drama", "rows": 2, "share": 0.5},
        {"value": "Drama", "rows": 1, "share": 0.25},
        {"value": "crime", "rows": 1, "share": 0.25},
    ]
    assert column(found, "ITEMS", "TITLE")["top"][0] == {"value": "a|b", "rows": 2, "share": 0.5}
    assert found["charts"]["columns"]["ITEMS"]["GENRES"]["top"][0] == ["drama", 2]


def test_long_texts_tell_lengths_and_words(analysed):
    schema = schema_of("ITEMS", plain("ITEM_ID"), optional("ABOUT", textual=True))
    rows = [{"ITEM_ID": "1", "ABOUT": "Café noir, café."}, {"ITEM_ID": "2", "ABOUT": "noir"}, {"ITEM_ID": "3"}]
    about = column(analysed(items=(schema, rows)), "ITEMS", "ABOUT")
    assert (about["meanLength"], about["maxLength"]) == (10, 16)
    assert about["words"] == [{"value": "café", "rows": 2}, {"value": "noir", "rows": 2}]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The story of a man and his dog in the snow", "English"),
        ("Une histoire de famille dans les montagnes, avec le chien", "French"),
        ("Die Geschichte eines Mannes und der Hund im Schnee", "German"),
        ("La historia de una familia que vive con los perros en el norte", "Spanish"),
        ("A história de uma família que vive com os cães em casa", "Portuguese"),
        ("雪の中の犬の物語", "Japanese"),
        ("一个男人和他的狗的故事", "Chinese"),
        ("4711", "Other"),
    ],
)
def test_the_language_of_a_text_is_told(text, language):
    assert languages.of(text) == language


def test_long_texts_tell_their_languages(analysed):
    schema = schema_of("ITEMS", plain("ITEM_ID"), optional("ABOUT", textual=True))
    texts = ["The dog and the cat", "A man of the snow", "Der Hund und die Katze", None]
    rows = [{"ITEM_ID": str(at), "ABOUT": text} for at, text in enumerate(texts)]
    about = column(analysed(items=(schema, rows)), "ITEMS", "ABOUT")
    assert about["languages"] == [{"value": "English", "share": 2 / 3}, {"value": "German", "share": 1 / 3}]


def test_columns_with_more_numbers_than_are_sorted_are_estimated_and_say_so(analysed, monkeypatch):
    monkeypatch.setattr(surveys, "MOST_SORTED", 50)
    schema = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"))
    rows = [{"USER_ID": str(at), "AGE": at % 100} for at in range(1000)]
    rows[0]["AGE"] = 900
    age = column(analysed(users=(schema, rows)), "USERS", "AGE")
    assert age["approximate"] == ["median", "quartiles", "distinct"]
    assert age["median"] == pytest.approx(49.5, abs=3) and age["distinct"] == pytest.approx(101, rel=0.1)
    assert (age["min"], age["max"], age["outliers"], sum(age["histogram"]["counts"])) == (0, 900, 1, 1000)


def test_ids_are_counted_in_parts_as_at_once(analysed, events, monkeypatch):
    rows = [(f"u{at % 37}", f"i{at % 11}", at) for at in range(500)]
    whole = analysed(interactions=events(*rows))
    monkeypatch.setattr(surveys, "MOST_SORTED", 64)
    parts = analysed(interactions=events(*rows))
    heads = [each["statistics"]["INTERACTIONS"]["general"] | {"distinctTimestamps": 0} for each in (whole, parts)]
    assert heads[0] == heads[1]
    assert parts["charts"]["per_user"] == whole["charts"]["per_user"]


def test_columns_in_which_nearly_every_value_is_another_are_not_listed(analysed, monkeypatch):
    monkeypatch.setattr(columns, "_LOOKED_AT", 10)
    schema = schema_of("ITEMS", plain("ITEM_ID"), plain("GENRES", categorical=True), optional("TITLE"))
    rows = [{"ITEM_ID": str(at), "GENRES": "g", "TITLE": f"Title {at}"} for at in range(30)]
    found = analysed(items=(schema, rows))
    title = column(found, "ITEMS", "TITLE")
    assert "top" not in title and title["approximate"] == ["distinct"]
    assert column(found, "ITEMS", "GENRES")["top"][0]["rows"] == 30


def test_events_are_drawn_by_day_or_by_week(analysed):
    schema = schema_of("INTERACTIONS", *EVENT, plain("EVENT_TYPE"))

    def rows(*days):
        return [
            {"USER_ID": f"u{at}", "ITEM_ID": "i", "TIMESTAMP": MONDAY + day * DAY + 5, "EVENT_TYPE": kind}
            for at, (day, kind) in enumerate(days)
        ]

    days = analysed(interactions=(schema, rows((0, "watch"), (2, "watch"), (2, "click"))))["charts"]["over_time"]
    assert days == {
        "unit": "day",
        "x": ["2024-01-01", "2024-01-02", "2024-01-03"],
        "series": {"watch": [1, 0, 1], "click": [0, 0, 1]},
    }


def test_long_spans_are_drawn_by_week_month_or_year(analysed, events):
    for days, unit in ((200, "week"), (20 * 366, "month"), (90 * 366, "year")):
        chart = analysed(interactions=events(("u", "a", 0), ("v", "b", days * DAY)))["charts"]["over_time"]
        assert chart["unit"] == unit
        assert sum(chart["series"]["Interactions"]) == 2


def test_rare_event_types_are_drawn_together(analysed):
    schema = schema_of("INTERACTIONS", *EVENT, plain("EVENT_TYPE"))
    rows = [
        {"USER_ID": "u", "ITEM_ID": "i", "TIMESTAMP": 100 * kind + at, "EVENT_TYPE": f"t{kind:02}"}
        for kind in range(10)
        for at in range(20 - kind)
    ]
    chart = analysed(interactions=(schema, rows))["charts"]["over_time"]["series"]
    assert list(chart) == [f"t{kind:02}" for kind in range(7)] + ["Other"]
    assert sum(chart["Other"]) == 13 + 12 + 11


def test_interactions_per_user_fall_into_widening_bins(analysed, events):
    rows = [(f"u{user}", f"i{at}", at) for user, count in enumerate([1, 1, 2, 3, 20]) for at in range(count)]
    chart = analysed(interactions=events(*rows))["charts"]["per_user"]
    bins = dict(zip(zip(chart["edges"], chart["edges"][1:], strict=False), chart["counts"], strict=True))
    assert sum(chart["counts"]) == chart["users"] == 5
    assert (bins[1, 2], bins[2, 3], bins[3, 4], chart["counts"][-1]) == (2, 1, 1, 1)
    assert chart["edges"][-1] > 20
    assert (chart["p2"], chart["median"], chart["p95"]) == (1, 2, 20)


def test_the_long_tail_of_items(analysed, events):
    counts = [10, 5, 2, *[1] * 17]
    rows = [(f"u{at}", f"i{item}", at) for item, count in enumerate(counts) for at in range(count)]
    chart = analysed(interactions=events(*rows))["charts"]["popularity"]
    assert (chart["items"], chart["single"]) == (20, 17)
    assert chart["ranks"] == list(range(1, 21))
    assert chart["counts"] == counts
    assert chart["cumulative"][1] == pytest.approx(15 / 34)
    assert chart["top_share"] == pytest.approx(15 / 34)
    assert chart["cumulative"][-1] == pytest.approx(1)


def test_overlap_and_new_items(analysed, events):
    items = schema_of("ITEMS", plain("ITEM_ID"), plain("GENRES", categorical=True), plain("CREATION_TIMESTAMP", "long"))
    rows = [
        {"ITEM_ID": name, "GENRES": "g", "CREATION_TIMESTAMP": MONDAY + at * 7 * DAY} for at, name in enumerate("abd")
    ]
    found = analysed(interactions=events(("u", "a", 1), ("u", "x", 2), ("u", "y", 2)), items=(items, rows))
    assert found["charts"]["overlap"] == [{"name": "Items", "used": 1, "unused": 2, "unknown": 2}]
    assert found["charts"]["new_items"] == {
        "unit": "week",
        "x": ["2024-01-01", "2024-01-08", "2024-01-15"],
        "counts": [1, 1, 1],
    }
    assert {(entry["dataset"], entry["name"], entry["share"]) for entry in found["charts"]["completeness"]} >= {
        ("Items", "GENRES", 1.0),
        ("Interactions", "USER_ID", 1.0),
    }


def test_only_the_newest_record_of_an_id_counts(tmp_path):
    schema = schema_of("USERS", plain("USER_ID"), plain("AGE", "int"))
    store = ColumnStore(tmp_path)
    store.append_individual(pa.table({"USER_ID": ["u", "u"], "AGE": [1, 2]}), 1, schema)
    general = analyse(None, None, store.snapshot(), {"USERS": schema})["statistics"]["USERS"]["general"]
    assert (general["rows"], general["storedRows"]) == (1, 2)


class Watching(Silent):
    def __init__(self, stop_at=None):
        self.phases, self.stop_at = [], stop_at

    def phase(self, name, index, of):
        self.phases.append((name, index, of))

    def check(self):
        if len(self.phases) == self.stop_at:
            raise Stopped


def test_it_tells_its_phases_and_stops(dataset, events):
    schema, rows = events(("u", "a", 1))
    snapshot = dataset(schema, rows)
    watching = Watching()
    analyse(snapshot, None, None, {"INTERACTIONS": schema}, watching)
    assert watching.phases == [(name, at, 4) for at, name in enumerate(PHASES, start=1)]
    with pytest.raises(Stopped):
        analyse(snapshot, None, None, {"INTERACTIONS": schema}, Watching(stop_at=2))


def test_the_sample_is_analysed(tmp_path):
    written = sample.write(tmp_path / "sample", users=50, items=100, events=3000)
    snapshots, schemas = {}, {}
    for kind, path in written.files.items():
        schemas[kind] = parse(written.schemas[kind], domain=sample.DOMAIN)
        store = ColumnStore(tmp_path / kind)
        import_files([SourceFile(path, path.name)], schemas[kind], store)
        snapshots[kind] = store.snapshot()
    found = analyse(snapshots["INTERACTIONS"], snapshots["ITEMS"], snapshots["USERS"], schemas)
    json.dumps(found, allow_nan=False)
    assert set(found["charts"]) == {
        "over_time",
        "event_types",
        "per_user",
        "popularity",
        "completeness",
        "overlap",
        "new_items",
        "columns",
    }
    assert found["rows"] == written.rows["INTERACTIONS"]


def test_movielens_is_counted_as_its_readme_says(movielens, tmp_path):
    schema = schema_of("INTERACTIONS", *EVENT, plain("EVENT_VALUE", "float"))
    path = tmp_path / "ratings.csv"
    with (movielens / "ratings.csv").open() as source, path.open("w", newline="") as target:
        rows = csv.reader(source)
        next(rows)
        csv.writer(target).writerows([["USER_ID", "ITEM_ID", "EVENT_VALUE", "TIMESTAMP"], *rows])
    store = ColumnStore(tmp_path / "columns")
    import_files([SourceFile(path, path.name)], schema, store)
    found = analyse(store.snapshot(), None, None, {"INTERACTIONS": schema})
    general = found["statistics"]["INTERACTIONS"]["general"]
    assert (general["rows"], general["users"], general["items"]) == (100_836, 610, 9_724)
    value = column(found, "INTERACTIONS", "EVENT_VALUE")
    assert (value["min"], value["max"], value["median"]) == (0.5, 5.0, 3.5)
    assert found["charts"]["over_time"]["unit"] == "month"
    assert [insight["number"] for insight in found["insights"]] == ["I2"]
