"""Models that answer, without some users: what lies beside each of them is written again."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Min

from personalize_web.engine import artifacts, forgetting
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.models import DatasetGroup, Job, Recommender, SolutionVersion
from personalize_web.workers import folders
from personalize_web.workers.context import JobContext


@dataclass(frozen=True)
class Forgotten:
    """What became of the models."""

    changed: int
    """Models that knew any of the users."""
    remains: list[str]
    """What could not be done at once, in words for the group's owner."""


def forget(context: JobContext, group: DatasetGroup, ids: Collection[str]) -> Forgotten:
    """Make every model of the group take these users for new ones.

    Processes that answer notice the new files at their next request. Most models know users by what these did, not by
    name: what was learnt of all users together stays until the next training. Models of user segments have a row for
    each user, and models that were judged the hashes of the users they were judged by: these go.
    """
    named = list(ids)
    versions = SolutionVersion.objects.filter(solution__dataset_group=group).values_list("storage_key", flat=True)
    recommenders = group.recommenders.filter(storage_key__isnull=False).values_list("storage_key", flat=True)
    keys = [key for key in (*versions, *recommenders) if key]
    changed, damaged = 0, 0
    for number, key in enumerate(keys, start=1):
        context.require_lease()
        folder = locations.model_folder(key)
        inside = False
        try:
            if (folder / artifacts.MANIFEST).exists():
                inside = forgetting.forget_segments(folder, named) > 0
                inside = forgetting.forget_test_users(folder, named) or inside
        except DataError:  # it answers nobody, but may hold their ids
            damaged += 1
        changed += _forget(context, folder, named) or inside
        context.progress(number / len(keys))
    remains = _remove_replaced()
    if damaged:
        remains.append(f"{damaged:,} models are damaged and could not be looked through: delete their versions.")
    return Forgotten(changed, remains)


def _forget(context: JobContext, folder: Path, named: list[str]) -> bool:
    gone = 0
    for name in (locations.HISTORY, locations.ACTION_HISTORY):
        if (histories := folder / name).exists():
            gone += forgetting.forget_histories(histories, named, check=context.check)
    if (users := folder / locations.USERS).exists():
        gone += forgetting.forget_records(users, named)
    return gone > 0


def _remove_replaced() -> list[str]:
    """Remove models that no row names any more, as housekeeping would do hours later.

    Those that came into being since the oldest training that runs may be its own: they stay.
    """
    known = {str(key) for key in SolutionVersion.objects.values_list("storage_key", flat=True)}
    known |= {str(key) for key in Recommender.objects.values_list("storage_key", flat=True)}
    running = Job.objects.filter(queue="training", state=Job.State.IN_PROGRESS, started_at__isnull=False)
    oldest = running.aggregate(oldest=Min("started_at"))["oldest"]
    left = 0
    for folder in settings.MODELS_DIR.iterdir() if settings.MODELS_DIR.is_dir() else ():
        if folder.name in known:
            continue
        if oldest is None or folder.stat().st_mtime < oldest.timestamp():
            folders.remove(folder)
        else:
            left += 1
    if not left:
        return []
    return [f"{left:,} folders of models that nothing answers from stay until the trainings that run have ended."]
