"""The menus of the overview's first step: what can be done with a dataset, and which can be created."""

from typing import Any

from apps.dataset_groups.overview import DatasetRow
from apps.ui.pages import ConsolePage

REPLACEABLE = ("USERS", "ITEMS")
EXPORTED = ("INTERACTIONS", "USERS", "ITEMS")


def of_dataset(page: ConsolePage, row: DatasetRow) -> list[dict[str, Any]]:
    """What the role allows with a dataset; of one that is not there, creating it."""
    slug = row.kind.slug
    if row.dataset is None:
        if not page.may("analyst") or page.group["status"] != "ACTIVE":
            return []
        href = page.url("import_jobs:wizard", kind=slug, step="method")
        return [{"text": "Create dataset", "href": href, "icon": "plus"}]
    items: list[dict[str, Any]] = [
        {"text": "View details", "href": page.url("datasets:detail", kind=slug), "icon": "eye"}
    ]
    if row.import_arn:
        href = page.url("import_jobs:detail", kind=slug, job=row.import_name)
        items.append({"text": "View import job", "href": href, "icon": "list"})
    if page.may("analyst"):
        items += _changing(page, row)
    if page.may("administrator"):
        href = page.url("datasets:delete", kind=slug)
        items += [{"line": True}, {"text": "Delete", "href": href, "modal": True, "danger": True, "icon": "trash"}]
    return items


def _changing(page: ConsolePage, row: DatasetRow) -> list[dict[str, Any]]:
    slug = row.kind.slug
    items = [
        {"text": "Import data", "href": page.url("import_jobs:create", kind=slug), "icon": "upload"},
        {"text": "Create record", "href": page.url("datasets:create_records", kind=slug), "icon": "plus"},
    ]
    if row.kind.key in REPLACEABLE:
        href = page.url("datasets:replace_schema", kind=slug)
        items.append({"text": "Replace schema", "href": href, "icon": "code"})
    if row.kind.key in EXPORTED:
        items.append({"text": "Export", "href": page.url("datasets:create_export", kind=slug), "icon": "download"})
    return items


def creating(page: ConsolePage, row: DatasetRow) -> dict[str, Any]:
    """An entry of Create dataset: one of each type in a group."""
    text = f"{row.kind.title} dataset"
    if row.dataset is not None:
        reason = "There is one dataset of each type in a group."
        return {"text": text, "note": "Already created", "disabled_reason": reason}
    href = page.url("import_jobs:wizard", kind=row.kind.slug, step="method")
    return {"text": text, "href": href, "icon": row.kind.icon, "note": "Required" if row.kind.required else ""}
