"""boto3's clients, signing with real access keys: over HTTP, or straight into Django."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from django.test import Client

from apps.accounts.models import AccessKey, Person
from apps.aws_api import access_keys

SERVICES = ("personalize", "personalize-events", "personalize-runtime")
ONCE = Config(retries={"total_max_attempts": 1}, parameter_validation=False)


class _Body:
    def __init__(self, content: bytes):
        self.content = content

    def stream(self, *_: object, **__: object):
        yield self.content


def _into_django(request: Any, **_: object) -> AWSResponse:
    """Send what botocore would have written to a socket into Django, and give back what it would have read."""
    headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    address, _, rest = request.url.partition("://")[2].partition("/")
    body = request.body or b""
    answer = Client(raise_request_exception=False).generic(
        request.method,
        "/" + rest,
        data=body if isinstance(body, bytes) else body.encode(),
        headers={"Host": address, **headers},
        CONTENT_TYPE=headers.pop("Content-Type", ""),
        SERVER_PORT="8000",
    )
    return AWSResponse(request.url, answer.status_code, dict(answer.headers), _Body(answer.content))


@pytest.fixture
def into_django() -> Callable[..., AWSResponse]:
    """Sends a prepared request into Django."""
    return _into_django


@pytest.fixture(autouse=True)
def _no_key_is_known_beforehand():
    access_keys.forget()
    access_keys._noted.clear()


@pytest.fixture
def make_key(db) -> Callable[..., tuple[AccessKey, str]]:
    """Makes an access key, and its owner where needed: ``make_key("ana", role="administrator")``."""

    def make(name: str = "ana", role: str = "administrator", account: str = "123456789012", **about):
        owner, _ = Person.objects.get_or_create(username=name, defaults={"role": role, "account": account})
        return AccessKey.make(owner, name=f"{name}'s key", **about)

    return make


@pytest.fixture
def client_of(make_key) -> Callable[..., Any]:
    """A boto3 client of somebody, whose requests go straight into Django: ``client_of("personalize", "ben", ...)``."""

    def make(service: str = "personalize", name: str = "ana", *, region="us-east-1", prefix="", key=None, **about):
        key_id, secret = key or (lambda made: (made[0].key_id, made[1]))(make_key(name, **about))
        made = boto3.client(
            service,
            endpoint_url=f"http://personalize.test:8000{prefix}",
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=ONCE,
        )
        made.meta.events.register("before-send", _into_django)
        return made

    return make


@pytest.fixture
def post(make_key) -> Callable[..., AWSResponse]:
    """Signs and sends raw bytes: ``post(b"{}", target="ListSchemas")`` or ``post(b"{}", path="/events")``."""
    key = make_key("ana")

    def send(
        body: bytes, *, target: str | None = None, path: str = "/", method="POST", content_type: str | None = None
    ):
        rest = "application/json" if target is None and path != "/" else "application/x-amz-json-1.1"
        headers = {"Host": "personalize.test:8000", "Content-Type": rest if content_type is None else content_type}
        if target is not None:
            headers["X-Amz-Target"] = target if "." in target else f"AmazonPersonalize.{target}"
        request = AWSRequest(method, f"http://personalize.test:8000{path}", data=body, headers=headers)
        SigV4Auth(Credentials(key[0].key_id, key[1]), "personalize", "us-east-1").add_auth(request)
        return _into_django(request.prepare())

    return send
