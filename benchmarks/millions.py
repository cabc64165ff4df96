"""Fifty million interactions with a million users and items: what the benchmarks of the data layer ask about."""

import json
from pathlib import Path

import duckdb

from personalize_web.engine.columns import ColumnStore, Snapshot
from personalize_web.engine.schemas import Schema, parse

INTERACTIONS, USERS, ITEMS = 50_000_000, 1_000_000, 1_000_000
PART = 2_500_000
"""Rows of one segment."""

_FIELDS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
        {"name": "COUNTRY", "type": "string", "categorical": True},
        {"name": "SECONDS", "type": ["null", "int"]},
    ],
    "Users": [
        {"name": "USER_ID", "type": "string"},
        {"name": "AGE", "type": ["null", "int"]},
        {"name": "COUNTRY", "type": "string", "categorical": True},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "float"]},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
        {"name": "TITLE", "type": "string"},
    ],
}


def schema(name: str) -> Schema:
    """The schema of Interactions, Users or Items."""
    return parse(json.dumps({"type": "record", "name": name, "fields": _FIELDS[name], "version": "1.0"}))


def stored(folder: Path, name: str, rows: int, *, users: int = USERS, items: int = ITEMS) -> Snapshot:
    """``rows`` of one dataset in a store of its own under ``folder``, written as Parquet segments, not imported."""
    store = ColumnStore(folder / name.lower())
    with store.staging() as aside, duckdb.connect() as connection:
        connection.execute(_MACROS)
        files = []
        for begin in range(0, rows, PART):
            files.append(aside / f"{begin}.parquet")
            query = _QUERIES[name].format(begin=begin, end=min(begin + PART, rows), users=users, items=items)
            connection.execute(f"COPY ({query}) TO '{files[-1]}' (FORMAT parquet)")
        return store.replace_bulk(files, schema(name))


def _mixed(salt: int) -> str:
    return f"mixed(i + {salt * 100_000_007})"


def _share(salt: int) -> str:
    return f"({_mixed(salt)} / 4294967296)"


_MACROS = """
CREATE MACRO spread(i, factor) AS (i * factor) % 4294967296;
CREATE MACRO folded(i) AS xor(i, i >> 15);
CREATE MACRO mixed(i) AS folded(spread(folded(spread(folded(i % 4294967296), 1540483477)), 1274126177));
"""
"""``mixed``: a number from 0 to below 2^32 that looks drawn by chance, the same in whatever version of DuckDB."""

_QUERIES = {
    # the squares and cubes make few users and items frequent and most rare
    "Interactions": f"""SELECT
        'user_' || (power({_share(7)}, 2) * {{users}})::BIGINT AS USER_ID,
        'item_' || (power({_share(13)}, 3) * {{items}})::BIGINT AS ITEM_ID,
        ['watch', 'watch', 'watch', 'click', 'click', 'like', 'share', 'buy'][1 + {_mixed(3)} % 8] AS EVENT_TYPE,
        CASE WHEN {_mixed(5)} % 4 > 0 THEN round({_mixed(5)} % 1000 / 100, 2) END AS EVENT_VALUE,
        1500000000 + {_mixed(11)} % 94608000 AS TIMESTAMP,
        ['phone', 'tv', 'tablet|web', NULL][1 + {_mixed(17)} % 4] AS DEVICE,
        'country ' || {_mixed(19)} % 120 AS COUNTRY,
        CASE WHEN {_mixed(23)} % 9 > 0 THEN {_mixed(23)} % 7200 END::INTEGER AS SECONDS
        FROM range({{begin}}, {{end}}) AS t(i)""",
    "Users": f"""SELECT 'user_' || i AS USER_ID,
        CASE WHEN {_mixed(3)} % 10 > 0 THEN 14 + {_mixed(3)} % 70 END::INTEGER AS AGE,
        'country ' || {_mixed(19)} % 120 AS COUNTRY FROM range({{begin}}, {{end}}) AS t(i)""",
    "Items": f"""SELECT 'item_' || i AS ITEM_ID,
        ['drama', 'drama|crime', 'comedy', 'sport|live', NULL][1 + {_mixed(5)} % 5] AS GENRES,
        CASE WHEN {_mixed(7)} % 20 > 0 THEN round({_mixed(7)} % 30000 / 100, 2) END AS PRICE,
        1400000000 + {_mixed(11)} % 194608000 AS CREATION_TIMESTAMP,
        'The title of ' || i AS TITLE FROM range({{begin}}, {{end}}) AS t(i)""",
}
