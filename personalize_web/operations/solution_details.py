"""What the console shows of solutions and their versions beyond the service model."""

from typing import Any

from django.db.models import Count, OuterRef, Subquery

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import automatic_updates, lookup
from personalize_web.operations.answers import dates, failure, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Campaign, DatasetGroup, Solution, SolutionVersion

UNSEEN = ("details", "config", "solution", "account", "region", "name", "event_type", "storage_key", "event_cutoff")
"""Columns of a version that a list of solutions does not need."""


@own_operation()
def list_solution_details(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for a group's solutions: recipe, training, latest version and how many campaigns serve each."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    versions = SolutionVersion.objects.filter(solution=OuterRef("pk")).order_by("-created_at", "-pk")
    rows = list(
        group.solutions.annotate(
            version_count=Count("versions"),
            latest=Subquery(versions.values("pk")[:1]),
            latest_active=Subquery(versions.filter(status=statuses.ACTIVE).values("pk")[:1]),
        ).order_by("-created_at", "-pk")
    )
    wanted = {pk for row in rows for pk in (row.latest, row.latest_active) if pk}
    known = SolutionVersion.objects.defer(*UNSEEN).in_bulk(wanted)
    deployed = Campaign.objects.filter(solution_version__solution__in=rows).values("solution_version__solution")
    campaigns = {each["solution_version__solution"]: each["count"] for each in deployed.annotate(count=Count("pk"))}
    return {
        "solutions": [
            _solution(row)
            | {
                "versions": row.version_count,
                "campaigns": campaigns.get(row.pk, 0),
                "latestVersion": version_summary(known[row.latest]) if row.latest else None,
                "latestActiveVersion": version_summary(known[row.latest_active]) if row.latest_active else None,
            }
            for row in rows
        ]
    }


@own_operation()
def list_solution_version_details(caller: Caller, *, solution_arn: str) -> dict[str, Any]:
    """Ours, for a solution's page: its versions with metrics, baselines and what was found while training."""
    solution = lookup.get(Solution, caller, solution_arn)
    rows = solution.versions.order_by("-created_at", "-pk")
    return {
        "solutionVersions": [
            version_summary(row)
            | {"baselines": row.details.get("baselines", {}), "details": row.details.get("facts", {})}
            for row in rows.defer("config")
        ]
    }


@own_operation()
def describe_solution_version_details(caller: Caller, *, solution_version_arn: str) -> dict[str, Any]:
    """Ours, for a version's page: metrics, baselines, curves, configuration, and the data it was trained on."""
    return {"solutionVersion": version_details(lookup.get(SolutionVersion, caller, solution_version_arn))}


def version_details(version: SolutionVersion) -> dict[str, Any]:
    """A version with everything that its own page shows."""
    kept = version.details
    return (
        version_summary(version)
        | _recipe(version.solution.recipe_name)
        | present(
            solutionArn=version.solution.arn,
            solutionName=version.solution.name,
            datasetGroupArn=version.solution.dataset_group.arn,
            solutionConfig=version.config,
            eventType=version.event_type,
            baselines=kept.get("baselines", {}),
            curves=kept.get("curves", {}),
            details=kept.get("facts", {}),
            dataVersions=kept.get("snapshot", {}),
            seed=kept.get("seed"),
            seconds=kept.get("seconds"),
            automaticUpdates=automatic_updates.shown(version),
            updatedFrom=kept.get("updated_from"),
            recipesTried=kept.get("recipes tried"),
            campaigns=[
                {"name": campaign.name, "campaignArn": campaign.arn, "status": campaign.status}
                for campaign in version.campaigns.all()
            ],
        )
    )


def version_summary(version: SolutionVersion) -> dict[str, Any]:
    """A version with its metrics, without what only its own page shows."""
    return present(
        versionId=version.version_id,
        solutionVersionArn=version.arn,
        name=version.label,
        status=version.status,
        failureReason=failure(version),
        trainingMode=version.training_mode,
        trainingType=version.training_type,
        trainingHours=version.training_hours,
        trainingStartedAt=version.training_started_at,
        metrics=version.metrics,
        **dates(version),
    )


def _solution(solution: Solution) -> dict[str, Any]:
    schedule = (solution.config.get("autoTrainingConfig") or {}).get("schedulingExpression")
    return _recipe(solution.recipe_name) | present(
        performAutoML=solution.perform_auto_ml or None,
        name=solution.name,
        solutionArn=solution.arn,
        status=solution.status,
        failureReason=failure(solution),
        eventType=solution.event_type,
        performAutoTraining=solution.perform_auto_training,
        schedulingExpression=schedule if solution.perform_auto_training else None,
        latestSolutionUpdate=latest_update(solution.latest_update),
        **dates(solution),
    )


def _recipe(name: str | None) -> dict[str, Any]:
    recipe = RECIPES.get(name or "")
    return present(
        recipeName=name,
        recipeArn=recipe.arn if recipe else None,
        recipeTitle=recipe.title if recipe else name,
        recipeType=recipe.served_as if recipe else None,
        rankingInfluence=recipe.influenced if recipe else False,
        recipeFeatures=sorted(recipe.features) if recipe else [],
    )
