"""The sample catalogue: always the same, importable, and with tastes to learn."""

import csv
from collections import Counter, defaultdict

import pytest

from personalize_web.engine import sample
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.importing import SourceFile, import_files
from personalize_web.engine.schemas import parse


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return sample.write(tmp_path_factory.mktemp("sample"))


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_same_seed_writes_the_same_files(written, tmp_path):
    again = sample.write(tmp_path)
    for kind, path in written.files.items():
        assert path.read_bytes() == again.files[kind].read_bytes()
    other = sample.write(tmp_path / "other", seed=8, users=20, items=50, events=200)
    assert other.files["ITEMS"].read_bytes()[:2000] != written.files["ITEMS"].read_bytes()[:2000]


def test_it_has_the_size_that_was_asked_for(written):
    assert (written.rows["USERS"], written.rows["ITEMS"]) == (1000, 1500)
    assert 45_000 < written.rows["INTERACTIONS"] < 75_000


def test_it_imports_without_a_warning(written, tmp_path):
    for kind, path in written.files.items():
        schema = parse(written.schemas[kind], domain=sample.DOMAIN)
        assert (written.directory / f"{kind.lower()}.json").read_text() == written.schemas[kind]
        store = ColumnStore(tmp_path / kind)
        summary = import_files([SourceFile(path, path.name)], schema, store)
        assert (summary.rows, summary.warnings) == (written.rows[kind], ())
        assert store.snapshot().effective_rows == written.rows[kind]


def test_titles_are_unique_and_have_genres_and_a_description(written):
    items = rows(written.files["ITEMS"])
    assert len({item["TITLE"] for item in items}) == len(items)
    assert all(item["GENRES"] and item["PRODUCT_DESCRIPTION"].endswith(".") for item in items)
    assert sum("|" in item["GENRES"] for item in items) > 500
    assert all(1900 < int(item["YEAR"]) <= 2026 for item in items)


def test_events_lie_within_the_year_after_their_title_arrived(written):
    added = {item["ITEM_ID"]: int(item["CREATION_TIMESTAMP"]) for item in rows(written.files["ITEMS"])}
    events = rows(written.files["INTERACTIONS"])
    times = [int(event["TIMESTAMP"]) for event in events]
    assert times == sorted(times)
    assert 1_767_225_600 - 366 * 86_400 < times[0] < times[-1] <= 1_767_225_600
    early = sum(int(event["TIMESTAMP"]) < added[event["ITEM_ID"]] - 90 for event in events)
    assert early < len(events) / 50
    assert set(Counter(event["EVENT_TYPE"] for event in events)) == {"Watch", "Click"}


def test_people_watch_more_of_their_own_genre_than_of_the_common_one(written):
    genre = {item["ITEM_ID"]: item["GENRES"].split("|")[0] for item in rows(written.files["ITEMS"])}
    watched = defaultdict(list)
    for event in rows(written.files["INTERACTIONS"]):
        watched[event["USER_ID"]].append(genre[event["ITEM_ID"]])
    common = Counter(kind for kinds in watched.values() for kind in kinds).most_common(1)[0][0]
    own = popular = total = 0
    for kinds in watched.values():
        half = len(kinds) // 2
        if half < 5:
            continue
        favourite = Counter(kinds[:half]).most_common(1)[0][0]
        own += kinds[half:].count(favourite)
        popular += kinds[half:].count(common)
        total += len(kinds) - half
    assert own / total > 1.5 * popular / total


def test_series_are_watched_in_their_order(written):
    titles = {item["ITEM_ID"]: item["TITLE"] for item in rows(written.files["ITEMS"])}
    last, follows, starts = {}, 0, 0
    for event in rows(written.files["INTERACTIONS"]):
        if event["EVENT_TYPE"] != "Watch":
            continue
        name, _, part = titles[event["ITEM_ID"]].partition(": Part ")
        before, last[event["USER_ID"]] = last.get(event["USER_ID"]), (name, part)
        if before and before[1]:
            starts += 1
            follows += before[0] == name and bool(part) and int(part) == int(before[1]) + 1
    assert follows / starts > 0.3
