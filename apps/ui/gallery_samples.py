"""What the gallery's components show."""

from datetime import UTC, datetime

FILTERS = [
    {"name": "new-releases", "expression": "INCLUDE ItemID WHERE Items.YEAR >= 2018", "status": "ACTIVE", "uses": 1},
    {
        "name": "unseen",
        "expression": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
        "status": "ACTIVE",
        "uses": 4,
    },
    {
        "name": "unseen-by-genre",
        "expression": "EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($TYPE)",
        "status": "CREATE IN_PROGRESS",
        "uses": 0,
    },
    {
        "name": "kids",
        "expression": 'INCLUDE ItemID WHERE Items.GENRES IN ("Children")',
        "status": "CREATE FAILED",
        "failureReason": "GENRES is not a column of the Items dataset.",
        "uses": 0,
    },
]
DELETE = {
    "title": "Delete campaign",
    "kind": "campaign",
    "names": ["home-page"],
    "consequences": [
        "12,408 requests were answered in the last 24 hours. They will fail with ResourceNotFoundException."
    ],
    "phrase": "home-page",
    "action": "/console/admin/components/-delete/",
}
SCHEMA = """{
  "type": "record",
  "name": "Items",
  "fields": [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "PRICE", "type": "float"}
  ],
  "version": "1.0"
}"""
LOG = [
    {
        "at": datetime(2026, 11, 22, 14, 12, 3, 118000, tzinfo=UTC),
        "level": "info",
        "text": "Snapshot items=9,742 users=610 interactions=102,914",
    },
    {
        "at": datetime(2026, 11, 22, 14, 12, 11, 391000, tzinfo=UTC),
        "level": "warning",
        "text": "3 users have more than 2,000 events; their oldest events are left out",
    },
    {
        "at": datetime(2026, 11, 22, 14, 12, 34, 961000, tzinfo=UTC),
        "level": "info",
        "text": "Epoch  1  loss 6.4127  ndcg@10 0.0764   18.1 s",
    },
    {
        "at": datetime(2026, 11, 22, 14, 12, 52, 17000, tzinfo=UTC),
        "level": "error",
        "text": "Stopped: the disk is full",
    },
]
FIGURE = {
    "data": [
        {
            "type": "bar",
            "name": "NDCG",
            "x": ["At 5", "At 10", "At 25"],
            "y": [0.0822, 0.0894, 0.1127],
            "text": ["0.0822", "0.0894", "0.1127"],
            "textposition": "outside",
            "cliponaxis": False,
            "textfont": {"size": 11},
        },
        {
            "type": "bar",
            "name": "Precision",
            "x": ["At 5", "At 10", "At 25"],
            "y": [0.0721, 0.0598, 0.0441],
            "marker": {"color": "var:s3"},
            "text": ["0.0721", "0.0598", "0.0441"],
            "textposition": "outside",
            "cliponaxis": False,
            "textfont": {"size": 11},
        },
    ],
    "layout": {
        "barmode": "group",
        "yaxis": {"title": {"text": "Mean over test users"}, "range": [0, 0.129], "tickformat": ".2f", "dtick": 0.03},
        "legend": {"y": -0.16},
    },
}
ROW_ACTIONS = [
    {"key": "view", "text": "View details", "needs": "one", "icon": "eye"},
    {"key": "delete", "text": "Delete", "needs": "one", "icon": "trash", "denied": "Needs the Administrator role"},
]
PLAN = [
    {"number": 1, "kind": "Campaign", "name": "home-page", "href": "#", "status": "ACTIVE", "blocked_by": []},
    {"number": 2, "kind": "Solution", "name": "for-you", "href": "#", "status": "ACTIVE", "blocked_by": []},
    {
        "number": 3,
        "kind": "Dataset",
        "name": "cinema-items",
        "href": "#",
        "status": "ACTIVE",
        "blocked_by": ["Dataset import job monday is in CREATE IN_PROGRESS state."],
    },
    {"number": 4, "kind": "Dataset group", "name": "cinema", "status": "ACTIVE", "blocked_by": []},
]
