"""Schemas and rows that tests of columns write."""

import json

import pyarrow as pa

from personalize_web.engine.schemas import parse


def _schema(name, *fields):
    return parse(json.dumps({"type": "record", "name": name, "fields": list(fields)}))


USER = {"name": "USER_ID", "type": "string"}
INTERACTIONS = _schema(
    "Interactions", USER, {"name": "ITEM_ID", "type": "string"}, {"name": "TIMESTAMP", "type": "long"}
)


def users_schema(*more):
    return _schema("Users", USER, {"name": "AGE", "type": ["null", "int"]}, *more)


USERS = users_schema()
PLAN = {"name": "PLAN", "type": ["null", "string"], "categorical": True}


def events(*rows):
    users, items, times = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "USER_ID": pa.array(users, pa.string()),
            "ITEM_ID": pa.array(items, pa.string()),
            "TIMESTAMP": pa.array(times, pa.int64()),
        }
    )


def people(*rows):
    ids, ages = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"USER_ID": pa.array(ids, pa.string()), "AGE": pa.array(ages, pa.int32())})


def rows_of(table):
    return [tuple(row.values()) for row in table.to_pylist()]
