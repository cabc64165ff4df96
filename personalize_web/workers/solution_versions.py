"""Training of a solution version."""

from typing import Any

from django.utils import timezone

from personalize_web.engine.recipes import catalogue
from personalize_web.engine.selection import Selection
from personalize_web.resources import statuses
from personalize_web.resources.models import Campaign, SolutionVersion
from personalize_web.workers import job, training
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, version: SolutionVersion) -> Publication:
    """Train the version; campaigns that follow their solution move to it once it is active."""
    solution = version.solution
    recipe = catalogue.recipe(solution.recipe_name or "")
    selection = Selection.of(recipe, event_type=version.event_type, solution_config=version.config)
    trained = training.train(
        context, solution.dataset_group, recipe, version.config, selection, search=solution.perform_hpo
    )

    def publish() -> dict[str, Any]:
        for campaign in Campaign.objects.filter(solution_version__solution=solution, status=statuses.ACTIVE):
            if campaign.config.get("syncWithLatestSolutionVersion"):
                _follow(campaign, version)
        return trained.values | {"storage_key": trained.storage_key, "training_hours": round(trained.hours, 6)}

    return publish


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
