"""Titles by a language model behind an endpoint of the kind that OpenAI's chat completions made common."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from personalize_web.engine.errors import DataError
from personalize_web.engine.themes import Item

LONGEST = 120
"""Characters of a title."""
DESCRIBED = 12
"""Items that the model is told of."""
TOLD = 300
"""Characters of each item's text that the model is told."""
_MOST = 1 << 20
_ASKED = (
    "You name sets of related items in a catalogue. Answer with one short descriptive title for the items below, as "
    "it could stand above them on a page: at most eight words, in the language of the items, without quotes and "
    "without a full stop. Answer with the title alone."
)


@dataclass(frozen=True)
class Endpoint:
    """Where the language model answers."""

    url: str
    """Of chat completions, such as ``http://127.0.0.1:8080/v1/chat/completions``."""
    model: str
    key: str = ""
    timeout: float = 30.0
    """Seconds until the whole answer must be there."""

    def title(self, items: Sequence[Item]) -> str:
        """The model's title of the items. Raises DataError where it gives none."""
        lines = [f"- {item.name}: {item.text[:TOLD]}" for item in items[:DESCRIBED]]
        asked = {
            "model": self.model,
            "messages": [{"role": "system", "content": _ASKED}, {"role": "user", "content": "\n".join(lines)}],
            "temperature": 0,
            "max_tokens": 60,
        }
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        request = urllib.request.Request(self.url, json.dumps(asked).encode(), headers)
        deadline = time.monotonic() + self.timeout
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                said = json.loads(_whole(answer, deadline))["choices"][0]["message"]["content"]
        except urllib.error.HTTPError as error:
            raise DataError(f"The language model answered {error.code} {error.reason}.") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise DataError(f"The language model did not answer: {error}.") from error
        except (LookupError, TypeError) as error:
            raise DataError("The language model's answer holds no title.") from error
        first = next((line.strip() for line in str(said or "").splitlines() if line.strip()), "")
        title = " ".join(first.strip("\"'“”«»*").split()).rstrip(".")
        if not title:
            raise DataError("The language model's answer holds no title.")
        return title[:LONGEST]


def _whole(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    """The body, of which no piece may come after ``deadline``: one that drips would otherwise never time out."""
    body = b""
    while len(body) < _MOST and (part := answer.read1(_MOST)):
        body += part
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
    return body
