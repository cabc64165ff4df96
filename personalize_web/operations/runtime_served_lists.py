"""What was answered under a recommendation id, kept without making the answer wait for the disk.

Lists gather in memory and are written together by a thread, at most a quarter of a second later, and when the process
ends. A process that is killed loses the lists of its last quarter of a second: recorded events that name one of them
are kept all the same, they only have no implicit impressions. Inside a transaction a list is written at once, with it.
"""

from collections.abc import Sequence

from personalize_web.operations.runtime_backlog import Backlog
from personalize_web.resources.models import ServedList


def _write(lists: Sequence[ServedList]) -> None:
    ServedList.objects.bulk_create(lists, ignore_conflicts=True)


_backlog: Backlog[ServedList] = Backlog("served lists", _write)
remember = _backlog.add
flush = _backlog.flush
