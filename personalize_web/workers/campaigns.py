"""The life of a campaign in the background."""

from typing import Any

from personalize_web.engine import serving
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import Campaign, SolutionVersion, Tag
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, campaign: Campaign) -> None:
    """A campaign is active once its model is known to be whole and to answer."""
    _check(campaign.solution_version)


def update(context: JobContext, campaign: Campaign) -> Publication:
    """The new version and configuration answer from the moment the update is active; until then the old ones do."""
    wanted: dict[str, Any] = campaign.latest_update or {}
    arn = wanted.get("solutionVersionArn", campaign.solution_version.arn)
    version = SolutionVersion.objects.filter(arn=arn, status=statuses.ACTIVE).first()
    if version is None:
        raise DataError(f"Solution version {arn} is no longer active.")
    _check(version)
    return lambda: {
        "solution_version": version,
        "min_provisioned_tps": wanted.get("minProvisionedTPS", campaign.min_provisioned_tps),
        "config": wanted.get("campaignConfig", campaign.config),
        "status": statuses.ACTIVE,
        "failure_reason": None,
    }


def delete(context: JobContext, campaign: Campaign) -> Publication:
    """The campaign goes; solution and versions stay."""

    def publish() -> None:
        Tag.objects.filter(arn=campaign.arn).delete()
        campaign.delete()

    return publish


def _check(version: SolutionVersion) -> None:
    serving.load(locations.model_folder(version.storage_key))
