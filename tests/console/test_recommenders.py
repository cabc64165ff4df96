"""Recommenders: the wizard, the list, details, edit, stop and start, delete."""

import re

import pytest

from personalize_web.operations import statuses
from personalize_web.resources.models import Recommender
from tests import factories
from tests.console import evaluated

LIST = "/console/dataset-groups/streaming/recommenders/"
TOP, POPULAR = "aws-vod-top-picks", "aws-vod-most-popular"


@pytest.fixture
def group(ana):
    return factories.video_group(ana)


@pytest.fixture
def recommender(ana, group):
    return factories.recommender(ana, group, "picks", storage_key="00000000-0000-0000-0000-000000000001")


def choose(client, *cases, **names):
    given = {"use_case": list(cases)} | {f"name-{case}": names.get(case, f"r-{case}") for case in cases}
    return client.post(f"{LIST}-new/use-cases/", given)


def configure(client, address, *cases, **values):
    given = {f"{case}-requests": "1" for case in cases} | {f"{TOP}-weight": "0.5", f"{TOP}-age": "10"}
    return client.post(address, given | values)


def test_the_wizard_makes_one_recommender_for_each_use_case(console, group):
    step = choose(console, TOP, POPULAR).headers["Location"]
    review = configure(console, step, TOP, POPULAR).headers["Location"]
    assert "Top picks for you" in console.get(review).content.decode()
    assert console.post(review).headers["Location"] == LIST
    made = {each.recipe_name: each for each in Recommender.objects.all()}
    assert set(made) == {TOP, POPULAR}
    assert made[TOP].config["itemExplorationConfig"] == {"explorationWeight": "0.5", "explorationItemAgeCutOff": "10"}
    assert "itemExplorationConfig" not in made[POPULAR].config


def test_at_least_one_use_case_is_needed(console, group):
    answer = console.post(f"{LIST}-new/use-cases/", {})
    assert answer.status_code == 422
    assert "Choose at least one use case." in answer.content.decode()


def test_each_chosen_use_case_needs_a_good_name(console, group):
    answer = choose(console, TOP, **{TOP: "no blanks"})
    assert answer.status_code == 422
    assert f'id="id_name-{TOP}_error"' in answer.content.decode()


def test_a_taken_name_is_told_at_once(console, ana, recommender):
    answer = choose(console, TOP, **{TOP: "picks"})
    assert answer.status_code == 422
    assert "A recommender named &quot;picks&quot; already exists." in answer.content.decode()


def test_use_cases_show_how_many_events_they_have(console, ana):
    group = factories.active_group(ana, "streaming", domain="VIDEO_ON_DEMAND")
    factories.dataset(ana, group, statistics={"rows": 4200, "event_types": {"watch": 3100}})
    assert "3,100 Watch events, 1,000 needed" in console.get(f"{LIST}-new/use-cases/").content.decode()


@pytest.mark.parametrize("wrong", [{f"{TOP}-weight": "1.5"}, {f"{TOP}-age": "0"}, {f"{TOP}-requests": "501"}])
def test_a_setting_out_of_its_bounds_is_refused(console, group, wrong):
    step = choose(console, TOP).headers["Location"]
    assert configure(console, step, TOP, **wrong).status_code == 422


def test_what_was_not_made_stays_in_the_wizard(console, group, settings):
    settings.QUOTAS = settings.QUOTAS | {"recommenders": 1}
    step = choose(console, TOP, POPULAR).headers["Location"]
    answer = console.post(configure(console, step, TOP, POPULAR).headers["Location"])
    assert Recommender.objects.count() == 1
    page = console.get(answer.headers["Location"]).content.decode()
    assert "One recommender was not created." in page
    assert f'value="{POPULAR}" id="id_case-{POPULAR}" checked' in page
    assert f'value="{TOP}" id="id_case-{TOP}" checked' not in page


def test_a_custom_group_has_none_to_create(console, ana):
    factories.active_group(ana, "streaming")
    assert "Only groups with a domain have recommenders" in console.get(LIST).content.decode()


def test_a_row_shows_use_case_and_metric(console, recommender):
    recommender.metrics = {"normalized_discounted_cumulative_gain_at_10": 0.0712}
    recommender.save()
    page = console.get(LIST).content.decode()
    assert "Top picks for you" in page
    assert "0.0712" in page


def test_details_show_metrics_and_configuration(console, recommender):
    recommender.metrics = {"coverage": 0.25}
    recommender.save()
    assert "0.2500" in console.get(f"{LIST}picks/").content.decode()
    assert "Exploration weight" in console.get(f"{LIST}picks/?tab=configuration").content.decode()


def test_metrics_have_intervals_and_the_model_before_beside_them(console, recommender):
    recommender.metrics = evaluated.METRICS
    recommender.details = {
        "evaluation": evaluated.evaluation(models=("version", "aws-popularity-count", "previous")),
        "baselines": {"previous": evaluated.METRICS},
    }
    recommender.save()
    page = console.get(f"{LIST}picks/").content.decode()
    assert "0.0805 to 0.0983" in page
    assert "Model before" in page
    assert "Users and items in parts" in page
    assert "Users and items in parts" not in console.get(f"{LIST}picks/?tab=configuration").content.decode()


def test_editing_keeps_the_columns_and_changes_the_rest(console, recommender):
    answer = console.post(f"{LIST}picks/-edit/", {"requests": "5", "weight": "0.1", "age": "30"})
    assert answer.headers["Location"] == f"{LIST}picks/"
    recommender.refresh_from_db()
    assert recommender.latest_update["recommenderConfig"]["minRecommendationRequestsPerSecond"] == 5


def test_columns_that_were_taken_by_name_stay_so(console, ana, group):
    included = {"includedDatasetColumns": {"ITEMS": ["GENRES"]}}
    made = factories.recommender(ana, group, "picks", config={"trainingDataConfig": included})
    page = console.get(f"{LIST}picks/-edit/").content.decode()
    assert re.search(r'name="column_mode" value="includedDatasetColumns"[^>]* checked', page)
    ticked = re.findall(r'name="columns-ITEMS" value="(\w+)"[^>]* checked', page)
    assert ticked == ["GENRES"]
    given = {"requests": "2", "weight": "0.1", "age": "30", "column_mode": "includedDatasetColumns"}
    console.post(f"{LIST}picks/-edit/", given | {"columns-ITEMS": ticked})
    made.refresh_from_db()
    changed = made.latest_update["recommenderConfig"]["trainingDataConfig"]["includedDatasetColumns"]
    assert changed["ITEMS"] == ["GENRES"]


def test_the_review_shows_every_call_as_code(console, group):
    step = choose(console, TOP, POPULAR).headers["Location"]
    review = configure(console, step, TOP, POPULAR).headers["Location"]
    shown = re.sub(r"<[^>]+>", "", console.post(review, {"_code": "1"}).content.decode())
    assert shown.count("personalize.create_recommender(") == 2
    assert not Recommender.objects.exists()


def test_stopping_asks_first_and_start_follows(console, recommender):
    assert "It stops answering and retraining" in console.get(f"{LIST}picks/-stop/").content.decode()
    console.post(f"{LIST}picks/-stop/")
    recommender.refresh_from_db()
    assert recommender.status == statuses.STOP_PENDING
    recommender.status = statuses.INACTIVE
    recommender.save()
    page = console.get(f"{LIST}picks/").content.decode()
    assert "Start recommender" in page
    console.post(f"{LIST}picks/-start/")
    recommender.refresh_from_db()
    assert recommender.status == statuses.START_PENDING


def test_an_inactive_recommender_can_be_deleted(console, recommender):
    recommender.status = statuses.INACTIVE
    recommender.save()
    assert console.post(f"{LIST}picks/-delete/", {"confirmation": "picks"}).status_code == 303
    recommender.refresh_from_db()
    assert recommender.status == statuses.DELETE_PENDING


def test_a_failed_creation_shows_its_reason_and_a_hint(console, recommender):
    recommender.status = statuses.CREATE_FAILED
    recommender.failure_reason = "Dataset has fewer than 1000 interactions after filtering by event type: Watch"
    recommender.save()
    page = console.get(f"{LIST}picks/").content.decode()
    assert "fewer than 1000 interactions" in page
    assert "Choose another event type or use case" in page
