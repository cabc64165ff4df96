"""A solution version's page: while it trains, after, when it failed; making and stopping one."""

import re

import pytest
from django.utils import timezone

from personalize_web.operations import statuses
from personalize_web.resources.models import JobLogLine, SolutionVersion
from tests import factories

METRICS = {
    "coverage": 0.2871,
    "mean_reciprocal_rank_at_25": 0.1316,
    "normalized_discounted_cumulative_gain_at_5": 0.0822,
    "normalized_discounted_cumulative_gain_at_10": 0.0894,
    "normalized_discounted_cumulative_gain_at_25": 0.1127,
    "precision_at_5": 0.0721,
    "precision_at_10": 0.0598,
    "precision_at_25": 0.0441,
}
BASELINES = {"aws-popularity-count": {key: value / 2 for key, value in METRICS.items()}}


@pytest.fixture
def solution(ana):
    return factories.active_solution(ana)


def page_of(client, version, query=""):
    address = f"/console/dataset-groups/movies/solutions/{version.name.replace('/', '/versions/')}/{query}"
    return client.get(address)


def trained(ana, solution, scale=1.0, **values):
    details = {"baselines": BASELINES, "facts": {"test users": 61, "items": 9742}}
    metrics = {key: round(value * scale, 4) for key, value in METRICS.items()}
    return factories.solution_version(ana, solution, metrics=metrics, details=details, training_hours=0.42, **values)


def test_every_metric_stands_with_its_value_and_baseline(console, ana, solution):
    page = page_of(console, trained(ana, solution)).content.decode()
    assert "NDCG at 10" in page
    assert "0.0894" in page
    assert "0.0447" in page


def test_a_metric_nobody_knows_is_shown_all_the_same(console, ana, solution):
    version = trained(ana, solution)
    version.metrics |= {"hit_at_k": 0.5}
    version.save()
    assert "Hit at k" in page_of(console, version).content.decode()


def test_the_change_against_the_version_before(console, ana, solution):
    trained(ana, solution)
    page = page_of(console, trained(ana, solution, scale=1.1)).content.decode()
    assert "Δ version 1" in page
    assert "+10.0%" in page


def test_another_version_can_be_chosen_to_compare_with(console, ana, solution):
    first, _, third = (trained(ana, solution, scale) for scale in (2.0, 1.0, 1.0))
    page = page_of(console, third, f"?with={first.version_id}").content.decode()
    assert "Δ version 1" in page
    assert "−50.0%" in page


def test_a_great_drop_asks_for_a_look_at_the_data(console, ana, solution):
    trained(ana, solution)
    page = page_of(console, trained(ana, solution, scale=0.7)).content.decode()
    assert "Compare the data before deploying" in page
    assert "Deploy this version" not in page


def test_no_drop_suggests_to_deploy(console, ana, solution):
    version = trained(ana, solution)
    page = page_of(console, version).content.decode()
    assert f"/campaigns/-new/?version={version.arn}" in page


def test_metrics_come_as_a_file(console, ana, solution):
    answer = page_of(console, trained(ana, solution), "-metrics/")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "coverage,0.2871,0.14355" in answer.content.decode()


@pytest.fixture
def training(ana, solution):
    version = factories.solution_version(ana, solution, status=statuses.CREATE_IN_PROGRESS)
    job = factories.job(
        version,
        "create-solution-version",
        state="IN_PROGRESS",
        phase="Training",
        phase_index=3,
        phase_count=6,
        fraction=0.5,
        started_at=timezone.now(),
        curves={"validation ndcg_at_10": [[1, 0.05], [2, 0.07]]},
    )
    JobLogLine.objects.create(job=job, text="epoch 2: validation loss 5.2", level="info")
    return version


def test_while_training_phase_curve_and_log_are_shown(console, training):
    page = page_of(console, training).content.decode()
    assert "Phase 3 of 6: training" in page
    assert "Validation NDCG at 10" in page
    assert "epoch 2: validation loss 5.2" in page
    assert "Stop creation" in page


def test_the_poll_brings_head_progress_and_curves(console, training):
    page = page_of(console, training).content.decode()
    address = re.search(r'id="poll" hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    answer = console.get(address, headers={"HX-Request": "true"}).content.decode()
    for part in ("page-head", "progress", "curves"):
        assert re.search(rf'id="{part}"[^>]* hx-swap-oob="true"', answer)


def test_the_log_answers_only_new_lines(console, training):
    line = JobLogLine.objects.get()
    later = JobLogLine.objects.create(job=line.job, text="epoch 3", level="warning")
    answer = page_of(console, training, f"-log/?after={line.pk}").content.decode()
    assert "epoch 3" in answer
    assert "epoch 2" not in answer
    assert f"after={later.pk}" in answer


def test_the_whole_log_is_a_file(console, training):
    answer = page_of(console, training, "-log/?download=1")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "epoch 2: validation loss 5.2" in answer.content.decode()


def test_stopping_asks_first_and_then_stops(console, training):
    assert "cannot be resumed" in page_of(console, training, "-stop/").content.decode()
    address = f"/console/dataset-groups/movies/solutions/{training.name.replace('/', '/versions/')}/-stop/"
    assert console.post(address).status_code == 303
    training.refresh_from_db()
    assert training.status == statuses.CREATE_STOPPING


def test_a_failure_stands_with_its_reason_a_hint_and_a_way_to_retry(console, ana, solution):
    version = factories.solution_version(
        ana,
        solution,
        status=statuses.CREATE_FAILED,
        failure_reason="Create failed. Dataset has fewer than 25 users with at least 2 interactions each.",
    )
    page = page_of(console, version).content.decode()
    assert "fewer than 25 users" in page
    assert "Import more data" in page
    assert "Retry with same settings" in page


def test_a_stopped_version_says_that_nothing_deployed_changed(console, ana, solution):
    version = factories.solution_version(ana, solution, status=statuses.CREATE_STOPPED)
    assert "Training was stopped" in page_of(console, version).content.decode()


def test_a_new_version_begins_at_once(console, ana, solution):
    answer = console.post("/console/dataset-groups/movies/solutions/picks/versions/-new/", {"training_mode": "FULL"})
    made = SolutionVersion.objects.get()
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/solutions/picks/versions/{made.version_id}/")
    assert made.status == statuses.CREATE_PENDING


def test_update_mode_is_refused_beside_its_field(console, solution):
    answer = console.post("/console/dataset-groups/movies/solutions/picks/versions/-new/", {"training_mode": "UPDATE"})
    assert answer.status_code == 422
    assert not SolutionVersion.objects.exists()


def test_an_unknown_version_is_not_found(console, solution):
    assert console.get("/console/dataset-groups/movies/solutions/picks/versions/00000000/").status_code == 404
