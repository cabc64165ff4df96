"""A signed request to its Caller."""

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication

from apps.accounts import callers
from apps.aws_api import access_keys, parsers, signature
from apps.aws_api.errors import InvalidClientTokenId, InvalidSignatureException, RequestExpired
from personalize_web.operations import Caller

CLOCK = timedelta(minutes=15)


class SignatureAuthentication(BaseAuthentication):
    """REST framework's socket for :func:`sign_in`."""

    def authenticate(self, request):
        caller = sign_in(request._request)
        return caller, None


def sign_in(request: HttpRequest) -> Caller:
    """Who signed the request. The checks stand in the order in which a client is told of them."""
    environ = request.META
    claim = signature.claim(environ)
    body = parsers.body(request)
    known = access_keys.find(claim.key_id)
    if known is None:
        raise InvalidClientTokenId("The access key is unknown, disabled or expired.")
    if claim.token is not None:
        raise InvalidClientTokenId("The access key takes no security token.")
    _check_clock(claim)
    computed = signature.expected(
        claim,
        known.secret,
        method=request.method or "POST",
        path=path_as_sent(request),
        body=body,
        environ=environ,
        secure=request.is_secure(),
    )
    if not hmac.compare_digest(computed.encode(), claim.signature.encode()):
        raise InvalidSignatureException(
            "The request signature we calculated does not match the signature you provided. "
            "Check your secret access key and signing method."
        )
    if settings.ALLOWED_REGIONS and claim.region not in settings.ALLOWED_REGIONS:
        raise InvalidClientTokenId("The access key is not valid in this region.")
    ip = environ.get("REMOTE_ADDR")
    access_keys.note_use(known, ip)
    return callers.of_access_key(
        known.key,
        region=claim.region,
        request_id=request.request_id,
        ip=ip,
        user_agent=environ.get("HTTP_USER_AGENT", "")[:512],
    )


def path_as_sent(request: HttpRequest) -> str:
    """The path as it stands in the request line, before anything was decoded, as far as the server tells us."""
    environ = request.META
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw and raw.startswith("/"):
        return raw.partition("?")[0]
    decoded = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "/")
    return quote(decoded.encode("latin-1"), safe="/~!$&'()*+,;=:@-._")


def _check_clock(claim: signature.Claim) -> None:
    now = datetime.now(UTC)
    until = claim.moment + (CLOCK if claim.expires is None else timedelta(seconds=claim.expires))
    if not claim.moment - CLOCK <= now <= until:
        raise RequestExpired(f"The request was signed at {claim.stamp}; it is now {now.strftime('%Y%m%dT%H%M%SZ')}.")
