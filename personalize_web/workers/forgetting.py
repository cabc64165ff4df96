"""Models that answer, without some users: what lies beside each of them is written again."""

from collections.abc import Collection
from itertools import chain

from django.db.models import Q

from personalize_web.engine import forgetting
from personalize_web.resources import locations
from personalize_web.resources.models import DatasetGroup, Recommender, SolutionVersion
from personalize_web.workers.context import JobContext


def forget(context: JobContext, group: DatasetGroup, ids: Collection[str]) -> int:
    """Make every model of the group take these users for new ones; the answer is how many models knew any of them.

    Processes that answer notice the new files at their next request. The models themselves know users by what these
    did, not by name: what was learnt of all users together stays until the next training.
    """
    named = list(ids)
    versions = SolutionVersion.objects.filter(solution__dataset_group=group).values_list("storage_key", flat=True)
    recommenders = Recommender.objects.filter(Q(dataset_group=group), storage_key__isnull=False)
    keys = list(chain(versions, recommenders.values_list("storage_key", flat=True)))
    forgot = 0
    for number, key in enumerate(keys):
        context.require_lease()
        folder = locations.model_folder(key)
        gone = 0
        if (histories := folder / locations.HISTORY).exists():
            gone += forgetting.forget_histories(histories, named, check=context.check)
        if (users := folder / locations.USERS).exists():
            gone += forgetting.forget_records(users, named)
        forgot += bool(gone)
        context.progress((number + 1) / len(keys))
    return forgot
