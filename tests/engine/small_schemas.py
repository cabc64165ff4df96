"""Schemas in few words, for tests."""

import json

from personalize_web.engine.schemas import RECORD_NAMES, parse


def schema_of(kind, *fields, domain=None):
    """A schema of a dataset type from field declarations."""
    return parse(json.dumps({"type": "record", "name": RECORD_NAMES[kind], "fields": list(fields)}), domain=domain)


def plain(name, type_="string", **more):
    """A field that must have a value."""
    return {"name": name, "type": type_, **more}


def optional(name, type_="string", **more):
    """A field that may be null."""
    return {"name": name, "type": ["null", type_], **more}


EVENT = (plain("USER_ID"), plain("ITEM_ID"), plain("TIMESTAMP", "long"))
