"""Experiments in the console: list, create, plan, results, start, stop, delete."""

import csv
import uuid

import pytest
from django.utils import timezone

from personalize_web.operations import statuses
from personalize_web.resources.models import Event, Experiment, Exposure
from tests import factories

LIST = "/console/dataset-groups/movies/experiments/"


@pytest.fixture
def version(ana):
    return factories.active_solution_version(ana)


@pytest.fixture
def home(ana, version):
    return factories.campaign(ana, version, "home")


@pytest.fixture
def rival(ana, version):
    return factories.campaign(ana, version, "rival")


@pytest.fixture
def running(ana, home, rival):
    return Experiment.objects.create(
        **factories._base(Experiment, ana, "shelf"), dataset_group=home.dataset_group, control_arn=home.arn,
        variants=[{"name": "control", "arn": home.arn, "share": 50}, {"name": "rival", "arn": rival.arn, "share": 50}],
        metrics=[{"name": "watched", "kind": "conversion", "eventType": "Watch", "days": 7}], salt="s",
        hypothesis="More people watch.", status=statuses.RUNNING, started_at=timezone.now(),
    )  # fmt: skip


def create(client, home, rival, **values):
    given = {
        "name": "shelf", "control_arn": home.arn, "control_share": "50", "audience": "100", "variant_1": rival.arn,
        "share_1": "25", "metric_1_name": "watched", "metric_1_kind": "conversion", "metric_1_event": "Watch",
        "metric_1_days": "7",
    }  # fmt: skip
    return client.post(f"{LIST}-new/", given | values)


def take_part(experiment, users=200):
    """Every second user of the variant watches, and one in ten of the control's."""
    dataset = experiment.dataset_group.datasets.get(dataset_type="INTERACTIONS")
    now = timezone.now().timestamp()
    for number in range(users):
        variant = number % 2
        user = f"u{number}"
        Exposure.objects.create(experiment=experiment, user_id=user, variant=variant, first_seen=now, lists=1)
        if number % (4 if variant else 20) == variant:
            Event.objects.create(
                dataset=dataset, digest=uuid.uuid4().hex, event_id=uuid.uuid4().hex, user_id=user, session_id="s",
                item_id="i1", event_type="watch", timestamp=now + 60,
            )  # fmt: skip


def test_variants_lead_by_name_to_what_answers_them(console, running, rival):
    page = console.get(f"{LIST}shelf/").content.decode()
    assert f'title="{rival.arn}">rival</a>' in page
    assert console.get("/console/go/", {"arn": rival.arn}).url.endswith("/campaigns/rival/")


def test_without_one_the_page_says_what_an_experiment_is(console, ana):
    factories.active_group(ana)
    assert "No experiments" in console.get(LIST).content.decode()


def test_one_is_made_of_what_answers(console, home, rival):
    page = console.get(f"{LIST}-new/").content.decode()
    assert f'value="{home.arn}"' in page
    answer = create(console, home, rival, testers="ana rival", metric_2_name="clicks", metric_2_event="Click")
    assert answer.headers["Location"] == f"{LIST}shelf/"
    made = Experiment.objects.get()
    assert made.variants[1] == {"name": "rival", "arn": rival.arn, "share": 25}
    assert [each["name"] for each in made.metrics] == ["watched", "clicks"]
    assert made.testers == {"ana": "rival"}
    assert made.status == statuses.DRAFT


@pytest.mark.parametrize(
    "change, says",
    [
        ({"variant_1": ""}, "Choose what the control is compared with."),
        ({"metric_1_name": ""}, "Name what decides."),
        ({"testers": "ana"}, "Line 1 needs a user ID"),
        ({"testers": "ana nobody"}, "there is no such variant"),
        ({"audience": "0"}, "from 1 to 100"),
    ],
)
def test_what_is_missing_is_told_beside_its_field(console, home, rival, change, says):
    answer = create(console, home, rival, **change)
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_the_same_campaign_twice_is_refused(console, home, rival):
    answer = create(console, home, rival, variant_1=home.arn)
    assert answer.status_code == 422
    assert "of its own" in answer.content.decode()


def test_a_plan_is_made_on_the_same_page(console, home, running):
    take_part(running)
    asked = {"_plan": "1", "plan-kind": "conversion", "plan-event_type": "Watch", "plan-lift": "10",
             "plan-variants": "2"}  # fmt: skip
    page = console.post(f"{LIST}-new/", asked, headers={"HX-Request": "true"}).content.decode()
    assert "Users of each variant" not in page  # everybody in the log has watched: nothing can grow
    assert "too little to plan with" in page
    dataset = running.dataset_group.datasets.get(dataset_type="INTERACTIONS")
    Event.objects.filter(dataset=dataset, user_id__endswith="0").update(event_type="click")
    page = console.post(f"{LIST}-new/", asked, headers={"HX-Request": "true"}).content.decode()
    assert "Users of each variant" in page
    assert "<nav" not in page


def test_results_are_shown_with_their_interval_and_verdict(console, running):
    take_part(running)
    page = console.get(f"{LIST}shelf/").content.decode()
    for text in ("More people watch.", "watched", "Better", "50.00%", "10.00%", "experiment-lift", "Early days"):
        assert text in page


def test_an_uneven_split_is_a_warning(console, running):
    Exposure.objects.bulk_create(
        Exposure(experiment=running, user_id=str(number), variant=int(number < 60), first_seen=0.0)
        for number in range(300)
    )
    assert "The users do not fit the shares" in console.get(f"{LIST}shelf/").content.decode()


def test_results_come_as_a_file(console, running):
    take_part(running)
    answer = console.get(f"{LIST}shelf/-results/")
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [(row["variant"], row["users"], float(row["mean"])) for row in rows] == [
        ("control", "100", 0.1), ("rival", "100", 0.5),
    ]  # fmt: skip
    assert "shelf.csv" in answer.headers["Content-Disposition"]


def test_one_starts_stops_and_goes(console, home, rival, running):
    console.post(f"{LIST}shelf/-stop/")
    running.refresh_from_db()
    assert running.status == statuses.STOPPED
    assert "Stopped" in console.get(LIST).content.decode()
    console.post(f"{LIST}shelf/-delete/", {"confirmation": "shelf"})
    assert not Experiment.objects.exists()


def test_what_is_refused_is_told_on_the_page(console, running, rival):
    console.post(f"{LIST}shelf/-start/")
    assert "was refused" in console.get(f"{LIST}shelf/").content.decode()


def test_a_variant_that_cannot_answer_is_named_with_the_reason(console, running, rival):
    rival.change(status=statuses.CREATE_FAILED)
    page = console.get(f"{LIST}shelf/").content.decode()
    assert "A variant cannot answer" in page
    assert "CREATE FAILED" in page


def test_viewers_see_results_and_no_way_to_stop(as_viewer, running):
    page = as_viewer.get(f"{LIST}shelf/").content.decode()
    assert "Needs the Analyst role" in page
