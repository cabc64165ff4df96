"""Trends that are evaluated again by the clock."""

import os
import time
from datetime import UTC, datetime

import pytest

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.engine import trends
from personalize_web.resources import locations
from personalize_web.resources.models import Campaign, SolutionVersion
from tests.workers import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(ana, run_jobs):
    group_arn, _ = world.filled(ana, run_jobs)
    operations.create_event_tracker(ana, name="site", dataset_group_arn=group_arn)
    solution_arn = operations.create_solution(
        ana,
        name="trending",
        dataset_group_arn=group_arn,
        recipe_arn="arn:aws:personalize:::recipe/aws-trending-now",
        solution_config={"featureTransformationParameters": {"trend_discovery_frequency": "1 hour"}},
    )["solutionArn"]
    run_jobs()
    version_arn = operations.create_solution_version(ana, solution_arn=solution_arn)["solutionVersionArn"]
    run_jobs()
    operations.create_campaign(ana, name="trending", solution_version_arn=version_arn)
    run_jobs()
    return Campaign.objects.get()


def file_of(campaign):
    return locations.model_folder(SolutionVersion.objects.get().storage_key) / trends.FILE


def record(caller, item, many, ago=0.0):
    tracker = operations.list_event_trackers(caller)["eventTrackers"][0]["eventTrackerArn"]
    tracking_id = operations.describe_event_tracker(caller, event_tracker_arn=tracker)["eventTracker"]["trackingId"]
    for number in range(many):
        operations.put_events(
            caller,
            tracking_id=tracking_id,
            session_id=f"s{number}",
            user_id=f"u{number}",
            event_list=[
                {
                    "eventType": "watch",
                    "itemId": item,
                    "sentAt": datetime.fromtimestamp(time.time() - ago - number, UTC),
                }
            ],
        )


def first(caller, campaign, many=1):
    answer = operations.get_recommendations(caller, campaign_arn=campaign.arn, num_results=many)
    return [each["itemId"] for each in answer["itemList"]]


def an_hour_passes(campaign):
    earlier = time.time() - 3601
    os.utime(file_of(campaign), (earlier, earlier))


def test_a_burst_comes_first_after_the_next_evaluation_and_without_a_new_version(ana, campaign, run_jobs):
    popular = first(ana, campaign, 3)
    record(ana, "brand-new", 6)
    assert first(ana, campaign, 3) == popular
    an_hour_passes(campaign)
    tasks.refresh_trends()
    run_jobs()
    assert first(ana, campaign, 4) == ["brand-new", *popular]
    assert SolutionVersion.objects.count() == 1


def test_when_nothing_happened_in_two_intervals_popular_items_are_answered(ana, campaign, run_jobs):
    record(ana, "brand-new", 6, ago=3 * 3600)
    an_hour_passes(campaign)
    tasks.refresh_trends()
    run_jobs()
    assert "brand-new" not in first(ana, campaign, 25)


def test_trends_are_evaluated_once_an_interval(ana, campaign, run_jobs):
    evaluated = file_of(campaign).stat().st_mtime_ns
    tasks.refresh_trends()
    run_jobs()
    assert file_of(campaign).stat().st_mtime_ns == evaluated
    an_hour_passes(campaign)
    tasks.refresh_trends()
    tasks.refresh_trends()
    assert run_jobs() == 1
    assert file_of(campaign).stat().st_mtime > time.time() - 60


def test_a_version_that_nobody_asks_is_not_evaluated(ana, campaign, run_jobs):
    an_hour_passes(campaign)
    Campaign.objects.all().delete()
    tasks.refresh_trends()
    assert run_jobs() == 0
