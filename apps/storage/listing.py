"""A folder of the store as pages draw it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.ui import formats
from personalize_web import operations
from personalize_web.operations import Caller

MOST = 1000


@dataclass(frozen=True)
class Listing:
    """What lies directly in ``location`` (empty: the buckets), and the way there."""

    location: str
    crumbs: list[dict[str, str]]
    folders: list[dict[str, str]]
    files: list[dict[str, Any]]
    more: int

    @classmethod
    def of(cls, caller: Caller, location: str, address: str = "", **keep: str) -> "Listing":
        """The listing of a place, with links below ``address`` that carry ``keep`` along."""
        base = address or reverse("storage:browse")

        def link(path: str) -> str:
            query = {"path": path} | keep if path else keep
            return f"{base}?{urlencode(query)}" if query else base

        place = location if not location or location.endswith("/") else f"{location}/"
        found = operations.list_stored_objects(caller, **({"location": place} if place else {}))
        objects = found["objects"]
        return cls(
            place,
            [{"text": "Buckets", "href": link("")}, *_crumbs(place, link)],
            [
                {"location": one, "name": one.rstrip("/").rpartition("/")[2], "href": link(one)}
                for one in found["folders"]
            ],
            [
                one
                | {
                    "size": formats.size(one.get("bytes")),
                    "preview_url": f"{reverse('storage:preview')}?{urlencode({'path': one['location']})}",
                    "delete_url": f"{reverse('storage:delete')}?{urlencode({'path': one['location']})}",
                }
                for one in objects[:MOST]
            ],
            max(0, len(objects) - MOST),
        )


def _crumbs(place: str, link: Any) -> list[dict[str, str]]:
    parts = [part for part in place.removeprefix("s3://").split("/") if part]
    return [{"text": part, "href": link(f"s3://{'/'.join(parts[: at + 1])}/")} for at, part in enumerate(parts)]


def parent_of(location: str) -> str:
    """The folder that holds a place; empty for a bucket."""
    upper = location.rstrip("/").rpartition("/")[0]
    return f"{upper}/" if upper.removeprefix("s3://").strip("/") and upper != "s3:/" else ""
