"""Training of a solution version."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from personalize_web.engine.recipes import catalogue
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.selection import Selection
from personalize_web.engine.tuning import internal_ranges
from personalize_web.resources import statuses
from personalize_web.resources.models import Campaign, Solution, SolutionVersion
from personalize_web.workers import automatic_updates, automl, job, training
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

SEARCH_AGAIN = timedelta(days=90)
"""How long the internal settings that a search found are kept."""


def create(context: JobContext, version: SolutionVersion) -> Publication:
    """Train the version; campaigns that follow their solution move to it once it is active."""
    solution = version.solution
    trained = _updated(context, version) if version.training_mode == "UPDATE" else _learned(context, version)

    def publish() -> dict[str, Any]:
        for campaign in Campaign.objects.filter(solution_version__solution=solution, status=statuses.ACTIVE):
            if campaign.config.get("syncWithLatestSolutionVersion"):
                _follow(campaign, version)
        if searched := trained.values["details"].get("searched"):
            found = {"values": trained.found, "searched": searched}
            Solution.objects.filter(pk=solution.pk).update(found_settings=found)
        if solution.perform_auto_ml and version.training_mode != "UPDATE":
            Solution.objects.filter(pk=solution.pk).update(recipe_name=trained.values["details"]["recipe"])
        return trained.values | {"storage_key": trained.storage_key, "training_hours": round(trained.hours, 6)}

    return publish


def _updated(context: JobContext, version: SolutionVersion) -> training.Trained:
    return automatic_updates.with_new_items(context, version, catalogue.recipe(version.solution.recipe_name or ""))


def _learned(context: JobContext, version: SolutionVersion) -> training.Trained:
    """A model of everything, judged beside the version before."""
    solution = version.solution
    before = previous(version)
    known = before.storage_key if before else None
    if solution.perform_auto_ml:
        trained = automl.best(context, version, known)
    else:
        recipe = catalogue.recipe(solution.recipe_name or "")
        selection = Selection.of(recipe, event_type=version.event_type, solution_config=version.config)
        trained = training.train(
            context,
            solution.dataset_group,
            recipe,
            version.config,
            selection,
            search=solution.perform_hpo or _searches_itself(version, recipe),
            previous=known,
            found=(solution.found_settings or {}).get("values"),
        )
        if _searches_itself(version, recipe):
            trained.values["details"]["searched"] = trained.values["training_started_at"].timestamp()
    if before:
        trained.values["details"]["evaluation"] |= {"previous": {"versionId": before.version_id, "arn": before.arn}}
    return trained


def _searches_itself(version: SolutionVersion, recipe: Recipe) -> bool:
    """Whether this training looks for internal settings: an automatic one, when the last search is long ago.

    A solution's first training never does: whoever waits for the first model should not wait for ten.
    """
    solution = version.solution
    if version.training_type != "AUTOMATIC" or not solution.perform_auto_training or not internal_ranges(recipe):
        return False
    if previous(version) is None:
        return False
    searched = (solution.found_settings or {}).get("searched")
    return searched is None or timezone.now().timestamp() - searched >= SEARCH_AGAIN.total_seconds()


def previous(version: SolutionVersion) -> SolutionVersion | None:
    """The newest Active version of the same solution that learned from everything, made before this one."""
    others = SolutionVersion.objects.filter(
        solution=version.solution, status=statuses.ACTIVE, created_at__lte=version.created_at
    ).exclude(training_mode="UPDATE")
    return others.exclude(pk=version.pk).order_by("-created_at", "-pk").first()


def _follow(campaign: Campaign, version: SolutionVersion) -> None:
    now = timezone.now().timestamp()
    campaign.change(
        latest_update={
            "solutionVersionArn": version.arn,
            "minProvisionedTPS": campaign.min_provisioned_tps,
            "campaignConfig": campaign.config,
            "status": statuses.CREATE_PENDING,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
        }
    )
    job.enqueue("update-campaign", campaign, caller=job.SERVICE)
