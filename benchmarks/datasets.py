"""The two public data sets that the benchmarks read, in the conventions that make figures comparable."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from personalize_web.engine import schemas
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.selection import Selection

ROOT = Path(os.environ.get("PERSONALIZE_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@dataclass(frozen=True)
class Tables:
    """Interactions and items with their schemas."""

    interactions: pa.Table
    items: pa.Table
    schemas: dict[str, schemas.Schema]

    def dataset(self, selection: Selection | None = None) -> Dataset:
        """The training snapshot."""
        return Dataset.from_tables(self.interactions, self.items, schemas=self.schemas, selection=selection)


def movielens(*, titles: bool = False) -> Tables:
    """MovieLens latest-small: every rating is a watch event, in the order of the file.

    With ``titles`` they are declared textual and so are trained on; without they are only shown.
    """
    folder = ROOT / "ml-latest-small"
    ratings, movies = pd.read_csv(folder / "ratings.csv"), pd.read_csv(folder / "movies.csv")
    interactions = pa.table({
        "USER_ID": ratings["userId"].astype(str).tolist(), "ITEM_ID": ratings["movieId"].astype(str).tolist(),
        "TIMESTAMP": ratings["timestamp"].tolist(), "EVENT_TYPE": ["watch"] * len(ratings),
        "EVENT_VALUE": pa.array(ratings["rating"].tolist(), pa.float32()),
    })
    year = movies["title"].str.extract(r"\((\d{4})\)\s*$")[0].astype(float)
    items = pa.table({
        "ITEM_ID": movies["movieId"].astype(str).tolist(), "TITLE": movies["title"].tolist(),
        "GENRES": movies["genres"].tolist(), "YEAR": pa.array(year.tolist(), pa.float64(), from_pandas=True),
    })
    title = {"type": ["null", "string"], **({"textual": True} if titles else {})}
    return Tables(interactions, items, {
        "INTERACTIONS": _schema("Interactions", EVENT_TYPE={}, EVENT_VALUE={"type": "float"}),
        "ITEMS": _schema("Items", TITLE=title, GENRES={"categorical": True}, YEAR={"type": ["null", "double"]}),
    })


def online_retail() -> Tables:
    """UCI Online Retail: one purchase a user, item and invoice."""
    lines = pd.read_csv(ROOT / "online-retail" / "online-retail.csv.gz", dtype={"InvoiceNo": str, "StockCode": str})
    lines = lines[lines["CustomerID"].notna() & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    lines = lines.assign(user=lines["CustomerID"].astype(int).astype(str))
    events = lines.drop_duplicates(["user", "StockCode", "InvoiceNo"])
    stamps = (pd.to_datetime(events["InvoiceDate"]) - pd.Timestamp("1970-01-01")) // pd.Timedelta(seconds=1)
    interactions = pa.table({
        "USER_ID": events["user"].tolist(), "ITEM_ID": events["StockCode"].tolist(), "TIMESTAMP": stamps.tolist(),
        "EVENT_TYPE": ["Purchase"] * len(events),
    })
    described = lines.groupby("StockCode").agg(DESCRIPTION=("Description", "first"), PRICE=("UnitPrice", "median"))
    described = described.reset_index()
    items = pa.table({
        "ITEM_ID": described["StockCode"].tolist(), "PRICE": described["PRICE"].tolist(),
        "DESCRIPTION": described["DESCRIPTION"].fillna("").tolist(),
        "CATEGORY_L1": described["DESCRIPTION"].fillna("").str.split().str[0].fillna("").tolist(),
    })
    return Tables(interactions, items, {
        "INTERACTIONS": _schema("Interactions", EVENT_TYPE={}),
        "ITEMS": _schema("Items", PRICE={"type": "double"}, DESCRIPTION={"textual": True, "type": ["null", "string"]},
                         CATEGORY_L1={"categorical": True}),
    })


def _schema(record: str, **columns: dict[str, object]) -> schemas.Schema:
    required = {"Interactions": {"USER_ID": {}, "ITEM_ID": {}, "TIMESTAMP": {"type": "long"}}, "Items": {"ITEM_ID": {}}}
    fields = [{"name": name, "type": "string", **rest} for name, rest in {**required[record], **columns}.items()]
    return schemas.parse(json.dumps({
        "type": "record", "name": record, "namespace": "com.amazonaws.personalize.schema", "fields": fields,
        "version": "1.0",
    }))
