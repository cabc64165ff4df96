"""Recommendations in real time: who answers, what is checked, and what is in an answer."""

import re
import shutil
import uuid

import pytest

from personalize_web.operations import (
    runtime_rates,
    runtime_requests,
    runtime_served_lists,
    serving_models,
    statuses,
)
from personalize_web.operations.deployment_details import describe_campaign_details
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    ResourceNotFoundException,
    ServiceUnavailable,
    ThrottlingException,
)
from personalize_web.operations.recommendations import (
    get_recommendations,
    try_recommendations,
)
from personalize_web.resources import locations
from personalize_web.resources.models import Campaign, ServedList
from tests import factories
from tests.deployments import deploy, train

ABSENT = "arn:aws:personalize:us-east-1:123456789012:{}/absent"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Recipe -> the key of its model; each is trained once."""
    recipes = ("aws-popularity-count", "aws-sims", "aws-vod-most-popular")
    return {recipe: train(recipe, tmp_path_factory.mktemp(recipe)) for recipe in recipes}


@pytest.fixture
def popular(ana, db, models):
    return deploy(ana, "aws-popularity-count", models["aws-popularity-count"])


@pytest.fixture
def similar(ana, db, models):
    return deploy(ana, "aws-sims", models["aws-sims"])


@pytest.fixture
def most_popular(ana, db, models):
    return deploy(ana, "aws-vod-most-popular", models["aws-vod-most-popular"])


def ids(answer):
    return [item["itemId"] for item in answer["itemList"]]


def test_twenty_five_items_are_answered_where_no_number_is_given(ana, popular):
    assert len(ids(get_recommendations(ana, **popular.target))) == 25


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_as_many_items_are_answered_as_are_asked_for(ana, popular, count):
    found = ids(get_recommendations(ana, num_results=count, **popular.target))
    assert len(found) == min(count, 120)
    assert len(set(found)) == len(found)


def test_more_than_five_hundred_items_are_refused(ana, popular):
    with pytest.raises(InvalidInputException, match="at most 500"):
        get_recommendations(ana, num_results=501, **popular.target)


def test_popularity_has_neither_scores_nor_reasons(ana, popular):
    answer = get_recommendations(ana, user_id="u1", num_results=3, **popular.target)
    assert all(set(item) == {"itemId"} for item in answer["itemList"])
    assert ids(answer)[0].startswith("0-")


def test_everybody_gets_the_same_popular_items(ana, popular):
    answers = [get_recommendations(ana, user_id=user, **popular.target) for user in ("u1", "u2", "nobody", None)]
    assert len({tuple(ids(answer)) for answer in answers}) == 1


def test_related_items_need_an_item(ana, similar):
    with pytest.raises(InvalidInputException, match="itemId") as refused:
        get_recommendations(ana, **similar.target)
    assert refused.value.field == "item_id"


def test_related_items_never_contain_their_own(ana, similar):
    found = ids(get_recommendations(ana, item_id="2-5", num_results=10, **similar.target))
    assert "2-5" not in found
    assert {item.partition("-")[0] for item in found} == {"2"}


def test_an_unknown_item_is_answered_with_popular_ones(ana, similar, popular):
    unknown = ids(get_recommendations(ana, item_id="unheard of", num_results=5, **similar.target))
    assert unknown == ids(get_recommendations(ana, num_results=5, **popular.target))


def test_a_recommendation_id_has_forty_characters(ana, popular):
    answer = get_recommendations(ana, **popular.target)
    assert re.fullmatch(r"RID-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["recommendationId"])


def test_what_was_served_is_remembered(ana, popular):
    answer = get_recommendations(ana, user_id="u1", num_results=3, **popular.target)
    kept = ServedList.objects.get(recommendation_id=answer["recommendationId"])
    assert (kept.source_arn, kept.user_id, kept.item_ids) == (popular.row.arn, "u1", ids(answer))


@pytest.mark.django_db(transaction=True)
def test_served_lists_are_written_behind_the_answer(ana, popular):
    answer = get_recommendations(ana, user_id="u1", **popular.target)
    runtime_served_lists.flush()
    assert ServedList.objects.filter(recommendation_id=answer["recommendationId"]).exists()


@pytest.mark.django_db(transaction=True)
def test_served_lists_wait_for_a_database_that_does_not_take_them(ana, popular, monkeypatch):
    from django.db import OperationalError

    def refuse(*_, **__):
        raise OperationalError("locked")

    with monkeypatch.context() as patched:
        patched.setattr(ServedList.objects, "bulk_create", refuse)
        answer = get_recommendations(ana, user_id="u1", **popular.target)
        assert not runtime_served_lists.flush()
    assert runtime_served_lists.flush()
    assert ServedList.objects.filter(recommendation_id=answer["recommendationId"]).exists()


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({}, InvalidInputException),
        ({"campaign_arn": ABSENT.format("campaign")}, ResourceNotFoundException),
        ({"recommender_arn": ABSENT.format("recommender")}, ResourceNotFoundException),
        ({"campaign_arn": ABSENT.format("recommender")}, InvalidInputException),
        ({"campaign_arn": ABSENT.format("solution")}, InvalidInputException),
        ({"campaign_arn": ABSENT.format("campaign"), "recommender_arn": ABSENT.format("recommender")},
         InvalidInputException),
    ],
)  # fmt: skip
def test_exactly_one_answers(ana, db, about, code):
    with pytest.raises(code):
        get_recommendations(ana, user_id="u1", **about)


def test_another_accounts_campaign_is_not_found(eve, popular):
    with pytest.raises(ResourceNotFoundException):
        get_recommendations(eve, **popular.target)


def test_a_filter_is_not_found(ana, popular):
    with pytest.raises(ResourceNotFoundException):
        get_recommendations(ana, filter_arn=ABSENT.format("filter"), **popular.target)
    with pytest.raises(InvalidInputException):
        get_recommendations(ana, filter_arn=ABSENT.format("campaign"), **popular.target)


def test_a_promotion_needs_its_share_and_its_filter(ana, popular):
    for given in ({"name": "p", "percentPromotedItems": 10}, {"filterArn": ABSENT.format("filter")}):
        with pytest.raises(InvalidInputException, match=r"promotions\.1\..* must be given"):
            get_recommendations(ana, promotions=[given], **popular.target)


def test_values_without_a_filter_and_unknown_context_are_passed_over(ana, popular):
    answer = get_recommendations(ana, filter_values={"A": "b"}, context={"DEVICE": "tv"}, **popular.target)
    assert len(ids(answer)) == 25


@pytest.mark.parametrize("status", [statuses.CREATE_IN_PROGRESS, statuses.CREATE_FAILED, statuses.DELETE_PENDING])
def test_a_campaign_that_is_not_active_does_not_answer(ana, popular, status):
    popular.row.move(status)
    with pytest.raises(InvalidInputException, match=status):
        get_recommendations(ana, **popular.target)


def test_a_campaign_answers_while_it_is_updated(ana, popular):
    popular.row.change(latest_update={"status": statuses.CREATE_IN_PROGRESS})
    assert ids(get_recommendations(ana, **popular.target))


def test_an_updated_campaign_answers_from_its_new_version_at_once(ana, popular, similar):
    assert ids(get_recommendations(ana, **popular.target))
    Campaign.objects.filter(pk=popular.row.pk).update(solution_version=similar.version)
    with pytest.raises(InvalidInputException, match="itemId"):
        get_recommendations(ana, **popular.target)


def test_a_campaign_deleted_in_mid_request_answers_it_and_no_other(ana, popular, monkeypatch):
    expected = ids(get_recommendations(ana, **popular.target))
    build, folder = runtime_requests.build, locations.model_folder(popular.version.storage_key)

    def and_delete(*asked, **more):
        request = build(*asked, **more)
        Campaign.objects.filter(pk=popular.row.pk).delete()
        shutil.move(folder, f"{folder}.gone")
        return request

    monkeypatch.setattr(runtime_requests, "build", and_delete)
    answer = get_recommendations(ana, **popular.target)
    shutil.move(f"{folder}.gone", folder)
    assert ids(answer) == expected
    with pytest.raises(ResourceNotFoundException):
        get_recommendations(ana, **popular.target)


def test_a_stopped_recommender_does_not_answer(ana, most_popular):
    assert ids(get_recommendations(ana, user_id="u1", **most_popular.target))
    most_popular.row.move(statuses.INACTIVE)
    with pytest.raises(InvalidInputException, match="INACTIVE"):
        get_recommendations(ana, user_id="u1", **most_popular.target)


def test_a_use_case_needs_its_user(ana, most_popular):
    with pytest.raises(InvalidInputException, match="userId"):
        get_recommendations(ana, **most_popular.target)


def test_a_model_that_is_not_in_place_can_be_asked_again_later(ana, popular):
    serving_models._models.clear()
    folder = locations.model_folder(popular.version.storage_key)
    shutil.move(folder, f"{folder}.aside")
    with pytest.raises(ServiceUnavailable):
        get_recommendations(ana, **popular.target)
    shutil.move(f"{folder}.aside", folder)
    assert ids(get_recommendations(ana, **popular.target))


@pytest.fixture
def damaged(ana, popular, models):
    """A campaign whose version's model lost a part of a file, and the older version of the same solution."""
    key = uuid.uuid4()
    folder = locations.model_folder(key)
    shutil.copytree(locations.model_folder(popular.version.storage_key), folder)
    (folder / "popular.npy").write_bytes(b"no array")
    newer = factories.solution_version(ana, popular.version.solution, storage_key=key)
    popular.row.solution_version = newer
    popular.row.save()
    return newer


def test_a_damaged_model_is_answered_for_by_the_newest_older_version(ana, popular, damaged):
    before = popular.version.arn
    assert ids(get_recommendations(ana, **popular.target))
    assert try_recommendations(ana, **popular.target)["solutionVersionArn"] == before
    told = describe_campaign_details(ana, **popular.target)["campaign"]
    assert "popular.npy is not what was written" in told["modelProblem"]
    assert told["answersInstead"] == before


def test_a_damaged_model_without_an_older_version_says_what_is_wrong(ana, popular, damaged):
    popular.version.delete()
    with pytest.raises(ServiceUnavailable, match=r"popular\.npy is not what was written"):
        get_recommendations(ana, **popular.target)
    assert "answersInstead" not in describe_campaign_details(ana, **popular.target)["campaign"]


def test_a_model_is_loaded_once(ana, popular, monkeypatch):
    serving_models._models.clear()
    loads = []
    load = serving_models.serving.load
    monkeypatch.setattr(serving_models.serving, "load", lambda folder: loads.append(folder) or load(folder))
    for _ in range(3):
        get_recommendations(ana, **popular.target)
    assert len(loads) == 1


def test_models_that_nobody_asks_are_let_go(ana, popular, similar, monkeypatch):
    monkeypatch.setattr(serving_models, "MOST", 1)
    serving_models._models.clear()
    serving_models.get(popular.version.storage_key)
    serving_models.get(similar.version.storage_key)
    assert popular.version.storage_key not in serving_models._models
    assert similar.version.storage_key in serving_models._models


def test_metadata_is_switched_on_where_the_recipe_does_not_always_have_it(ana, popular):
    wanted = {"ITEMS": ["TITLE"]}
    with pytest.raises(InvalidInputException, match="enableMetadataWithRecommendations"):
        get_recommendations(ana, metadata_columns=wanted, **popular.target)
    popular.row.change(config={"enableMetadataWithRecommendations": True})
    first = get_recommendations(ana, metadata_columns=wanted, **popular.target)["itemList"][0]
    assert first["metadata"] == {"TITLE": f"Title {first['itemId']}"}


@pytest.fixture
def with_metadata(popular):
    popular.row.change(config={"enableMetadataWithRecommendations": True})
    return popular


def test_every_kind_of_column_is_a_text_and_a_missing_value_is_left_out(ana, with_metadata):
    wanted = {"ITEMS": ["genres", "DURATION", "CREATION_TIMESTAMP"]}
    answer = get_recommendations(ana, metadata_columns=wanted, num_results=50, **with_metadata.target)
    found = {item["itemId"]: item["metadata"] for item in answer["itemList"]}
    assert found["0-3"] == {"genres": "genre 0", "DURATION": "90.5", "CREATION_TIMESTAMP": "1690000003"}
    assert found["0-0"] == {"genres": "genre 0", "CREATION_TIMESTAMP": "1690000000"}


@pytest.mark.parametrize(
    ("wanted", "about"),
    [
        ({"USERS": ["TITLE"]}, {}),
        ({"ITEMS": ["UNKNOWN"]}, {}),
        ({"ITEMS": ["TITLE"] * 11}, {}),
        ({"ITEMS": ["TITLE"]}, {"num_results": 51}),
    ],
)
def test_metadata_that_cannot_be_answered_is_refused(ana, with_metadata, wanted, about):
    with pytest.raises(InvalidInputException):
        get_recommendations(ana, metadata_columns=wanted, **about, **with_metadata.target)


def test_too_many_requests_a_second_are_turned_away(ana, popular, settings, monkeypatch):
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_000.0)
    settings.QUOTAS = settings.QUOTAS | {"requests_per_second": 2}
    get_recommendations(ana, **popular.target)
    get_recommendations(ana, **popular.target)
    with pytest.raises(ThrottlingException):
        get_recommendations(ana, **popular.target)


def test_all_campaigns_of_an_account_and_region_have_a_limit_together(ana, popular, similar, settings, monkeypatch):
    monkeypatch.setattr(runtime_rates.time, "time", lambda: 1_000_000_100.0)
    settings.QUOTAS = settings.QUOTAS | {"account_requests_per_second": 2}
    get_recommendations(ana, **popular.target)
    get_recommendations(ana, item_id="0-1", **similar.target)
    with pytest.raises(ThrottlingException, match="more than 2 requests a second"):
        get_recommendations(ana, **popular.target)


def test_viewers_may_try_unless_it_is_switched_off(ben, popular, settings):
    assert ids(get_recommendations(ben, **popular.target))
    settings.VIEWERS_CAN_TEST = False
    with pytest.raises(AccessDeniedException):
        get_recommendations(ben, **popular.target)
    with pytest.raises(AccessDeniedException):
        try_recommendations(ben, **popular.target)


def test_trying_tells_how_it_went(ana, popular):
    answer = try_recommendations(ana, user_id="nobody", num_results=3, **popular.target)
    assert len(ids(answer)) == 3
    assert answer["milliseconds"] > 0
    assert answer["solutionVersionArn"] == popular.version.arn
    assert (answer["known_user"], answer["historyLength"]) == (False, 0)
    known = try_recommendations(ana, user_id="u1", **popular.target)
    assert (known["known_user"], known["historyLength"]) == (True, 20)
