"""Small files in the store, and the text of pages."""

import re
from html import unescape
from pathlib import Path

from django.conf import settings

HEADER = "USER_ID,ITEM_ID,TIMESTAMP\n"


def store(key: str, text: str, bucket: str = "data") -> str:
    """Put a file into the store; answers its location."""
    path = Path(settings.BUCKETS_DIR) / bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return f"s3://{bucket}/{key}"


def interactions(rows: int = 1200, users: int = 60) -> str:
    """A file of interactions without event types."""
    lines = [f"u{at % users},i{at % 97},{1_700_000_000 + at}" for at in range(rows)]
    return HEADER + "\n".join(lines) + "\n"


def text_of(response) -> str:
    """What a page says, without its markup."""
    body = response.content.decode()
    body = re.sub(r"<(script|style|template|svg)\b.*?</\1>", " ", body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
