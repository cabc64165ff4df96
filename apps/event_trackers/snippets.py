"""The code that sends events to a tracker, with the address and the tracking ID filled in."""

import json
from collections.abc import Sequence
from typing import Any

SESSION, USER, ITEM = "session-1", "user-1", "item-1"
CAMEL = {
    "USER_ID": "userId (of the call)",
    "ITEM_ID": "itemId",
    "EVENT_TYPE": "eventType",
    "TIMESTAMP": "sentAt",
    "EVENT_VALUE": "eventValue",
    "IMPRESSION": "impression",
    "RECOMMENDATION_ID": "recommendationId",
    "EVENT_ATTRIBUTION_SOURCE": "metricAttribution.eventAttributionSource",
}


def tabs(tracking_id: str, *, endpoint: str, region: str, event_type: str, item: str = ITEM) -> list[dict[str, Any]]:
    """The tabs of components/code_panel.html: Python, JavaScript, cURL, CLI and the JSON of the request."""
    event = {"eventType": event_type, "itemId": item, "sentAt": "NOW"}
    python = [
        "import time",
        "import boto3",
        "",
        "events = boto3.client(",
        '    "personalize-events",',
        f'    region_name="{region}",',
        f'    endpoint_url="{endpoint}",',
        ")",
        "events.put_events(",
        f'    trackingId="{tracking_id}",',
        f'    userId="{USER}",',
        f'    sessionId="{SESSION}",',
        "    eventList=[",
        f'        {{"eventType": "{event_type}", "itemId": "{item}", "sentAt": time.time()}},',
        "    ],",
        ")",
    ]
    script = [
        'import { PersonalizeEventsClient, PutEventsCommand } from "@aws-sdk/client-personalize-events";',
        "",
        "const events = new PersonalizeEventsClient({",
        f'  region: "{region}",',
        f'  endpoint: "{endpoint}",',
        "});",
        "await events.send(new PutEventsCommand({",
        f'  trackingId: "{tracking_id}",',
        f'  userId: "{USER}",',
        f'  sessionId: "{SESSION}",',
        f'  eventList: [{{ eventType: "{event_type}", itemId: "{item}", sentAt: new Date() }}],',
        "}));",
    ]
    sent = {"trackingId": tracking_id, "userId": USER, "sessionId": SESSION, "eventList": [event]}
    text = json.dumps(sent).replace('"NOW"', "'$(date +%s)'")
    curl = [
        f"curl {endpoint}/events \\",
        f'  --aws-sigv4 "aws:amz:{region}:personalize" \\',
        '  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\',
        "  --header 'Content-Type: application/json' \\",
        f"  --data '{text}'",
    ]
    listed = json.dumps([event]).replace('"NOW"', "'$(date +%s)'")
    shell = [
        f"aws personalize-events put-events --endpoint-url {endpoint} --region {region} \\",
        f"  --tracking-id {tracking_id} \\",
        f"  --user-id {USER} --session-id {SESSION} \\",
        f"  --event-list '{listed}'",
    ]
    body = {
        "trackingId": tracking_id,
        "userId": USER,
        "sessionId": SESSION,
        "eventList": [event | {"sentAt": 1700000000}],
    }
    return [
        {"id": "boto3", "label": "Python (boto3)", "language": "python", "lines": python},
        {"id": "javascript", "label": "JavaScript", "language": "python", "lines": script},
        {"id": "curl", "label": "cURL", "language": "shell", "lines": curl},
        {"id": "cli", "label": "CLI", "language": "shell", "lines": shell},
        {"id": "json", "label": "JSON", "language": "json", "lines": json.dumps(body, indent=2).split("\n")},
    ]


def properties(columns: Sequence[str]) -> list[dict[str, str]]:
    """How each column of the interactions schema is called in an event."""
    return [{"column": name, "property": CAMEL.get(name) or f"properties.{camel(name)}"} for name in columns]


def camel(name: str) -> str:
    """ "DEVICE_TYPE" is deviceType in an event's properties."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)
