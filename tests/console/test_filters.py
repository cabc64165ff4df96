"""F27 and F28: filters in the console."""

import pytest

from personalize_web import operations
from personalize_web.resources.models import Filter
from tests import factories
from tests.console.data_files import text_of

BASE = "/console/dataset-groups/movies/filters/"
TEXT = 'EXCLUDE ItemID WHERE Items.GENRES IN ("comedy", "drama")'
ITEMS = """{"type": "record", "name": "Items", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
"fields": [{"name": "ITEM_ID", "type": "string"}, {"name": "GENRES", "type": "string", "categorical": true},
{"name": "PRICE", "type": ["null", "float"]}, {"name": "FREE", "type": "boolean"},
{"name": "PLOT", "type": ["null", "string"], "textual": true}]}"""
USERS = """{"type": "record", "name": "Users", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
"fields": [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"},
{"name": "MEMBERSHIP", "type": "string", "categorical": true}]}"""


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    factories.dataset(ana, made)
    factories.dataset(ana, made, "ITEMS", of_schema=factories.schema(ana, "items", text=ITEMS))
    factories.dataset(ana, made, "USERS", of_schema=factories.schema(ana, "users", text=USERS))
    return made


@pytest.fixture
def make(ana, group, run_jobs):
    def made(name, text=TEXT):
        operations.create_filter(ana, name=name, dataset_group_arn=group.arn, filter_expression=text)
        run_jobs()

    return made


def rows(*given, target="ItemID", mode="EXCLUDE", at=0, **more):
    """What the builder posts for one block; each row is (joiner, property, operator, value)."""
    parts = zip(("joiner", "field", "operator", "value"), zip(*given, strict=True), strict=True)
    return {"view": "build", "target": target, "mode": mode} | {f"{p}-{at}": list(v) for p, v in parts} | more


GENRES = ("WHERE", "Items.GENRES", "IN", "comedy, drama")


def test_a_group_without_filters_says_what_they_are(console, group):
    words = text_of(console.get(BASE))
    assert "No filters" in words and "Filters include or exclude items, users or actions." in words
    assert "Create new filter" in words


def test_rows_become_the_filter(console, group, run_jobs):
    answer = console.post(f"{BASE}-new/", {"name": "quiet"} | rows(GENRES))
    assert answer.headers["Location"] == f"{BASE}quiet/"
    run_jobs()
    assert Filter.objects.get().expression == TEXT
    assert "Active" in text_of(console.get(f"{BASE}quiet/"))


def test_rows_with_a_user_end_in_one_if(console, group):
    given = rows(
        ("WHERE", "CurrentUser.AGE", ">", "17"),
        ("AND", "Items.PRICE", "<=", "$MOST"),
        ("AND", "CurrentUser.MEMBERSHIP", "IN", "gold"),
        mode="INCLUDE",
    )
    console.post(f"{BASE}-new/", {"name": "adult"} | given)
    assert Filter.objects.get().expression == (
        'INCLUDE ItemID WHERE Items.PRICE <= $MOST IF CurrentUser.AGE > 17 AND CurrentUser.MEMBERSHIP IN ("gold")'
    )


def test_two_expressions_are_joined_by_a_pipe(console, group):
    given = rows(GENRES) | {"mode": ["INCLUDE", "EXCLUDE"]}
    second = {"joiner-1": "WHERE", "field-1": "Items.PRICE", "operator-1": ">", "value-1": "10"}
    console.post(f"{BASE}-new/", {"name": "both"} | given | second)
    assert Filter.objects.get().expression == (
        'INCLUDE ItemID WHERE Items.GENRES IN ("comedy", "drama")\n| EXCLUDE ItemID WHERE Items.PRICE > 10'
    )


def test_text_becomes_the_filter(console, group):
    console.post(f"{BASE}-new/", {"name": "quiet", "view": "text", "filter_expression": TEXT})
    assert Filter.objects.get().expression == TEXT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Enter an expression."),
        ("EXCLUDE ItemID WHERE Items.GENRES", "at character 34"),
        ("EXCLUDE ItemID WHERE Items.FREE IN (1)", "FREE is boolean"),
        ("EXCLUDE ItemID WHERE Items.GENRES NOT IN ($G)", "Placeholders are not allowed with NOT_IN operator."),
        ("x" * 2501, "An expression has at most 2,500 characters."),
    ],
)
def test_a_text_that_is_no_filter_says_why_beside_it(console, group, text, message):
    answer = console.post(f"{BASE}-new/", {"name": "quiet", "view": "text", "filter_expression": text})
    assert answer.status_code == 422 and message in text_of(answer)
    assert not Filter.objects.exists()


def test_a_row_with_a_gap_is_named_as_such(console, group):
    answer = console.post(f"{BASE}-new/", {"name": "quiet"} | rows(("WHERE", "Items.GENRES", "IN", "")))
    assert answer.status_code == 422
    assert "Choose a property and enter a value in every row." in text_of(answer)


def test_while_typing_the_character_at_fault_is_marked(console, group):
    text = "EXCLUDE ItemID WHERE Items.COLOUR IN (1)"
    posted = {"view": "text", "filter_expression": text, "_check": "1"}
    page = console.post(f"{BASE}-new/", posted, headers={"HX-Request": "true"}).content.decode()
    assert '<mark class="squiggle">Items.COLOUR</mark>' in page
    assert "Items has no column COLOUR" in page


def test_while_typing_values_and_fields_are_counted(console, group):
    text = "INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Items.PRICE > $P"
    posted = {"view": "text", "filter_expression": text, "_check": "1"}
    words = text_of(console.post(f"{BASE}-new/", posted, headers={"HX-Request": "true"}))
    assert "Valid · Items · 2 of 5 fields" in words
    assert "$G , $P (optional)" in words
    assert not Filter.objects.exists()


def test_without_scripts_buttons_change_the_rows(console, group):
    page = console.post(f"{BASE}-new/", {"name": "quiet", "_do": "row-0"} | rows(GENRES)).content.decode()
    assert page.count('name="field-0"') == 2 and 'value="quiet"' in page and "<html" in page
    page = console.post(f"{BASE}-new/", {"_do": "block"} | rows(GENRES)).content.decode()
    assert 'name="field-1"' in page
    given = rows(GENRES, ("IF", "CurrentUser.AGE", ">", "17"), ("AND", "CurrentUser.AGE", "<", "60"))
    page = console.post(f"{BASE}-new/", {"_do": "remove-0-1"} | given).content.decode()
    assert page.count('name="field-0"') == 1 and "CurrentUser.AGE &lt;" not in page


def test_rows_become_text_and_text_rows(console, group):
    page = console.post(f"{BASE}-new/", {"_do": "text"} | rows(GENRES)).content.decode()
    assert "<textarea" in page and "(&quot;comedy&quot;, &quot;drama&quot;)" in page
    posted = {"view": "text", "filter_expression": f"{TEXT} IF CurrentUser.AGE = $AGE", "_do": "build"}
    page = console.post(f"{BASE}-new/", posted, headers={"HX-Request": "true", "HX-Target": "expression"})
    page = page.content.decode()
    assert "<html" not in page
    assert 'value="comedy, drama"' in page and 'value="$AGE"' in page and "<option selected>IF</option>" in page


def test_a_text_that_has_no_rows_stays_text(console, group):
    posted = {"view": "text", "filter_expression": "EXCLUDE nothing", "_do": "build"}
    page = console.post(f"{BASE}-new/", posted)
    assert "The text can't be shown as rows" in text_of(page).replace("&#x27;", "'")
    assert "<textarea" in page.content.decode()


def test_columns_that_filters_cannot_use_are_not_offered(console, group):
    page = console.get(f"{BASE}-new/").content.decode()
    assert ">Items.GENRES</option>" in page and "Items.FREE" not in page and "Items.PLOT" not in page


def test_the_list_shows_expression_and_fields(console, make):
    make("quiet")
    words = text_of(console.get(BASE))
    assert "quiet" in words and "comedy" in words and "Items.GENRES" in words


def test_a_filter_shows_its_parameters(console, make):
    make("asked", "INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Items.PRICE > $P")
    words = text_of(console.get(f"{BASE}asked/"))
    assert "G Yes The request is refused." in words
    assert "P No This part of the filter is not applied." in words
    assert "arn:aws:personalize:us-east-1:123456789012:filter/asked" in words


def test_a_filter_is_copied_as_a_new_one(console, make):
    make("quiet")
    assert f"{BASE}-new/?copy=quiet" in console.get(f"{BASE}quiet/").content.decode()
    page = console.get(f"{BASE}-new/?copy=quiet").content.decode()
    assert 'value="quiet-copy"' in page and 'value="comedy, drama"' in page


def test_a_filter_is_deleted_by_typing_its_name(console, make, run_jobs):
    make("quiet")
    console.post(f"{BASE}quiet/-delete/", {"confirmation": "other"})
    assert Filter.objects.exists()
    console.post(f"{BASE}quiet/-delete/", {"confirmation": "quiet"})
    run_jobs()
    assert not Filter.objects.exists()


def test_a_taken_name_is_told_beside_the_name(console, make):
    make("quiet")
    answer = console.post(f"{BASE}-new/", {"name": "quiet"} | rows(GENRES))
    assert answer.status_code == 422 and "already exists" in text_of(answer)


def test_the_quota_is_told(console, make, settings):
    settings.QUOTAS = settings.QUOTAS | {"filters": 1}
    make("quiet")
    answer = console.post(f"{BASE}-new/", {"name": "loud"} | rows(GENRES))
    assert answer.status_code == 422 and "More than 1 resources in ACTIVE state" in text_of(answer)


def test_viewers_look_and_change_nothing(as_viewer, make):
    make("quiet")
    assert "Needs the Analyst role" in as_viewer.get(f"{BASE}quiet/").content.decode()
    as_viewer.post(f"{BASE}-new/", {"name": "mine"} | rows(GENRES))
    as_viewer.post(f"{BASE}quiet/-delete/", {"confirmation": "quiet"})
    assert [each.name for each in Filter.objects.all()] == ["quiet"]


def test_the_arn_leads_to_the_page_and_the_navigation_to_the_list(console, make):
    make("quiet")
    answer = console.get("/console/go/?arn=arn:aws:personalize:us-east-1:123456789012:filter/quiet")
    assert answer.headers["Location"] == f"{BASE}quiet/"
    assert f'href="{BASE}"' in console.get("/console/dataset-groups/movies/").content.decode()


def test_a_filter_of_another_group_is_not_shown(console, ana, make):
    make("quiet")
    factories.active_group(ana, "other")
    assert console.get("/console/dataset-groups/other/filters/quiet/").status_code == 404


def test_tags_come_with_the_filter_and_search_finds_it(console, group):
    tagged = {"tags-key": "team", "tags-value": "search"}
    console.post(f"{BASE}-new/", {"name": "quiet"} | rows(GENRES) | tagged)
    assert "team search" in text_of(console.get(f"{BASE}quiet/"))
    assert "filter/quiet" in text_of(console.get("/console/search/?q=qui"))


def test_the_request_stands_as_code(console, group):
    page = console.post(f"{BASE}-new/", {"name": "quiet", "_code": "1"} | rows(GENRES)).content.decode()
    assert "create_filter(" in page and "comedy" in page


def test_a_failed_form_keeps_its_rows(console, group):
    page = console.post(f"{BASE}-new/", {"name": ""} | rows(GENRES)).content.decode()
    assert "Enter a name." in page and 'value="comedy, drama"' in page
