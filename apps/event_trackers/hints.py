"""How to mend what Put calls were refused for: a hint beside each reason."""

import re

_KNOWN = tuple(
    (re.compile(pattern, re.IGNORECASE), hint)
    for pattern, hint in (
        (r"no event tracker with this trackingId", "Copy the tracking ID from the page of the event tracker."),
        (r"it must be active", "Wait until the resource is Active, then send the record again."),
        (r"no active .* dataset", "Create the dataset, or wait until it is Active."),
        (r"greater than or equal to 1|must not be null", "Send a value: it is missing or empty."),
        (r"must not contain", "Move these keys out of properties: they stand beside it in the event."),
        (r"keys that are no column", "Correct the keys, or replace the schema of the dataset to add these columns."),
        (r"itemid must be|actionid must be|userid must be", "Send the id as text of 1 to 256 characters."),
        (r"is the name of a column", "Send the value, not the name of the column: look for a template left unfilled."),
        (r"larger than 10 ?kb", "Leave out properties that are no columns, or shorten texts."),
        (r"needs a value|does not allow null", "Send a value, or allow null in the schema of the dataset."),
        (r"impression", "Send at most 25 item ids, with at most 1,000 characters in all."),
        (r"unix|second|timestamp|sentat", "Send Unix time in seconds: 10 digits, not milliseconds or a date."),
        (r"number", "Send a number, without units or thousands separators."),
        (r"true or false|boolean", "Send true or false."),
        (r"taken|viewed", "The event types of actions are Taken, Not Taken and Viewed."),
        (r"json|properties", "Send properties as a text that holds one JSON object without nested objects."),
        (r"at most|more than|longer|characters|length", "Shorten the value to the limit that the reason names."),
    )
)
OTHER = "Compare the record with the columns on the page of the event tracker."


def hint(reason: str) -> str:
    """What to do about a reason."""
    return next((text for pattern, text in _KNOWN if pattern.search(reason)), OTHER)
