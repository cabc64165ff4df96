"""Experiments and reasons as a browser shows them, in both themes and on a phone."""

import pytest
from django.utils import timezone

from personalize_web.operations import statuses
from personalize_web.resources.models import Experiment, Exposure
from tests import deployments, factories
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return deployments.train("aws-sims", tmp_path_factory.mktemp("related"))


@pytest.fixture
def running(ana, model):
    home = deployments.deploy(ana, "aws-sims", model)
    rival = factories.campaign(ana, home.version, "rival")
    experiment = Experiment.objects.create(
        **factories._base(Experiment, ana, "shelf"), dataset_group=home.group, control_arn=home.row.arn,
        variants=[{"name": "control", "arn": home.row.arn, "share": 50}, {"name": "rival", "arn": rival.arn,
                                                                         "share": 50}],
        metrics=[{"name": "watched", "kind": "conversion", "eventType": "Watch", "days": 7},
                 {"name": "clicks", "kind": "events", "eventType": "Click", "days": 7}],
        hypothesis="Fresher titles bring more people back.", salt="s", status=statuses.RUNNING,
        started_at=timezone.now(),
    )  # fmt: skip
    for number in range(60):
        Exposure.objects.create(experiment=experiment, user_id=f"u{number}", variant=number % 2, first_seen=1.0)
    home.dataset.events.bulk_create(
        home.dataset.events.model(
            dataset=home.dataset, digest=str(number), event_id=str(number), user_id=f"u{number}", session_id="s",
            item_id="1-1", event_type="Watch", timestamp=60.0,
        )
        for number in range(60) if number % (3 if number % 2 else 6) == 1
    )  # fmt: skip
    return home


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_breaks_an_accessibility_rule_or_is_too_wide_for_a_phone(open_page, running, dark):
    base = f"/console/dataset-groups/{running.group.name}/"
    why = f"{base}campaigns/{running.row.name}/-test/-why/?item_id=1-1&why=1-2"
    page = open_page("/console/", dark=dark)
    for path in (f"{base}experiments/", f"{base}experiments/-new/", f"{base}experiments/shelf/", why):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path, wait_until="networkidle")
        assert breaches(page, dark=dark) == [], path
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_function("document.documentElement.scrollWidth === 390")


def test_why_an_item_is_there_opens_as_a_dialog(open_page, running):
    page = open_page(f"/console/dataset-groups/{running.group.name}/campaigns/{running.row.name}/-test/?item_id=1-1")
    page.get_by_label("Why Title 1-2?").click()
    page.get_by_role("dialog").get_by_text("Comes with Title 1-1").wait_for()
