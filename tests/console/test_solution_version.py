"""A solution version's page: while it trains, after, when it failed; making and stopping one."""

import re

import pytest
from django.utils import timezone

from personalize_web.operations import statuses
from personalize_web.resources.models import JobLogLine, SolutionVersion
from tests import factories
from tests.console import evaluated

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


def test_a_version_of_segments_tells_of_users_and_offers_a_job_instead_of_a_campaign(console, ana, solution):
    solution.change(recipe_name="aws-item-affinity")
    metrics = {"coverage": 0.4, "hits_at_1_percent": 1.5, "recall_at_1_percent": 0.3}
    details = {
        "baselines": {"most-active-users": {**metrics, "recall_at_1_percent": 0.1}},
        "facts": {"test users": 230, "users": 250, "items": 99},
    }
    version = factories.solution_version(ana, solution, metrics=metrics, details=details)
    page = page_of(console, version).content.decode()
    assert "Newest 20% of the events of 230 users" in page
    assert "1% of 250 users: the first 3 of a segment. 1.5 of them did interact" in page
    assert "Share of 250 users who are in the first 1% of some segment" in page
    assert "100 users" in page
    assert "Ready for batch segment jobs" in page
    assert "campaign" not in re.sub(r"<nav.*?</nav>", "", page, flags=re.S).lower()
    assert page.count(f"/batch-segment-jobs/-new/?version={version.arn}") == 2
    assert "Recall at 1% over versions" in page


def test_segments_are_shown_by_parts_of_the_users_and_of_what_was_asked_for(console, ana, solution):
    solution.change(recipe_name="aws-item-affinity")
    version = evaluated.version_of_segments(ana, solution)
    page = page_of(console, version).content.decode()
    assert "0.2700 to 0.3300" in page
    assert "Items asked for" in page
    assert "All items" in page
    assert "Only users with at most 5 events before count" in page
    assert "Most active users, same items" in page
    assert page.count('data-chart="cohorts-') == 2
    assert "cohorts-recall-at-1-percent" in page


def test_actions_are_shown_by_parts_of_the_users_and_of_the_actions(console, ana, solution):
    solution.change(recipe_name="aws-next-best-action")
    page = page_of(console, evaluated.version_of_actions(ana, solution)).content.decode()
    assert "The 3 most taken, half of all takings" in page
    assert "Most taken actions, same test users" in page
    assert 'data-chart="cohorts-auc"' in page
    assert "Reach by popularity" in page


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
    assert answer.content.decode().startswith("metric,value,low,high,baseline,previous\n")
    assert "coverage,0.2871,,,0.14355,\n" in answer.content.decode()


def test_intervals_and_the_version_before_come_with_the_file(console, ana, solution):
    kept = evaluated.evaluation() | {"previous": {"versionId": "0a"}}
    before = {"aws-popularity-count": {}, "previous": {evaluated.NDCG: 0.08}}
    version = evaluated.version(ana, solution, evaluation=kept, baselines=before)
    assert f"{evaluated.NDCG},0.0894,0.0805,0.0983,,0.08\n" in page_of(console, version, "-metrics/").content.decode()
    whole = page_of(console, version, "-metrics/?format=json").json()
    assert whole["evaluation"] == kept


def test_metrics_have_intervals_and_parts_of_the_users_are_shown(console, ana, solution):
    page = page_of(console, evaluated.version(ana, solution)).content.decode()
    assert "0.0805 to 0.0983" in page
    assert "Users and items in parts" in page
    assert "At most 5 events before" in page
    assert "Too few for a mean" in page
    assert "Predictions are best for head items and worst for tail items" in page
    assert page.count('data-chart="cohorts-') == 3
    assert "Reach by popularity" in page


def test_the_version_before_stands_beside_on_the_same_users_with_a_warning(console, ana, solution):
    first = evaluated.version(ana, solution)
    kept = evaluated.evaluation(models=("version", "aws-popularity-count", "previous"))
    second = evaluated.version(
        ana,
        solution,
        evaluation=kept | {"previous": {"versionId": first.version_id, "arn": first.arn}},
        baselines={"aws-popularity-count": evaluated.METRICS, "previous": evaluated.METRICS},
    )
    page = page_of(console, second).content.decode()
    assert 'Version 1<span class="second-line">same users' in page
    assert "may have learned from some of them" in page


def test_why_the_version_before_is_not_beside_it(console, ana, solution):
    kept = evaluated.evaluation() | {"skipped": {"previous": "The trained model is damaged."}}
    page = page_of(console, evaluated.version(ana, solution, evaluation=kept)).content.decode()
    assert "could not be judged on the same test users. The trained model is damaged." in page


def test_a_version_from_before_intervals_is_shown_without(console, ana, solution):
    page = page_of(console, trained(ana, solution)).content.decode()
    assert "Users and items in parts" not in page
    assert "95% interval" not in page


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


def test_the_metric_over_versions_can_be_chosen(console, ana, solution):
    evaluated.version(ana, solution)
    version = evaluated.version(ana, solution)
    page = page_of(console, version, "?metric=coverage").content.decode()
    assert "Coverage over versions" in page
    assert '<option value="coverage" selected>' in page
    assert "NDCG at 10 over versions" in page_of(console, version, "?metric=nonsense").content.decode()


def test_imports_and_deployments_are_marked_over_the_versions(console, ana, solution):
    version = evaluated.version(ana, solution)
    dataset = factories.dataset(ana, solution.dataset_group, "ITEMS")
    factories.job(
        factories.import_job(ana, dataset),
        "create-dataset-import-job",
        state="DONE",
        finished_at=timezone.now(),
    )
    factories.campaign(ana, version)
    page = page_of(console, version).content.decode()
    assert "Vertical lines: imports and deployments" in page
    assert '" Imported"' in page
    assert '" v1 deployed"' in page
