"""F6: records one by one, in an editor or a grid, and what became of each."""

import json

import pytest

from personalize_web import operations
from personalize_web.resources.models import Event, Record
from tests import factories
from tests.console.data_files import text_of

GROUP = "/console/dataset-groups/movies/"
SLUGS = {
    "INTERACTIONS": "item-interactions",
    "USERS": "users",
    "ITEMS": "items",
    "ACTIONS": "actions",
    "ACTION_INTERACTIONS": "action-interactions",
}
USER = {"USER_ID": "u1", "AGE": 30, "GENDER": "f"}


def address(kind):
    return f"{GROUP}datasets/{SLUGS[kind]}/records/-new/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def users(ana, group):
    return factories.dataset(ana, group, "USERS")


def send(console, records, kind="USERS", **more):
    text = records if isinstance(records, str) else json.dumps(records)
    return console.post(address(kind), {"records": text} | more)


@pytest.mark.parametrize(
    ("kind", "title", "record"),
    [
        (
            "INTERACTIONS",
            "Create user-item interaction record(s)",
            {"USER_ID": "u1", "ITEM_ID": "i1", "TIMESTAMP": 1700000000},
        ),
        ("USERS", "Create user record(s)", USER),
        ("ITEMS", "Create item record(s)", {"ITEM_ID": "i1", "GENRES": "a|b", "CREATION_TIMESTAMP": 1700000000}),
        (
            "ACTIONS",
            "Create action record(s)",
            {"ACTION_ID": "a1", "VALUE": 5, "MEMBERSHIP_LEVEL": "gold", "CREATION_TIMESTAMP": 1700000000},
        ),
        (
            "ACTION_INTERACTIONS",
            "Create action interaction record(s)",
            {"USER_ID": "u1", "ACTION_ID": "a1", "EVENT_TYPE": "Taken", "TIMESTAMP": 1700000000},
        ),
    ],
)
def test_each_kind_has_its_title_its_template_and_takes_records(console, ana, group, kind, title, record):
    tracking = {"tracking_id": "0f9d4bd0-0000-0000-0000-000000000000"} if kind == "ACTION_INTERACTIONS" else {}
    factories.dataset(ana, group, kind, **tracking)
    if kind == "INTERACTIONS":
        factories.event_tracker(ana, group)
    page = console.get(address(kind))
    assert title in text_of(page)
    (template,) = json.loads(page.context["form"]["records"].value())
    assert set(record) <= set(template)
    answer = console.post(address(kind), {"records": json.dumps(record)})
    assert answer.status_code == 303, text_of(answer)
    assert Event.objects.count() + Record.objects.count() == 1
    words = text_of(console.get(address(kind)))
    assert "1 record created." in words and "Response (1)" in words and "Success" in words


def test_a_second_submit_appends_to_the_response(console, users):
    send(console, USER)
    send(console, [USER | {"USER_ID": "u2"}, USER | {"USER_ID": "u3"}])
    words = text_of(console.get(address("USERS")))
    assert "Response (3)" in words
    assert words.index("u2") < words.rindex("u1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write at least one record."),
        ("[", "Line 1, column 2: this is no valid JSON"),
        ('{"AGE": NaN}', "NaN is no value in JSON. Write a number, or null."),
        ("7", "Write one object, or an array of objects in [ ]."),
        ("[]", "Write at least one record."),
        (json.dumps([USER] * 11), "These are 11 records; at most 10 are taken at a time."),
        ('[{"USER_ID": "u1"}, 3]', "Record 2: expected an object with columns as keys."),
        ("[{}]", "Record 1 is empty."),
    ],
)
def test_what_is_no_list_of_records_is_told(console, users, text, message):
    answer = send(console, text)
    assert answer.status_code == 422 and message in text_of(answer)
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ({"AGE": "old"}, ("Record 2", "age")),
        ({"SHOE_SIZE": 43}, ("Record 2", "SHOE_SIZE")),
        ({"USER_ID": "x" * 257}, ("Record 2", "userId")),
        ({"USER_ID": None}, ("Record 2", "userId")),
    ],
)
def test_a_refused_record_names_its_number_and_key_and_nothing_is_stored(console, users, wrong, parts):
    answer = send(console, [USER, USER | {"USER_ID": "u2"} | wrong])
    words = text_of(answer)
    assert answer.status_code == 422 and "Failure" in words
    for part in parts:
        assert part.lower() in words.lower()
    assert "Not created: record 2 was refused" in words
    assert not Record.objects.exists()


def test_interactions_need_an_event_tracker(console, ana, group):
    factories.dataset(ana, group)
    page = console.get(address("INTERACTIONS"))
    assert "An event tracker is needed" in text_of(page)
    assert f'href="{GROUP}event-trackers/-new/configure/"' in page.content.decode()
    assert "Create an event tracker first." in page.content.decode()
    answer = send(console, {"USER_ID": "u1", "ITEM_ID": "i1", "TIMESTAMP": 1700000000}, "INTERACTIONS")
    assert answer.status_code == 422 and "needs an event tracker" in text_of(answer)


def test_the_grid_takes_typed_cells_and_leaves_empty_ones_out(console, users):
    grid = f"{address('USERS')}?view=form"
    assert 'aria-label="AGE of record 1"' in console.get(grid).content.decode()
    more = console.post(grid, {"_count": "1", "_rows": "1", "1-USER_ID": "u1"}).content.decode()
    assert 'aria-label="AGE of record 2"' in more and 'value="u1"' in more
    answer = console.post(
        grid, {"_count": "3", "1-USER_ID": "u1", "1-AGE": "30", "1-GENDER": "f", "3-USER_ID": "u3", "3-AGE": "4.5"}
    )
    assert answer.status_code == 422 and "Record 2" in text_of(answer)
    answer = console.post(grid, {"_count": "2", "1-USER_ID": "u1", "1-AGE": "30", "1-GENDER": "f"})
    assert answer.status_code == 303
    assert Record.objects.get().values == {"AGE": 30, "GENDER": "f"}


def test_a_form_sent_twice_is_stored_once(console, users):
    for _ in range(2):
        send(console, USER, _token="the-same")
    assert Record.objects.count() == 1


def test_too_many_calls_a_second_are_a_page_of_their_own(console, users, monkeypatch):
    from personalize_web.operations.errors import ThrottlingException

    def refuse(*_, **__):
        raise ThrottlingException("Rate exceeded.")

    monkeypatch.setattr(operations, "create_records", refuse)
    assert send(console, USER).status_code == 429


def test_viewers_create_nothing(as_viewer, users):
    assert "Needs the Analyst role" in as_viewer.get(address("USERS")).content.decode()
    assert send(as_viewer, USER).status_code == 403
    assert not Record.objects.exists()


def test_keys_of_an_event_that_are_no_column_are_named_as_not_stored(console, ana, group):
    factories.dataset(ana, group)
    factories.event_tracker(ana, group)
    event = {"USER_ID": "u1", "itemId": "i1", "TIMESTAMP": 1700000000, "sessionId": "s1", "SHOE_SIZE": 43}
    assert send(console, event, "INTERACTIONS").status_code == 303
    words = text_of(console.get(address("INTERACTIONS")))
    assert "No column of the schema, so not stored: SHOE_SIZE" in words
    assert Event.objects.get().session_id == "s1"
