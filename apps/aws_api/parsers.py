"""JSON body to keyword arguments of an operation."""

import json
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from apps.aws_api.errors import RequestEntityTooLargeException, SerializationException
from personalize_web.operations import service_model


class JsonParser(BaseParser):
    """REST framework's socket for :func:`read`."""

    media_type = "application/x-amz-json-1.1"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        return read(stream.read())


def body(request: HttpRequest) -> bytes:
    """The body as sent. Raises RequestEntityTooLargeException beyond the limit, before it is kept."""
    limit = settings.API_BODY_LIMIT
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > limit:
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            request.read(length)  # a client that still writes would not read our answer
        raise RequestEntityTooLargeException(f"The body of a request can have at most {limit} bytes.")
    return request.body


def read(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty object. Raises SerializationException."""
    if not raw:
        return {}
    try:
        document = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        if b"\\" in raw:
            _check_escapes(document)
    except (ValueError, RecursionError) as error:
        raise SerializationException("The body of the request is not valid JSON in UTF-8.") from error
    if not isinstance(document, dict):
        raise SerializationException("The body of the request must be a JSON object.")
    return document


def arguments(operation: str, document: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of ``operation``; members it does not know are passed over, as are nulls."""
    found = {
        argument: document[member]
        for argument, member in service_model.arguments(operation).items()
        if document.get(member) is not None
    }
    return {name: _records(value) if isinstance(value, list) else value for name, value in found.items()}


def _records(values: list[Any]) -> list[Any]:
    """Records whose ``properties`` came as an object instead of a text that holds one."""
    return [
        value | {"properties": json.dumps(value["properties"], ensure_ascii=False)}
        if isinstance(value, dict) and isinstance(value.get("properties"), dict)
        else value
        for value in values
    ]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _check_escapes(document: Any) -> None:
    """Half surrogates and the null character can be escaped in JSON, but are no text that can be kept."""
    text = json.dumps(document, ensure_ascii=False)
    text.encode("utf-8")
    if "\\u0000" in text:
        raise ValueError("a null character")
