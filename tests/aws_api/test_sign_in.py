"""Every check of a signature, in its order, with its code."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.utils import timezone

from apps.accounts.models import AccessKey

TARGET = "AmazonPersonalize.ListDatasetGroups"
JSON = "application/x-amz-json-1.1"


class Signer(SigV4Auth):
    """botocore's signature at any moment, for any service."""

    def __init__(self, credentials, *, moment=None, service="personalize", region="us-east-1"):
        super().__init__(credentials, service, region)
        self.moment = moment or datetime.now(UTC)

    def sign(self, request):
        request.context["timestamp"] = self.moment.strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)
        return request


@pytest.fixture
def key(make_key):
    return make_key("ana")


def request(body=b"{}", path="/", **headers):
    return AWSRequest(
        "POST",
        f"http://personalize.test:8000{path}",
        data=body,
        headers={
            "Host": "personalize.test:8000",
            "Content-Type": JSON,
            "X-Amz-Target": TARGET,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )


def signed(key, req=None, token=None, **about):
    return Signer(Credentials(key[0].key_id, key[1], token), **about).sign(req if req is not None else request())


@pytest.fixture
def answer(into_django):
    """Sends a request; gives the status and the code of the answer, which must be one that SDKs can read."""

    def send(req):
        got = into_django(req.prepare())
        content = json.loads(got.content) if got.content else {}
        assert got.headers["x-amzn-RequestId"]
        if got.status_code != 200:
            assert got.headers["x-amzn-ErrorType"] == content["__type"]
        return got.status_code, content.get("__type")

    return send


@pytest.fixture
def with_authorization(answer, key):
    """Sends a request whose Authorization header was changed after signing."""

    def send(change):
        req = signed(key)
        req.headers.replace_header("Authorization", change(req.headers["Authorization"]))
        return answer(req)

    return send


def test_a_well_signed_request_is_let_in(answer, key):
    assert answer(signed(key)) == (200, None)


def test_an_unsigned_request_is_refused(answer, db):
    assert answer(request()) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"),
        lambda text: "Basic YW5hOnNlY3JldA==",
        lambda text: "",
        lambda text: text.replace("/aws4_request", "/aws3_request"),
        lambda text: text.replace("/aws4_request", ""),
        lambda text: text.replace("/personalize/", "/s3/"),
        lambda text: text.replace("/us-east-1/", "/US EAST/"),
        lambda text: text.replace("/20", "/19", 1),
        lambda text: text.replace("host;", ""),
        lambda text: text.replace("x-amz-date;", ""),
        lambda text: text.replace(";x-amz-target", ""),
        lambda text: text.partition(", Signature")[0],
        lambda text: text.partition("Signature=")[0] + "Signature=",
    ],
)
def test_a_malformed_or_incomplete_signature_is_refused(with_authorization, change):
    assert with_authorization(change) == (400, "IncompleteSignature")


def test_a_header_of_amazons_must_be_signed(answer, key):
    req = signed(key)
    req.headers["X-Amz-Extra"] = "smuggled"
    assert answer(req) == (400, "IncompleteSignature")


def test_a_malformed_date_is_refused(answer, key):
    req = signed(key)
    req.headers.replace_header("X-Amz-Date", "yesterday")
    assert answer(req) == (400, "IncompleteSignature")


def test_an_unknown_key_is_refused(with_authorization, key):
    assert with_authorization(lambda text: text.replace(key[0].key_id, "PWKA" + "A" * 16)) == (
        403,
        "InvalidClientTokenId",
    )


def test_a_disabled_key_is_refused_at_once(answer, key):
    assert answer(signed(key)) == (200, None)
    key[0].enabled = False
    key[0].save()
    assert answer(signed(key)) == (403, "InvalidClientTokenId")


def test_a_deleted_key_is_refused_at_once(answer, key):
    assert answer(signed(key)) == (200, None)
    key[0].delete()
    assert answer(signed(key)) == (403, "InvalidClientTokenId")


def test_a_key_disabled_by_another_process_is_refused_within_two_seconds(answer, key, monkeypatch):
    assert answer(signed(key)) == (200, None)
    AccessKey.objects.update(enabled=False)  # no signal: as another process does it
    from apps.aws_api import access_keys

    now = access_keys.time.monotonic()
    monkeypatch.setattr(access_keys.time, "monotonic", lambda: now + 2.1)
    assert answer(signed(key)) == (403, "InvalidClientTokenId")


def test_an_expired_key_is_refused(answer, make_key):
    key = make_key("ana", expires_at=timezone.now() - timedelta(seconds=1))
    assert answer(signed(key)) == (403, "InvalidClientTokenId")


def test_the_key_of_a_person_who_left_is_refused(answer, key):
    key[0].owner.is_active = False
    key[0].owner.save()
    assert answer(signed(key)) == (403, "InvalidClientTokenId")


def test_a_token_on_a_long_term_key_is_refused(answer, key):
    req = request(X_Amz_Security_Token="a token")
    assert answer(signed(key, req)) == (403, "InvalidClientTokenId")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_more_than_a_quarter_of_an_hour_off_is_refused(answer, key, minutes):
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    assert answer(signed(key, moment=moment)) == (400, "RequestExpired")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_a_little_off_is_let_in(answer, key, minutes):
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    assert answer(signed(key, moment=moment)) == (200, None)


def test_one_changed_byte_of_the_body_is_noticed(answer, key):
    req = signed(key, request(b'{"maxResults":1}'))
    req.data = b'{"maxResults":2}'
    assert answer(req) == (403, "InvalidSignatureException")


def test_another_target_than_the_signed_one_is_noticed(answer, key):
    req = signed(key)
    req.headers.replace_header("X-Amz-Target", "AmazonPersonalize.ListSchemas")
    assert answer(req) == (403, "InvalidSignatureException")


def test_another_host_than_the_signed_one_is_noticed(answer, key):
    req = signed(key, request(Host="elsewhere.test"))
    req.headers.replace_header("Host", "personalize.test:8000")
    assert answer(req) == (403, "InvalidSignatureException")


def test_a_wrong_secret_is_noticed(answer, key):
    assert answer(signed((key[0], "another secret"))) == (403, "InvalidSignatureException")


def test_the_digest_of_the_body_may_be_named(answer, key):
    assert answer(signed(key, request(X_Amz_Content_SHA256=hashlib.sha256(b"{}").hexdigest()))) == (200, None)


def test_another_digest_than_the_bodys_is_noticed(answer, key):
    req = request(X_Amz_Content_SHA256=hashlib.sha256(b"other").hexdigest())
    assert answer(signed(key, req)) == (403, "InvalidSignatureException")


def test_an_unsigned_payload_needs_tls(answer, key):
    assert answer(signed(key, request(X_Amz_Content_SHA256="UNSIGNED-PAYLOAD"))) == (403, "InvalidSignatureException")


def test_a_region_outside_the_allowed_ones_is_refused(answer, key, settings):
    settings.ALLOWED_REGIONS = ["eu-west-1"]
    assert answer(signed(key)) == (403, "InvalidClientTokenId")
    assert answer(signed(key, region="eu-west-1")) == (200, None)


def test_an_old_request_of_an_unknown_key_is_told_of_the_key(answer, db):
    moment = datetime.now(UTC) - timedelta(days=1)
    unknown = (AccessKey(key_id="PWKAUNKNOWN"), "secret")
    assert answer(signed(unknown, moment=moment)) == (403, "InvalidClientTokenId")


def test_a_path_prefix_and_odd_characters_are_signed_as_sent(answer, key):
    assert answer(signed(key, request(path="/base/path%20with~blank/"))) == (200, None)
    assert answer(signed(key, request(path="/base?b=2&a=1"))) == (200, None)


def test_the_date_header_serves_where_there_is_no_other(answer, key):
    moment = datetime.now(UTC)
    signer = Signer(Credentials(key[0].key_id, key[1]), moment=moment)
    req = request(Date=moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    req.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    canonical = signer.canonical_request(req)
    signer._inject_signature_to_request(req, signer.signature(signer.string_to_sign(req, canonical), req))
    assert answer(req) == (200, None)


def presigned(key, expires=60):
    req = AWSRequest(
        "POST",
        "http://personalize.test:8000/",
        headers={"Host": "personalize.test:8000", "Content-Type": JSON, "X-Amz-Target": TARGET},
    )
    SigV4QueryAuth(Credentials(key[0].key_id, key[1]), "personalize", "us-east-1", expires=expires).add_auth(req)
    return req


def test_a_presigned_request_is_let_in(answer, key):
    assert answer(presigned(key)) == (200, None)


def test_a_presigned_request_is_good_for_a_week_at_most(answer, key):
    assert answer(presigned(key, expires=7 * 24 * 3600 + 1)) == (400, "IncompleteSignature")


def test_a_presigned_request_of_another_secret_is_noticed(answer, key):
    assert answer(presigned((key[0], "another secret"))) == (403, "InvalidSignatureException")


def test_a_presigned_request_expires(answer, key, monkeypatch):
    from apps.aws_api import authentication

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=61)

    req = presigned(key)
    monkeypatch.setattr(authentication, "datetime", Later)
    assert answer(req) == (400, "RequestExpired")


def test_the_last_use_of_a_key_is_noted_once_a_minute(answer, key, django_assert_num_queries):
    assert answer(signed(key)) == (200, None)
    noted = AccessKey.objects.get().last_used_at
    assert noted is not None
    assert answer(signed(key)) == (200, None)
    assert AccessKey.objects.get().last_used_at == noted
