"""The life of a solution in the background."""

from django.utils import timezone

from personalize_web.resources import locations
from personalize_web.resources.models import Solution, Tag
from personalize_web.workers import folders
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, solution: Solution) -> Publication:
    """A solution needs nothing but its row; automatic training counts from the moment it is active."""
    return lambda: {"active_at": timezone.now()}


def delete(context: JobContext, solution: Solution) -> Publication:
    """The solution goes, and its versions with their models."""
    versions = list(solution.versions.all())
    for version in versions:
        folders.remove(locations.model_folder(version.storage_key))

    def publish() -> None:
        Tag.objects.filter(arn__in=[solution.arn, *(version.arn for version in versions)]).delete()
        solution.delete()

    return publish
