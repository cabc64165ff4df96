"""Trainings, from a dataset group to a model that answers."""

import pytest
from django.utils import timezone

from personalize_web import operations
from personalize_web.engine import serving
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.models import (
    Campaign,
    Dataset,
    DatasetGroup,
    Event,
    Job,
    Recommender,
    SolutionVersion,
)
from personalize_web.workers import events, solution_versions, training
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db
POPULARITY = "arn:aws:personalize:::recipe/aws-popularity-count"


def solution(caller, run_jobs, group_arn: str, **about) -> str:
    arn = operations.create_solution(
        caller,
        name="popular",
        dataset_group_arn=group_arn,
        **{"perform_auto_training": False, "recipe_arn": POPULARITY} | about,
    )["solutionArn"]
    run_jobs()
    return arn


def version(caller, run_jobs, solution_arn: str) -> SolutionVersion:
    arn = operations.create_solution_version(caller, solution_arn=solution_arn)["solutionVersionArn"]
    run_jobs()
    return SolutionVersion.objects.get(arn=arn)


def campaign(caller, run_jobs, solution_version_arn: str, **config) -> Campaign:
    arn = operations.create_campaign(
        caller, name="front", solution_version_arn=solution_version_arn, campaign_config=config or None
    )["campaignArn"]
    run_jobs()
    return Campaign.objects.get(arn=arn)


def record(dataset: Dataset, number: int, *, user: str | None, session: str = "s", item: str = "i1") -> Event:
    return Event.objects.create(
        dataset=dataset,
        digest=f"{number}",
        event_id=f"e{number}",
        user_id=user,
        session_id=session,
        item_id=item,
        event_type="watch",
        timestamp=1_800_000_000.5 + number,
    )


@pytest.fixture
def group_arn(ana, run_jobs):
    return world.filled(ana, run_jobs)[0]


def test_a_trained_version_has_metrics_and_a_model_that_answers(ana, run_jobs, group_arn):
    made = version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    assert made.status == "ACTIVE", made.failure_reason
    metrics = operations.get_solution_metrics(ana, solution_version_arn=made.arn)["metrics"]
    assert 0 < metrics["coverage"] <= 1
    assert made.training_hours > 0
    assert made.details["snapshot"] == {"INTERACTIONS": 2}
    assert "aws-popularity-count" in made.details["baselines"]
    model = serving.load(locations.model_folder(made.storage_key))
    assert len(model.recommend(serving.Request(user_id="u1", num_results=5))) == 5


def test_a_version_is_judged_beside_the_one_before_on_the_same_users(ana, run_jobs, group_arn):
    solution_arn = solution(ana, run_jobs, group_arn)
    first, second = version(ana, run_jobs, solution_arn), version(ana, run_jobs, solution_arn)
    assert "previous" not in first.details["evaluation"]["models"]
    found = second.details["evaluation"]
    assert found["previous"] == {"versionId": first.version_id, "arn": first.arn}
    assert found["models"].keys() == {"version", "aws-popularity-count", "previous"}
    assert second.details["baselines"]["previous"].keys() == second.metrics.keys()
    arns = [first.arn, second.arn]
    (difference,) = operations.compare_solution_versions(ana, solution_version_arns=arns)["differences"]
    assert difference["paired"] is True


def test_a_version_of_mode_autotrain_is_one_that_learned_from_everything(ana, group_arn):
    group = DatasetGroup.objects.get(arn=group_arn)
    made = factories.solution(ana, group)
    older = factories.solution_version(ana, made, training_mode="AUTOTRAIN")
    factories.solution_version(ana, made, training_mode="UPDATE")
    assert solution_versions.previous(factories.solution_version(ana, made)) == older


def test_where_the_model_of_the_one_before_is_gone_the_reason_is_kept(ana, run_jobs, group_arn):
    solution_arn = solution(ana, run_jobs, group_arn)
    first = version(ana, run_jobs, solution_arn)
    (locations.model_folder(first.storage_key) / "manifest.json").unlink()
    second = version(ana, run_jobs, solution_arn)
    assert second.status == "ACTIVE", second.failure_reason
    assert "cannot be read" in second.details["evaluation"]["skipped"]["previous"]


def test_progress_and_log_are_kept_with_the_job(ana, run_jobs, group_arn):
    version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    job = Job.objects.get(kind="create-solution-version")
    assert (job.state, job.fraction, job.phase_index) == ("DONE", 1.0, job.phase_count)
    assert any("1,200 rows" in line.text for line in job.log_lines.all())


def test_too_few_interactions_fail_the_version_with_the_guides_words(ana, run_jobs):
    group_arn = world.group(ana, run_jobs)
    world.dataset(ana, run_jobs, group_arn)
    made = version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    assert made.status == "CREATE FAILED"
    assert "fewer than 1000 interactions" in made.failure_reason
    assert not list(locations.model_folder(made.storage_key).parent.glob("*"))


def test_texts_are_read_by_the_model_that_the_settings_name(ana, run_jobs, group_arn, settings, monkeypatch):
    named = []

    def train(recipe, dataset, config, directory, *, options, **_):
        named.append(options.text_model)
        raise DataError("Enough.")

    settings.TEXT_MODEL = "/models/small"
    monkeypatch.setattr(training.training, "train_version", train)
    version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    assert named == ["/models/small"]


def test_a_stopped_training_leaves_no_model(ana, run_jobs, group_arn, monkeypatch):
    def stops(recipe, dataset, config, directory, *, reporter, **_):
        directory.mkdir()
        operations.stop_solution_version_creation(ana, solution_version_arn=SolutionVersion.objects.get().arn)
        reporter._inner._written -= 10
        reporter.check()

    monkeypatch.setattr(training.training, "train_version", stops)
    made = version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    assert made.status == "CREATE STOPPED"
    assert not list(locations.model_folder(made.storage_key).parent.glob("*"))


def test_a_campaign_answers_from_its_version(ana, run_jobs, group_arn):
    made = version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    assert campaign(ana, run_jobs, made.arn).status == "ACTIVE"


def test_a_campaign_on_a_damaged_model_fails(ana, run_jobs, group_arn):
    made = version(ana, run_jobs, solution(ana, run_jobs, group_arn))
    for array in locations.model_folder(made.storage_key).glob("*.npy"):
        array.write_bytes(b"not what was written")
    found = campaign(ana, run_jobs, made.arn)
    assert found.status == "CREATE FAILED"
    assert "damaged" in found.failure_reason


def test_a_following_campaign_moves_to_a_new_version_and_another_stays(ana, run_jobs, group_arn):
    solution_arn = solution(ana, run_jobs, group_arn)
    first = version(ana, run_jobs, solution_arn)
    follows = campaign(ana, run_jobs, f"{solution_arn}/$LATEST", syncWithLatestSolutionVersion=True)
    operations.create_campaign(ana, name="stays", solution_version_arn=first.arn)
    run_jobs()
    second = version(ana, run_jobs, solution_arn)
    run_jobs()
    follows.refresh_from_db()
    assert follows.solution_version == second
    assert follows.latest_update["status"] == "ACTIVE"
    assert Campaign.objects.get(name="stays").solution_version == first


def test_an_update_changes_what_serves_once_it_is_active(ana, run_jobs, group_arn):
    solution_arn = solution(ana, run_jobs, group_arn)
    first, second = version(ana, run_jobs, solution_arn), version(ana, run_jobs, solution_arn)
    found = campaign(ana, run_jobs, first.arn)
    operations.update_campaign(ana, campaign_arn=found.arn, solution_version_arn=second.arn, min_provisioned_tps=7)
    found.refresh_from_db()
    assert (found.solution_version, found.min_provisioned_tps) == (first, 1)
    run_jobs()
    found.refresh_from_db()
    assert (found.solution_version, found.min_provisioned_tps, found.status) == (second, 7, "ACTIVE")


def test_a_failed_update_keeps_the_old_version(ana, run_jobs, group_arn):
    solution_arn = solution(ana, run_jobs, group_arn)
    first, second = version(ana, run_jobs, solution_arn), version(ana, run_jobs, solution_arn)
    found = campaign(ana, run_jobs, first.arn)
    (locations.model_folder(second.storage_key) / "manifest.json").unlink()
    operations.update_campaign(ana, campaign_arn=found.arn, solution_version_arn=second.arn)
    run_jobs()
    found.refresh_from_db()
    assert (found.solution_version, found.status) == (first, "ACTIVE")
    assert found.latest_update["status"] == "CREATE FAILED"
    assert found.latest_update["failureReason"]


def test_a_deleted_solution_takes_its_models_along(ana, run_jobs, group_arn):
    solution_arn = solution(ana, run_jobs, group_arn)
    made = version(ana, run_jobs, solution_arn)
    operations.delete_solution(ana, solution_arn=solution_arn)
    run_jobs()
    assert not SolutionVersion.objects.exists()
    assert not locations.model_folder(made.storage_key).exists()


def test_recorded_events_are_trained_on_once(ana, run_jobs, group_arn):
    dataset = Dataset.objects.get()
    for number in range(3):
        record(dataset, number, user="newcomer")
    assert events.store_waiting(dataset) == 3
    assert events.store_waiting(dataset) == 0
    dataset.refresh_from_db()
    assert (dataset.statistics["rows"], dataset.statistics["rows_individual"]) == (1203, 3)
    Event.objects.update(stored=False)
    events.store_waiting(dataset)
    dataset.refresh_from_db()
    assert dataset.statistics["rows"] == 1203


def test_an_event_with_a_known_id_is_not_trained_on(ana, run_jobs, group_arn):
    dataset = Dataset.objects.get()
    record(dataset, 1, user="newcomer")
    Event.objects.filter(pk=record(dataset, 2, user="newcomer", item="i2").pk).update(event_id="e1", repeated=True)
    events.store_waiting(dataset)
    dataset.refresh_from_db()
    assert dataset.statistics["rows"] == 1201


def test_anonymous_events_go_to_the_next_user_of_their_session(ana, run_jobs, group_arn):
    dataset = Dataset.objects.get()
    before = record(dataset, 1, user=None)
    record(dataset, 2, user="first")
    between = record(dataset, 3, user=None)
    record(dataset, 4, user="second")
    after = record(dataset, 5, user=None)
    stranger = record(dataset, 6, user=None, session="other")
    events.store_waiting(dataset)
    assert events.link_sessions(dataset.dataset_group) == stranger.pk
    users = {event.pk: event.user_id for event in Event.objects.all()}
    assert [users[event.pk] for event in (before, between, after, stranger)] == ["first", "second", "second", None]
    events.store_waiting(dataset)
    dataset.refresh_from_db()
    assert dataset.statistics["rows"] == 1205, "events that were linked late are stored too"


@pytest.fixture
def recommender(ana, run_jobs):
    group_arn = world.group(ana, run_jobs, "videos", domain="VIDEO_ON_DEMAND")
    dataset_arn = world.dataset(ana, run_jobs, group_arn, domain="VIDEO_ON_DEMAND")
    assert world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())["status"] == "ACTIVE"
    arn = operations.create_recommender(
        ana,
        name="popular",
        dataset_group_arn=group_arn,
        recipe_arn="arn:aws:personalize:::recipe/aws-vod-most-popular",
    )["recommenderArn"]
    run_jobs()
    return Recommender.objects.get(arn=arn)


def test_a_recommender_is_trained_stopped_started_and_deleted(ana, run_jobs, recommender):
    assert recommender.status == "ACTIVE", recommender.failure_reason
    assert recommender.metrics["coverage"] > 0
    folder = locations.model_folder(recommender.storage_key)
    assert serving.load(folder).recommend(serving.Request(user_id="u1", num_results=3))
    operations.stop_recommender(ana, recommender_arn=recommender.arn)
    run_jobs()
    recommender.refresh_from_db()
    assert recommender.status == "INACTIVE"
    operations.start_recommender(ana, recommender_arn=recommender.arn)
    run_jobs()
    recommender.refresh_from_db()
    assert recommender.status == "ACTIVE"
    assert locations.model_folder(recommender.storage_key) == folder, "starting trains nothing"
    operations.delete_recommender(ana, recommender_arn=recommender.arn)
    run_jobs()
    assert not Recommender.objects.exists()
    assert not folder.exists()


def test_a_changed_configuration_needs_no_training_but_other_columns_do(ana, run_jobs, recommender):
    model = recommender.storage_key
    operations.update_recommender(
        ana, recommender_arn=recommender.arn, recommender_config={"minRecommendationRequestsPerSecond": 3}
    )
    run_jobs()
    recommender.refresh_from_db()
    assert recommender.latest_update["status"] == "ACTIVE"
    assert recommender.config["minRecommendationRequestsPerSecond"] == 3
    assert (recommender.storage_key, recommender.status) == (model, "ACTIVE")
    assert recommender.training_started_at < timezone.now()


@pytest.mark.parametrize(
    ("recipe", "set_to", "processes"),
    [
        ("aws-user-personalization-v2", {}, None),
        ("aws-user-personalization-v2", {"TRAINING_PROCESSES": 2}, 2),
        ("aws-user-personalization-v2", {"TRAINING_TORCHRUN": "--nnodes 2 --node-rank 0"}, 1),
        ("aws-popularity-count", {"TRAINING_PROCESSES": 2}, None),
    ],
)
def test_several_processes_learn_where_a_setting_says_so(
    ana, run_jobs, group_arn, monkeypatch, settings, recipe, set_to, processes
):
    for name, value in set_to.items():
        setattr(settings, name, value)
    started = []

    def alone(*given, **named):
        started.append(None)
        raise DataError("This test trains nothing.")

    def together(*given, processes, torchrun, **named):
        started.append(processes)
        assert torchrun == set_to.get("TRAINING_TORCHRUN", "").split()
        raise DataError("This test trains nothing.")

    monkeypatch.setattr(training.training, "train_version", alone)
    monkeypatch.setattr(training.distributed, "train_version", together)
    recipe_arn = f"arn:aws:personalize:::recipe/{recipe}"
    made = version(ana, run_jobs, solution(ana, run_jobs, group_arn, recipe_arn=recipe_arn))
    assert made.failure_reason == "This test trains nothing."
    assert started == [processes]
