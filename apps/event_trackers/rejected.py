"""The last records that Put calls refused: when, why, what they looked like, and how to mend them."""

import json
from typing import Any
from urllib.parse import urlencode

from apps.event_trackers.hints import hint
from apps.ui.pages import ConsolePage
from personalize_web import operations
from personalize_web.operations.errors import InvalidNextTokenException

SHOWN = 20
OPERATIONS = ("PutEvents", "PutActionInteractions", "PutUsers", "PutItems", "PutActions")
FILTERS = ("operation", "q", "values")


class RejectedPanel(ConsolePage):
    """What event_trackers/_rejected.html draws; the page's own address keeps ``keep`` in its links."""

    keep: tuple[tuple[str, str], ...] = ()

    def rejected(self) -> dict[str, Any]:
        """One page of records, the counts of a day, and the addresses of other pages."""
        asked = self.request.GET
        operation = asked.get("operation", "") if asked.get("operation") in OPERATIONS else ""
        text = asked.get("q", "").strip()[:200]
        shows = asked.get("values") == "1" and self.may("analyst")
        found = self._found(operation, text, shows)
        token = found.get("nextToken")
        arn = self.group["datasetGroupArn"]
        ingestion = operations.describe_ingestion(self.caller, dataset_group_arn=arn)
        return {
            "records": [self._record(record, shows) for record in found["rejectedRecords"]],
            "total": found["total"],
            "operation": operation,
            "operations": OPERATIONS,
            "text": text,
            "filtered": bool(operation or text),
            "shows": shows,
            "values_url": self._address(values="" if shows else "1", operation=operation, q=text),
            "values_denied": "" if self.may("analyst") else "Needs the Analyst role",
            "clear_url": self._address(values="1" if shows else ""),
            "newest_url": self._address(values="1" if shows else "", operation=operation, q=text)
            if "token" in asked
            else "",
            "older_url": self._address(values="1" if shows else "", operation=operation, q=text, token=token)
            if token
            else "",
            "keep": [*self.keep, *([("values", "1")] if shows else [])],
            "counts": [_counted(one) for one in ingestion["operations"]],
            "counted": any(one["calls"] for one in ingestion["operations"]),
            "since": ingestion["since"],
        }

    def _found(self, operation: str, text: str, shows: bool) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "dataset_group_arn": self.group["datasetGroupArn"],
            "max_results": SHOWN,
            "show_values": shows,
        }
        arguments |= {"operation": operation} if operation else {}
        arguments |= {"text": text} if text else {}
        token = self.request.GET.get("token")
        try:
            return operations.list_rejected_records(
                self.caller, **arguments, **({"next_token": token} if token else {})
            )
        except InvalidNextTokenException:
            return operations.list_rejected_records(self.caller, **arguments)

    def _address(self, **query: str | None) -> str:
        pairs = [*self.keep, *((name, value) for name, value in query.items() if value)]
        return f"{self.request.path}?{urlencode(pairs)}" if pairs else self.request.path

    def _record(self, record: dict[str, Any], shows: bool) -> dict[str, Any]:
        payload = record.get("payload") if shows else record["shape"]
        return record | {
            "hint": hint(record["reason"]),
            "seen": json.dumps(payload, indent=2, ensure_ascii=False, default=str).split("\n")
            if payload is not None
            else [],
            "by": record["callerArn"].rpartition("/")[2] or record["callerArn"],
        }


def _counted(one: dict[str, Any]) -> dict[str, Any]:
    ignored = one["ignoredKeys"]
    return one | {"ignored": [{"key": key, "count": count} for key, count in list(ignored.items())[:8]]}


class RejectedRecords(RejectedPanel):
    """All that was refused in a group, with and without an event tracker."""

    template_name = "event_trackers/rejected.html"
    title, section, info = "Rejected records", "event-trackers", "rejected-records"
    crumbs = (("Event trackers", "event_trackers:list"),)
    description = "What single-record calls refused, newest first: the last 1,000 of the last 14 days."

    def context(self) -> dict[str, Any]:
        """The panel."""
        return super().context() | {"rejected": self.rejected()}
