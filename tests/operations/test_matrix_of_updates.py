"""When new data change answers: line by line, for each family of recipes. What a training brings is not in here."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.recipe import REQUIRED
from tests import factories
from tests.deployments import START, deploy, of_domain, store, viewings
from tests.operations.test_automatic_updates import NEWEST, put_item, trained, two_hours_pass

pytestmark = pytest.mark.django_db
V2, UP, TOP_PICKS = "aws-user-personalization-v2", "aws-user-personalization", "aws-vod-top-picks"
RANKINGS = ("aws-personalized-ranking-v2", "aws-personalized-ranking")
SIMS, SIMILAR, POPULAR = "aws-sims", "aws-similar-items", "aws-popularity-count"
MODEL_OF = {
    TOP_PICKS: V2,
    RANKINGS[0]: V2,
    RANKINGS[1]: UP,
    "aws-vod-because-you-watched-x": SIMS,
    "aws-vod-more-like-x": SIMILAR,
    "aws-vod-most-popular": POPULAR,
    "aws-ecomm-frequently-bought-together": SIMS,
    "aws-ecomm-customers-who-viewed-x-also-viewed": SIMS,
    "aws-ecomm-popular-items-by-views": POPULAR,
    "aws-ecomm-popular-items-by-purchases": POPULAR,
}
"""Recipes that answer here from the model of another one: what a model holds is the same for both."""
PERSONAL = (V2, UP, TOP_PICKS)
OF_ITEMS = (SIMS, SIMILAR, POPULAR)
OF_ITEMS += tuple(use_case for use_case, model in MODEL_OF.items() if model in OF_ITEMS)
"""Related and popular items: their models know users by nothing, and stay as they are until a training."""
TRENDING = "aws-vod-trending-now"
NO_EXPLORATION = {"itemExplorationConfig": {"explorationWeight": "0"}}
LIST = [f"{genre}-{number}" for genre in range(4) for number in (3, 11, 19)]


@pytest.fixture
def deployed(ana, db, model_of, request):
    """A campaign or recommender of the recipe, trained three hours ago, that explores nothing."""
    recipe = request.param
    explores = recipe in (UP, TOP_PICKS)
    found = deploy(ana, recipe, model_of(MODEL_OF.get(recipe, recipe)), config=NO_EXPLORATION if explores else {})
    trained(found, hours=3)
    found.recipe = recipe
    return found


def of(*recipes):
    return pytest.mark.parametrize("deployed", recipes, indirect=True, ids=lambda name: name)


def ask(caller, deployed, user="u0", **about):
    """The ids of an answer, and which of them have a score."""
    if deployed.recipe in RANKINGS:
        given = about.pop("input_list", LIST)
        answer = operations.get_personalized_ranking(
            caller, user_id=user, input_list=given, **about, **deployed.target
        )["personalizedRanking"]
    else:
        item = {"item_id": "0-3"} if RECIPES[deployed.recipe].item_id == REQUIRED else {}
        answer = operations.get_recommendations(
            caller, user_id=user, num_results=20, **item, **about, **deployed.target
        )["itemList"]
    return [each["itemId"] for each in answer]


def watch(caller, deployed, *items, user="u0", at=NEWEST + 60):
    for number, item in enumerate(items):
        event = {"eventType": "Watch", "sentAt": at + number, "itemId": item}
        operations.put_events(
            caller, tracking_id=deployed.tracker.tracking_id, session_id="s", user_id=user, event_list=[event]
        )


def more_bulk_rows(deployed):
    rows = viewings()
    added = pa.table({"USER_ID": ["u0"] * 9, "ITEM_ID": [f"3-{n}" for n in range(9)], "EVENT_TYPE": ["Click"] * 9,
                      "TIMESTAMP": [START + 900_000 + n for n in range(9)]})  # fmt: skip
    store(deployed.dataset, pa.concat_tables([rows, added.cast(rows.schema)]))


@of(*PERSONAL, *RANKINGS)
def test_a_streamed_event_of_a_known_item_changes_the_next_answer(ana, deployed):
    before = ask(ana, deployed)
    watch(ana, deployed, "3-4", "3-5", "3-6")
    assert ask(ana, deployed) != before


@of(*OF_ITEMS)
def test_streamed_events_wait_for_a_training_where_models_are_of_items_alone(ana, deployed):
    before = ask(ana, deployed)
    watch(ana, deployed, "3-4", "3-5", "3-6")
    assert ask(ana, deployed) == before


@of(*PERSONAL, *RANKINGS, *OF_ITEMS)
def test_bulk_interactions_wait_for_a_training(ana, deployed, run_jobs):
    before = ask(ana, deployed)
    more_bulk_rows(deployed)
    assert ask(ana, deployed) == before
    factories.import_job(ana, deployed.dataset)
    two_hours_pass(run_jobs)
    assert ask(ana, deployed) == before, "nor does an automatic update learn from them"


@of(V2, UP, TOP_PICKS)
def test_a_new_item_comes_within_two_hours_and_by_exploration_alone(ana, deployed, run_jobs):
    put_item(ana, deployed)
    before = ask(ana, deployed)
    assert two_hours_pass(run_jobs) == 1
    if deployed.recipe == V2:
        found = [each for number in range(25) for each in ask(ana, deployed, f"u{number}")]
        assert "brand-new" in found
        return
    assert ask(ana, deployed) == before, "without exploration nothing changes"
    deployed.row.change(config={"itemExplorationConfig": {"explorationWeight": "0.5"}})
    assert "brand-new" in [each for number in range(10) for each in ask(ana, deployed, f"u{number}")]


@of(UP)
def test_events_with_items_that_came_after_the_training_do_not_count(ana, deployed, run_jobs):
    put_item(ana, deployed)
    two_hours_pass(run_jobs)
    before = ask(ana, deployed)
    watch(ana, deployed, "brand-new", "brand-new", "brand-new")
    assert ask(ana, deployed) == before


@of(*RANKINGS)
def test_a_ranking_has_a_new_item_last_without_a_score(ana, deployed, run_jobs):
    put_item(ana, deployed)
    assert two_hours_pass(run_jobs) == 0, "rankings have no automatic updates"
    assert ask(ana, deployed, input_list=["brand-new", *LIST])[-1] == "brand-new"


@of(*OF_ITEMS)
def test_a_new_item_waits_for_a_training_where_models_are_of_items_alone(ana, deployed, run_jobs):
    put_item(ana, deployed)
    watch(ana, deployed, *["brand-new"] * 3)
    assert two_hours_pass(run_jobs) == 0
    assert "brand-new" not in ask(ana, deployed)


@of(*PERSONAL)
def test_a_new_user_gets_what_users_begin_with_and_events_improve_it(ana, deployed):
    begun = ask(ana, deployed, "newcomer")
    assert begun == ask(ana, deployed, "another newcomer")
    watch(ana, deployed, "2-4", "2-5", "2-6", user="newcomer")
    after = ask(ana, deployed, "newcomer")
    assert sum(each.startswith("2-") for each in after) > sum(each.startswith("2-") for each in begun)


@of(*RANKINGS)
def test_a_new_user_has_the_list_by_popularity_and_then_by_events(ana, deployed):
    begun = ask(ana, deployed, "newcomer")
    assert all(each.startswith("0-") for each in begun[:3]), "the first genre has the most users"
    watch(ana, deployed, "2-4", "2-5", "2-6", user="newcomer")
    assert ask(ana, deployed, "newcomer") != begun


@of(*OF_ITEMS, TRENDING)
def test_a_new_user_gets_what_everybody_gets_of_popular_trending_and_related_items(ana, deployed):
    found = ask(ana, deployed, "newcomer")
    assert found == ask(ana, deployed, "another newcomer")
    own = ask(ana, deployed, "u0")
    seen = {f"0-{number}" for number in range(20)} if RECIPES[deployed.recipe].automatic_exclusion == "Watch" else set()
    assert own[:3] == [each for each in found if each not in seen][:3]


@of(*PERSONAL, *OF_ITEMS, TRENDING)
def test_changed_metadata_reach_filters_and_leave_the_model_as_it_is(ana, deployed, run_jobs):
    before = ask(ana, deployed)
    made = factories.filter(
        ana, deployed.group, expression='INCLUDE ItemID WHERE Items.GENRES IN ("renamed")', fields=[]
    )
    assert ask(ana, deployed, filter_arn=made.arn) == []
    values = {"title": "Title", "creationTimestamp": START - 10_000_000, "genres": "renamed"}
    operations.put_items(
        ana,
        dataset_arn=deployed.group.datasets.get(dataset_type="ITEMS").arn,
        items=[{"itemId": before[0], "properties": json.dumps(values | of_domain(deployed.group))}],
    )
    tasks.store_events()
    run_jobs()
    assert ask(ana, deployed, filter_arn=made.arn) == before[:1]
    assert ask(ana, deployed) == before


@of(*PERSONAL, *OF_ITEMS, TRENDING)
def test_a_filter_sees_a_streamed_event_within_seconds(ana, deployed):
    made = factories.filter(
        ana, deployed.group, expression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("Watch")', fields=[]
    )
    first = ask(ana, deployed, "newcomer", filter_arn=made.arn)[0]
    watch(ana, deployed, first, user="newcomer")
    assert first not in ask(ana, deployed, "newcomer", filter_arn=made.arn)


@of(TRENDING)
def test_trends_take_in_everything_at_the_next_interval_and_not_before(ana, deployed, run_jobs):
    before = ask(ana, deployed)
    put_item(ana, deployed)
    now = datetime.now(UTC) - timedelta(minutes=5)
    for number in range(6):
        watch(ana, deployed, "brand-new", user=f"u{number}", at=int(now.timestamp()))
    assert ask(ana, deployed) == before
    tasks.refresh_trends()
    run_jobs()
    assert ask(ana, deployed)[0] == "brand-new"
