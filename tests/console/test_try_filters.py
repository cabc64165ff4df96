"""Filters and promotions on the pages to try recommendations."""

import re

import pytest

from personalize_web import operations
from tests import deployments
from tests.console.data_files import text_of


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    recipes = ("aws-sims", "aws-popularity-count")
    return {recipe: deployments.train(recipe, tmp_path_factory.mktemp(recipe)) for recipe in recipes}


@pytest.fixture
def popular(ana, models):
    return deployments.deploy(ana, "aws-popularity-count", models["aws-popularity-count"])


@pytest.fixture
def related(ana, models):
    return deployments.deploy(ana, "aws-sims", models["aws-sims"])


@pytest.fixture
def make(ana, run_jobs):
    def made(deployed, name, text):
        arn = operations.create_filter(ana, name=name, dataset_group_arn=deployed.group.arn, filter_expression=text)
        run_jobs()
        return arn["filterArn"]

    return made


def address(deployed, query="", do=""):
    return f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/{do}{query}"


def ids(page):
    return re.findall(r'<tr class="[^"]*" data-row>.*?(\d-\d+)</td>', page.content.decode(), re.S)


ONE = 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 1")'
ASKED = "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES) | EXCLUDE ItemID WHERE Items.DURATION > $LONG"


def test_only_what_the_filter_lets_through_is_answered(console, popular, make):
    make(popular, "one", ONE)
    page = console.get(address(popular, "?user_id=u0&num_results=5&filter=one"))
    assert len(ids(page)) == 5 and all(each.startswith("1-") for each in ids(page))
    assert "genre 1" in text_of(page)


def test_choosing_a_filter_brings_the_fields_of_its_values(console, popular, make):
    make(popular, "asked", ASKED)
    part = console.get(address(popular, "?filter=asked", do="-filter/"), headers={"HX-Request": "true"})
    body = part.content.decode()
    assert 'name="filter-GENRES"' in body and 'name="filter-LONG"' in body and "<html" not in body
    assert "Left empty, this part of the filter is not applied." in body
    assert "Enter a value" not in body


def test_values_need_no_quotes(console, popular, make):
    make(popular, "asked", ASKED)
    query = "?user_id=u0&num_results=60&filter=asked&filter-GENRES=genre+2,+genre+3&filter-LONG=95.5"
    page = console.get(address(popular, query))
    assert {each[0] for each in ids(page)} == {"2", "3"}
    code = page.content.decode()
    assert r"&quot;GENRES&quot;: &quot;\&quot;genre 2\&quot;,\&quot;genre 3\&quot;&quot;" in code
    assert "&quot;LONG&quot;: &quot;95.5&quot;" in code


def test_a_value_that_is_needed_is_asked_for_beside_its_field(console, popular, make):
    make(popular, "asked", ASKED)
    answer = console.get(address(popular, "?user_id=u0&num_results=5&filter=asked"))
    assert answer.status_code == 422
    assert text_of(answer).count("Enter a value for GENRES.") == 1
    assert "Enter a value for LONG." not in text_of(answer)


def test_what_the_runtime_refuses_stands_beside_the_value(console, popular, make):
    make(popular, "long", "INCLUDE ItemID WHERE Items.DURATION > $LONG")
    answer = console.get(address(popular, "?user_id=u0&num_results=5&filter=long&filter-LONG=much"))
    assert answer.status_code == 422
    field = re.search(r'id="field-filter-LONG">.*?</div></div>', answer.content.decode(), re.S)[0]
    assert "number" in field


def test_a_filter_on_the_user_needs_one(console, popular, make):
    make(popular, "seen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")')
    answer = console.get(address(popular, "?user_id=&num_results=5&filter=seen"))
    assert answer.status_code == 422
    assert "Enter a user ID: filter seen reads what the user did or is." in text_of(answer)


def test_filters_with_the_current_item_are_for_related_items(console, popular, related, make):
    make(popular, "alike", "INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES")
    assert "because they use CurrentItem: alike" in text_of(console.get(address(popular)))
    make(related, "alike-too", "INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES")
    page = console.get(address(related, "?item_id=1-3&num_results=5&filter=alike-too"))
    assert len(ids(page)) == 5 and all(each.startswith("1-") for each in ids(page))


def test_filters_that_are_not_active_or_not_for_items_are_not_offered(console, ana, popular, make):
    make(popular, "one", ONE)
    operations.create_filter(ana, name="later", dataset_group_arn=popular.group.arn, filter_expression=ONE)
    page = console.get(address(popular)).content.decode()
    assert '<option value="one">' in page and '<option value="later">' not in page


def test_a_promotion_marks_what_it_brings(console, popular, make):
    arn = make(popular, "one", ONE)
    query = "?user_id=u0&num_results=10&promotion_percent=30&promotion=one"
    page = console.get(address(popular, query))
    body = page.content.decode()
    assert body.count('<tr class="promoted') == 3
    assert "3 promoted" in text_of(page) and "Promoted item" in text_of(page)
    assert "&quot;name&quot;: &quot;console-promotion&quot;" in body and arn in body


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("promotion_percent=30", "Choose the filter that says what is promoted."),
        ("promotion=one", "Enter a whole number from 1 to 100."),
        ("promotion=one&promotion_percent=101", "Enter a whole number from 1 to 100."),
    ],
)
def test_half_a_promotion_is_no_promotion(console, popular, make, query, message):
    make(popular, "one", ONE)
    answer = console.get(address(popular, f"?user_id=u0&num_results=5&{query}"))
    assert answer.status_code == 422 and message in text_of(answer)


def test_the_page_of_a_filter_leads_here(console, popular, make):
    make(popular, "one", ONE)
    page = console.get(f"/console/dataset-groups/{popular.group.name}/filters/one/").content.decode()
    assert f'{address(popular)}?filter=one"' in page
    chosen = console.get(address(popular, "?filter=one")).content.decode()
    assert '<option value="one" selected>' in chosen and "Nothing asked yet" in chosen


def test_viewers_try_filters_too(as_viewer, popular, make):
    make(popular, "one", ONE)
    assert len(ids(as_viewer.get(address(popular, "?user_id=u0&num_results=5&filter=one")))) == 5
