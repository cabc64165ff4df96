"""What the owner of interactions should know of them as a whole: how many, of what types, when, by whom."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from personalize_web.engine.statistics.sentences import Insight, insight, percent
from personalize_web.engine.statistics.tables import Table

FEWEST_INTERACTIONS = 1_000
ADVISED_INTERACTIONS = 50_000
FEWEST_USERS = 25
ADVISED_USERS = 1_000
_TYPES = 10
_DUPLICATES = 0.01
_QUIET_DAYS = 30
"""Days without interactions, of data that are recorded as they happen. Data that were only imported may be old."""
_EXPECTED = {"VIDEO_ON_DEMAND": ("Watch",), "ECOMMERCE": ("View", "Purchase")}


def amounts(general: Mapping[str, Any]) -> Iterable[Insight]:
    """Whether there are enough interactions and users to train on."""
    rows, users = general["rows"], general["usersWithTwo"]
    if rows < ADVISED_INTERACTIONS:
        yield insight(
            "I1",
            "High" if rows < FEWEST_INTERACTIONS else "Medium",
            f"The Interactions dataset has only {rows:,} interactions. Model training requires a minimum of 1,000 "
            "interactions. We recommend at least 50,000.",
            f"Import {ADVISED_INTERACTIONS - rows:,} additional unique interactions records before training a model.",
            ["INTERACTIONS"],
        )
    if users < ADVISED_USERS:
        yield insight(
            "I2",
            "High" if users < FEWEST_USERS else "Medium",
            f"The Interactions dataset has only {users:,} unique users with two or more interactions. Model training "
            "requires at least 25 such users. We recommend at least 1,000.",
            f"Import at least 2 interactions records each for {ADVISED_USERS - users:,} additional users.",
            ["INTERACTIONS"],
        )


def of_events(table: Table, general: Mapping[str, Any]) -> Iterable[Insight]:
    """Event types, timestamps, repetitions and users that stand out; ``general`` are the head figures."""
    types = len(general["eventTypes"])
    columns = len(table.schema.metadata) + sum(table.field(name) is not None for name in ("EVENT_TYPE", "EVENT_VALUE"))
    if types and types + columns > _TYPES:
        yield insight(
            "I10",
            "High",
            "The Interactions dataset has more than 10 unique event types, which will cause model training to fail.",
            f"Remove or merge event types and import the data again. The limit counts columns too: there are {types} "
            f"event types and {columns} columns (EVENT_TYPE, EVENT_VALUE and metadata).",
            ["INTERACTIONS"],
            ["EVENT_TYPE"],
        )
    if general["distinctTimestamps"] == 1 and general["rows"] > 1:
        yield insight(
            "I11",
            "High",
            "The Interactions dataset has the same timestamp for all records. If you use a USER_SEGMENTATION recipe "
            "and all records have the same timestamp, model training will fail.",
            "Correct the timestamps and import the data again.",
            ["INTERACTIONS"],
            ["TIMESTAMP"],
        )
    if general["duplicateShare"] > _DUPLICATES:
        yield insight(
            "I12",
            "Low",
            f"{percent(general['duplicateShare'])} of the records in the Interactions dataset are equal to another "
            "one. Equal records count once.",
            "Check whether files were imported twice or events recorded twice.",
            ["INTERACTIONS"],
        )
    yield from _times(general)
    if busy := general.get("busyUsers", {}).get("users"):
        share = percent(general["busyUsers"]["rows"] / general["rows"])
        yield insight(
            "I16",
            "Low",
            f"{busy} user(s) in the Interactions dataset have more than {general['busyUsers']['moreThan']:,} "
            f"interactions each, together {share} of all. They may be programs, and training learns from what they do.",
            "Look at who they are. Leave out of the import what no person did, or limit the histories that are trained "
            "on to a lower percentile.",
            ["INTERACTIONS"],
            ["USER_ID"],
        )
    yield from _expected_types(table, general)


def _times(general: Mapping[str, Any]) -> Iterable[Insight]:
    """Times that can't be, and data that claim to be live and are not."""
    if odd := general.get("millisecondRows"):
        yield insight(
            "I15",
            "High",
            f"{percent(odd / general['rows'])} of the records in the Interactions dataset have a timestamp that looks "
            "like milliseconds. As seconds it lies thousands of years ahead.",
            "Divide the timestamps by 1,000 and import the data again; in recorded events send seconds.",
            ["INTERACTIONS"],
            ["TIMESTAMP"],
        )
    if future := general.get("futureRows"):
        yield insight(
            "I13",
            "Medium",
            f"{percent(future / general['rows'])} of the records in the Interactions dataset have a timestamp in the "
            "future. They count as the newest interactions.",
            "Check the clock and the unit of the timestamps: they are Unix seconds.",
            ["INTERACTIONS"],
            ["TIMESTAMP"],
        )
    newest = general.get("newestPast")
    days = int((time.time() - newest) // 86_400) if newest is not None else 0
    if general.get("individualRows") and days > _QUIET_DAYS:
        yield insight(
            "I17",
            "Medium",
            f"The Interactions dataset has no interactions in the last {_QUIET_DAYS} days, though events have been "
            f"recorded one by one: the newest is {days:,} days old.",
            "Check that the application still sends events with the tracking ID of this group, and look at the "
            "rejected records.",
            ["INTERACTIONS"],
            ["TIMESTAMP"],
        )


def _expected_types(table: Table, general: Mapping[str, Any]) -> Iterable[Insight]:
    counts: dict[str, int] = {}
    for entry in general["eventTypes"]:
        counts[entry["value"].lower()] = counts.get(entry["value"].lower(), 0) + entry["rows"]
    few = [
        name
        for name in _EXPECTED.get(table.schema.domain or "", ())
        if counts.get(name.lower(), 0) < FEWEST_INTERACTIONS
    ]
    if few:
        told = ", ".join(f"{name} ({counts.get(name.lower(), 0)})" for name in few)
        yield insight(
            "I14",
            "Medium",
            f"The Interactions dataset has fewer than 1,000 interactions of event type(s) {told}, which use cases of "
            "this domain require.",
            "Import more events of these types, or choose a use case that does not need them.",
            ["INTERACTIONS"],
            ["EVENT_TYPE"],
        )
