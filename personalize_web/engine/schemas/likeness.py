"""Which column names a person may have given to the names that have a meaning."""

import re
import unicodedata
from collections.abc import Sequence

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_USED_FOR: dict[str, str] = {
    "USER_ID": "user uid userid customer customerid client member visitor account subscriber viewer person shopper "
    "buyer profile reviewer patron",
    "ITEM_ID": "item iid itemid product productid movie movieid sku asin article stockcode track song video title "
    "content book isbn show episode listing offer film game recipe restaurant hotel course",
    "ACTION_ID": "action actionid campaign offer",
    "TIMESTAMP": "timestamp ts time date datetime when eventtime eventdate createdat occurredat unixtime epoch "
    "invoicedate orderdate purchasedate watchedat viewedat reviewtime",
    "EVENT_TYPE": "eventtype event eventname type action activity interaction behavior behaviour verb",
    "EVENT_VALUE": "eventvalue rating score stars value quantity overall watchtime weight",
    "IMPRESSION": "impression impressions shown displayed slate",
    "RECOMMENDATION_ID": "recommendationid recid recommendation",
    "EVENT_ATTRIBUTION_SOURCE": "eventattributionsource attributionsource source referrer channel",
    "CREATION_TIMESTAMP": "creationtimestamp created createdat creationdate creationtime releasedate released release "
    "published publishdate publishedat added addedat dateadded launchdate available since",
    "EXPIRATION_TIMESTAMP": "expirationtimestamp expiration expires expiresat expiry validuntil enddate",
    "PRICE": "price unitprice cost listprice saleprice amount",
    "DURATION": "duration runtime length minutes playtime",
    "GENRES": "genres genre",
    "GENRE_L2": "genrel2 genre2 subgenre subgenres secondarygenre",
    "GENRE_L3": "genrel3 genre3",
    "AVERAGE_RATING": "averagerating avgrating meanrating rating score voteaverage stars",
    "PRODUCT_DESCRIPTION": "productdescription description overview plot summary synopsis longdescription details",
    "CONTENT_OWNER": "contentowner owner studio publisher producer network",
    "CONTENT_CLASSIFICATION": "contentclassification classification certification certificate agerating maturity",
    "CATEGORY_L1": "categoryl1 category category1 categories department maincategory productcategory producttype",
    "CATEGORY_L2": "categoryl2 subcategory category2 subcategory1",
    "CATEGORY_L3": "categoryl3 category3 subcategory2",
    "AGE_GROUP": "agegroup agerange targetage",
    "ADULT": "adult nsfw adultonly",
    "GENDER": "gender sex",
    "SUBSCRIPTION_MODEL": "subscriptionmodel subscription plan tier subscriptiontype subscriptionplan",
    "VALUE": "value businessvalue worth",
    "TYPE": "type kind actiontype",
    "REPEAT_FREQUENCY": "repeatfrequency repeat frequency repeatdays cooldown",
}
_NAMES = {keyword: frozenset(text.split()) for keyword, text in _USED_FOR.items()}
_OF_IDS = frozenset({"id", "ids", "no", "nr", "num", "number", "code", "key", "uuid", "guid", "ref"})
_OF_TIMES = frozenset({"timestamp", "date", "datetime", "time", "ts", "at"})


def words(column: str) -> list[str]:
    """The words in a column's name in lower case: ``invoiceDate``, ``Invoice date`` and ``invoice_date`` alike."""
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORDS.findall(plain)]


def likeness(column: str, keyword: str) -> float:
    """How much a column's name says that it is ``keyword``: 1 the name itself, 0.9 a usual one, 0.6 a part, 0 none."""
    parts = words(column)
    joined = "".join(parts)
    if joined == keyword.replace("_", "").lower():
        return 1.0
    known = _NAMES.get(keyword, frozenset())
    if joined in known or (joined.endswith("s") and joined[:-1] in known):
        return 0.9
    if keyword.endswith("_ID") and keyword != "RECOMMENDATION_ID":
        return _of_an_id(parts, known)
    if keyword == "TIMESTAMP" and parts and parts[-1] in _OF_TIMES:
        return 0.6
    return 0.6 if len(parts) > 1 and (parts[-1] in known or parts[0] in known) and len(parts) < 4 else 0.0


def names_codes(column: str) -> bool:
    """Whether a column's name ends as names of codes do: ``invoiceNo``, ``order id``."""
    parts = words(column)
    return bool(parts) and parts[-1] in _OF_IDS - {"num", "number"}


def _of_an_id(parts: Sequence[str], known: frozenset[str]) -> float:
    """``customer number`` names a user, ``customer name`` none; a bare ``id`` may be anyone's."""
    if parts in (["id"], ["key"], ["uuid"]):
        return 0.55
    if not _OF_IDS.intersection(parts):
        return 0.0
    rest = [part for part in parts if part not in _OF_IDS]
    return 0.88 if rest and "".join(rest) in known else 0.6 if known.intersection(rest) else 0.0


def field_name(column: str) -> str:
    """A column's name as a schema's field may be called: ``Türgröße (cm)`` becomes ``TURGROE_CM``."""
    name = "_".join(words(column)).upper()[:140] or "FIELD"
    return f"F_{name}" if name[0].isdigit() else name
