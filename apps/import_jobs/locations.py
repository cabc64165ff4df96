"""Where uploads go, and the addresses that the storage location field needs."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from apps.ui import formats
from apps.ui.dataset_types import DatasetType


def fields(group: str, kind: DatasetType) -> dict[str, Any]:
    """The variables of components/storage_location.html for a file of this kind of dataset, and what else it asks."""
    today = timezone.localdate().isoformat()
    limit = formats.size(settings.UPLOAD_LIMIT)
    return {
        "upload_url": reverse("storage:upload"),
        "browse_url": reverse("storage:choose"),
        "folder": f"s3://{settings.UPLOAD_BUCKET}/{group}/{kind.slug}/{today}/",
        "upload_hint": f"CSV, JSON lines, gz or Parquet · up to {limit} each · uploads resume after a break",
    }
