"""Filters as resources, and what answers look like with them."""

from datetime import UTC, datetime

import pytest

from personalize_web import operations
from personalize_web.operations import statuses
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources.models import Event, Filter
from tests.deployments import START, deploy, train

POPULAR, RELATED = "aws-popularity-count", "aws-sims"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    recipes = (POPULAR, RELATED, "aws-vod-top-picks")
    return {recipe: train(recipe, tmp_path_factory.mktemp(recipe)) for recipe in recipes}


@pytest.fixture
def popular(ana, db, models):
    return deploy(ana, POPULAR, models[POPULAR])


@pytest.fixture
def make(ana, run_jobs):
    def made(deployed, expression, name=None):
        name = name or f"filter-{Filter.objects.count()}"
        arn = operations.create_filter(
            ana, name=name, dataset_group_arn=deployed.group.arn, filter_expression=expression
        )["filterArn"]
        run_jobs()
        return arn

    return made


def answer(caller, deployed, **more):
    return operations.get_recommendations(caller, **deployed.target, **{"user_id": "u0", "num_results": 10} | more)


def ids(found):
    return [each["itemId"] for each in found["itemList"]]


def test_a_filter_is_described_and_listed(ana, popular, make):
    text = 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 1")'
    arn = make(popular, text, "one")
    described = operations.describe_filter(ana, filter_arn=arn)["filter"]
    assert described["status"] == "ACTIVE"
    assert described["filterExpression"] == text
    listed = operations.list_filters(ana, dataset_group_arn=popular.group.arn)["Filters"]
    assert [each["filterArn"] for each in listed] == [arn]
    assert "filterExpression" not in listed[0]


def test_a_name_is_taken_once(ana, popular, make):
    make(popular, "INCLUDE ItemID WHERE Items.DURATION > 1", "one")
    with pytest.raises(ResourceAlreadyExistsException):
        make(popular, "INCLUDE ItemID WHERE Items.DURATION > 2", "one")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("INCLUDE ItemID WHERE Items.GENRES IN", "Invalid Expression at character 37"),
        ('INCLUDE ItemID WHERE Items.COLOUR IN ("a")', "Items has no column COLOUR"),
        ("INCLUDE ItemID WHERE Items.GENRES NOT IN ($G)", r"Invalid input symbol: \$G\. Placeholders are not allowed"),
        ("INCLUDE UserID WHERE Users.AGE > 3", "has no Users dataset"),
    ],
)
def test_an_expression_that_cannot_be_leaves_no_filter(ana, popular, make, text, says):
    with pytest.raises(InvalidInputException, match=says) as caught:
        make(popular, text)
    assert caught.value.field == "filter_expression"
    assert not Filter.objects.exists()


def test_a_group_has_ten_filters_with_ten_fields_at_most(ana, popular, make, settings):
    settings.QUOTAS = settings.QUOTAS | {"filters": 2, "filter_fields": 3}
    make(popular, "INCLUDE ItemID WHERE Items.DURATION > 1 AND Items.CREATION_TIMESTAMP > 1")
    with pytest.raises(LimitExceededException, match="would use 4 different fields; at most 3"):
        make(popular, 'INCLUDE ItemID WHERE Items.GENRES IN ("a") AND Items.TITLE IN ("b")')
    make(popular, "INCLUDE ItemID WHERE Items.DURATION > 2")
    with pytest.raises(LimitExceededException, match="More than 2 resources in ACTIVE state"):
        make(popular, "INCLUDE ItemID WHERE Items.DURATION > 3")


def test_only_what_the_filter_lets_through_is_answered(ana, popular, make):
    arn = make(popular, 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 2")')
    found = ids(answer(ana, popular, filter_arn=arn))
    assert len(found) == 10
    assert all(each.startswith("2-") for each in found)


def test_values_come_with_the_request(ana, popular, make):
    arn = make(popular, "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)")
    given = {"GENRES": '"genre 1","genre 3"'}
    assert {each[0] for each in ids(answer(ana, popular, filter_arn=arn, filter_values=given, num_results=60))} == {
        "1", "3"
    }  # fmt: skip
    with pytest.raises(InvalidInputException, match="filterValues must give a value for GENRES"):
        answer(ana, popular, filter_arn=arn)


def test_an_event_changes_what_is_filtered_at_once(ana, popular, make):
    arn = make(popular, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")')
    first = ids(answer(ana, popular, filter_arn=arn, user_id="somebody"))
    operations.put_events(
        ana,
        tracking_id=popular.tracker.tracking_id,
        session_id="s",
        user_id="somebody",
        event_list=[{"eventType": "Click", "itemId": first[0], "sentAt": datetime.now(UTC)}],
    )
    assert ids(answer(ana, popular, filter_arn=arn, user_id="somebody"))[:9] == first[1:]
    assert ids(answer(ana, popular, filter_arn=arn, user_id="nobody")) == first


def test_only_the_newest_events_of_a_type_count(ana, popular, make, settings):
    arn = make(popular, "INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN (*)")
    assert len(ids(answer(ana, popular, filter_arn=arn, num_results=100))) == 20
    settings.QUOTAS = settings.QUOTAS | {"filter_interactions": 5}
    assert len(ids(answer(ana, popular, filter_arn=arn, num_results=100))) == 5


def test_many_events_of_one_type_hide_none_of_another(ana, popular, make):
    arn = make(popular, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")')
    first = ids(answer(ana, popular, filter_arn=arn, user_id="busy"))
    done = [("Buy", first[0]), *[("view", first[1])] * 301]
    Event.objects.bulk_create(
        Event(dataset=popular.dataset, digest=f"{place}", event_id=f"{place}", user_id="busy", session_id="s",
              item_id=item, event_type=kind, timestamp=START + place)
        for place, (kind, item) in enumerate(done)
    )  # fmt: skip
    assert ids(answer(ana, popular, filter_arn=arn, user_id="busy"))[:9] == first[1:]


def test_a_filter_on_events_needs_a_user(ana, popular, make):
    arn = make(popular, 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")')
    with pytest.raises(InvalidInputException, match="userId must be given: the filter needs it"):
        answer(ana, popular, filter_arn=arn, user_id=None)


def test_a_filter_by_the_present_item_is_for_related_items_alone(ana, popular, make, models):
    text = "INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES"
    with pytest.raises(InvalidInputException, match="uses CurrentItem, which aws-popularity-count does not have"):
        answer(ana, popular, filter_arn=make(popular, text))
    related = deploy(ana, RELATED, models[RELATED])
    found = ids(answer(ana, related, filter_arn=make(related, text), item_id="3-4", num_results=20))
    assert found
    assert all(each.startswith("3-") for each in found)


def test_a_filter_of_another_group_or_account_is_refused(ana, eve, popular, make, models):
    other = deploy(ana, POPULAR, models[POPULAR])
    arn = make(other, "INCLUDE ItemID WHERE Items.DURATION > 1")
    with pytest.raises(InvalidInputException, match="belongs to another dataset group"):
        answer(ana, popular, filter_arn=arn)
    with pytest.raises(ResourceNotFoundException):
        operations.describe_filter(eve, filter_arn=arn)


def test_a_deleted_filter_is_not_applied(ana, popular, make, run_jobs):
    arn = make(popular, "INCLUDE ItemID WHERE Items.DURATION > 1")
    operations.delete_filter(ana, filter_arn=arn)
    with pytest.raises(InvalidInputException, match="DELETE PENDING"):
        answer(ana, popular, filter_arn=arn)
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        answer(ana, popular, filter_arn=arn)


def test_filters_go_before_datasets_and_the_group(ana, popular, make):
    arn = make(popular, "INCLUDE ItemID WHERE Items.DURATION > 1", "in-the-way")
    with pytest.raises(ResourceInUseException, match="in-the-way"):
        operations.delete_dataset(ana, dataset_arn=popular.dataset.arn)
    plan = operations.describe_deletion_plan(ana, dataset_group_arn=popular.group.arn)["steps"]
    kinds = [each["kind"] for each in plan]
    assert kinds.index("filter") < kinds.index("dataset")
    assert arn in [each["arn"] for each in plan]


def test_filters_apply_after_the_automatic_exclusion(ana, models, make):
    picks = deploy(ana, "aws-vod-top-picks", models["aws-vod-top-picks"])
    arn = make(picks, 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 0")')
    found = ids(answer(ana, picks, filter_arn=arn, num_results=50))
    assert found
    assert all(each.startswith("0-") for each in found)
    watched = {f"0-{number}" for number in range(20)}
    assert watched.isdisjoint(found)


@pytest.mark.parametrize(("percent", "count"), [(1, 1), (20, 2), (25, 3), (50, 5), (100, 10)])
def test_so_many_places_are_promoted(ana, popular, make, percent, count):
    arn = make(popular, 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 3")')
    found = answer(ana, popular, promotions=[{"name": "three", "percentPromotedItems": percent, "filterArn": arn}])
    promoted = [each["itemId"] for each in found["itemList"] if each.get("promotionName") == "three"]
    assert len(promoted) == count
    assert all(each.startswith("3-") for each in promoted)
    assert len(set(ids(found))) == 10


def test_promoted_items_keep_their_order_and_others_theirs(ana, popular, make):
    arn = make(popular, 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 3")')
    plain = ids(answer(ana, popular, num_results=120))
    found = answer(ana, popular, promotions=[{"name": "p", "percentPromotedItems": 40, "filterArn": arn}])["itemList"]
    for promoted in (True, False):
        own = [each["itemId"] for each in found if (each.get("promotionName") == "p") is promoted]
        assert own == sorted(own, key=plain.index)


def test_the_requests_filter_does_not_touch_what_is_promoted(ana, popular, make):
    only_one = make(popular, 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 1")')
    only_three = make(popular, 'INCLUDE ItemID WHERE Items.GENRES IN ("genre 3")')
    found = answer(
        ana,
        popular,
        filter_arn=only_one,
        promotions=[{"name": "p", "percentPromotedItems": 30, "filterArn": only_three}],
    )["itemList"]
    assert {each["itemId"][0] for each in found if each.get("promotionName")} == {"3"}
    assert {each["itemId"][0] for each in found if not each.get("promotionName")} == {"1"}


def test_places_that_nothing_promoted_fills_go_to_the_others(ana, popular, make):
    arn = make(popular, 'INCLUDE ItemID WHERE Items.ITEM_ID IN ("3-1", "3-2")')
    found = answer(ana, popular, promotions=[{"name": "p", "percentPromotedItems": 80, "filterArn": arn}])["itemList"]
    assert sum(each.get("promotionName") == "p" for each in found) == 2
    assert len(found) == 10


def test_the_editor_learns_what_is_wrong_and_what_a_request_must_bring(ana, popular):
    def check(text):
        return operations.check_filter_expression(ana, dataset_group_arn=popular.group.arn, filter_expression=text)

    assert check("INCLUDE ItemID WHERE")["problem"]["position"] == 21
    good = check("INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Items.DURATION > $D")
    assert good["problem"] is None
    assert (good["placeholders"], good["needed"]) == (["G", "D"], ["G"])


def test_a_filter_of_a_group_that_is_not_active_is_refused(ana, popular, make):
    popular.group.move(statuses.CREATE_PENDING)
    with pytest.raises(InvalidInputException, match="It must be ACTIVE"):
        make(popular, "INCLUDE ItemID WHERE Items.DURATION > 1")
