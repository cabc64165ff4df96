"""What the pages of filters share: finding a filter of the group, and what its expression says."""

from collections.abc import Mapping
from typing import Any

from apps.ui import expressions
from apps.ui.pages import ConsolePage, everything
from personalize_web import operations
from personalize_web.operations.errors import ResourceNotFoundException

MOST_FIELDS = 5
TARGETS = {"ITEM_ID": "Items", "USER_ID": "Users (batch segment jobs)", "ACTION_ID": "Actions"}
NOUNS = {"ITEM_ID": "Items", "USER_ID": "Users", "ACTION_ID": "Actions"}


class FilterPage(ConsolePage):
    """A page of one filter."""

    section = "filters"
    crumbs: tuple[tuple[str, str], ...] = (("Filters", "filters:list"),)

    def named(self, name: str) -> dict[str, Any]:
        """A filter of this group, with what its expression is about."""
        arn = self.group["datasetGroupArn"]
        listed = everything(operations.list_filters, self.caller, "Filters", dataset_group_arn=arn)
        found = next((one for one in listed if one["name"] == name), None)
        if found is None:
            raise ResourceNotFoundException(f"There is no filter {name} in this dataset group.")
        return expressions.described(self.caller, found)


def about(checked: Mapping[str, Any], text: str) -> dict[str, Any]:
    """What an expression's check says, as templates draw it."""
    problem = checked["problem"]
    if problem:
        return {"problem": problem["message"], "text": expressions.painted(text, problem["position"])}
    notes = []
    if checked["ofUser"] and checked["target"] != "USER_ID":
        notes.append("Requests must name a user: the filter reads what that user did or is.")
    if checked["ofItem"]:
        notes.append("CurrentItem works with related items only: requests must name an item.")
    if any(name.endswith("nteractions.EVENT_TYPE") for name in checked["fields"]):
        notes.append("The newest 100 events of each type count (300 of actions).")
    needed = set(checked["needed"])
    return {
        "target": TARGETS[checked["target"]],
        "placeholders": [{"name": name, "needed": name in needed} for name in checked["placeholders"]],
        "fields": checked["fields"],
        "most_fields": MOST_FIELDS,
        "notes": notes,
    }
