"""AWS Signature Version 4 from the server's side: what a request claims, and what its signature must be."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from botocore.utils import normalize_url_path

from apps.aws_api.errors import IncompleteSignature, InvalidSignatureException, MissingAuthenticationToken

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "personalize"
UNSIGNED = "UNSIGNED-PAYLOAD"
LONGEST_PRESIGNED = 7 * 24 * 3600
REGION = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True)
class Claim:
    """What a request says about its signature."""

    key_id: str
    region: str
    moment: datetime
    signed_headers: tuple[str, ...]
    signature: str
    token: str | None
    expires: int | None
    """Seconds a presigned request is good for; None when the signature stands in the header."""

    @property
    def stamp(self) -> str:
        return _stamp(self.moment)


@lru_cache(maxsize=1024)
def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def claim(environ: Mapping[str, str]) -> Claim:
    """The claim of a request. Raises MissingAuthenticationToken, IncompleteSignature."""
    header = environ.get("HTTP_AUTHORIZATION")
    if header is not None:
        return _from_header(header.strip(), environ)
    query = environ.get("QUERY_STRING", "")
    if "X-Amz-Signature=" in query or "X-Amz-Algorithm=" in query:
        return _from_query(dict(parse_qsl(query, keep_blank_values=True)), environ)
    raise MissingAuthenticationToken("The request is not signed: it has no Authorization header.")


def expected(
    claim: Claim, secret: str, *, method: str, path: str, body: bytes, environ: Mapping[str, str], secure: bool
) -> str:
    """The signature, in hexadecimal digits, that ``secret`` gives this request.

    Raises InvalidSignatureException when the request names another body than it has.
    """
    lines = [
        method,
        quote(normalize_url_path(path), safe="/~"),
        _canonical_query(environ.get("QUERY_STRING", "")),
        *(f"{name}:{' '.join(_header(name, environ).split())}" for name in claim.signed_headers),
        "",
        ";".join(claim.signed_headers),
        _payload(body, environ, secure),
    ]
    canonical = hashlib.sha256("\n".join(lines).encode("latin-1", "replace")).hexdigest()
    date = claim.stamp[:8]
    text = "\n".join((ALGORITHM, claim.stamp, f"{date}/{claim.region}/{SERVICE}/aws4_request", canonical))
    return hmac.new(signing_key(secret, date, claim.region), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=512)
def signing_key(secret: str, date: str, region: str) -> bytes:
    """The key of one day and region; kept, as four of the five hashes of a signature are spent on it."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _from_header(header: str, environ: Mapping[str, str]) -> Claim:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise IncompleteSignature(f"The Authorization header must begin with {ALGORITHM}.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    return _claim(
        credential=parts.get("Credential", ""),
        signed=parts.get("SignedHeaders", ""),
        signature=parts.get("Signature", ""),
        moment=_moment(environ.get("HTTP_X_AMZ_DATE"), environ.get("HTTP_DATE")),
        token=environ.get("HTTP_X_AMZ_SECURITY_TOKEN"),
        expires=None,
        environ=environ,
    )


def _from_query(query: Mapping[str, str], environ: Mapping[str, str]) -> Claim:
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise IncompleteSignature(f"X-Amz-Algorithm must be {ALGORITHM}.")
    expires = query.get("X-Amz-Expires", "")
    if not expires.isdecimal() or not 1 <= int(expires) <= LONGEST_PRESIGNED:
        raise IncompleteSignature(f"X-Amz-Expires must be a number of seconds from 1 to {LONGEST_PRESIGNED}.")
    return _claim(
        credential=query.get("X-Amz-Credential", ""),
        signed=query.get("X-Amz-SignedHeaders", ""),
        signature=query.get("X-Amz-Signature", ""),
        moment=_moment(query.get("X-Amz-Date"), None),
        token=query.get("X-Amz-Security-Token"),
        expires=int(expires),
        environ=environ,
    )


def _claim(
    *,
    credential: str,
    signed: str,
    signature: str,
    moment: datetime,
    token: str | None,
    expires: int | None,
    environ: Mapping[str, str],
) -> Claim:
    scope = credential.split("/")
    if len(scope) != 5 or not all(scope):
        raise IncompleteSignature("Credential must have five parts: key/date/region/service/aws4_request.")
    key_id, date, region, service, end = scope
    if end != "aws4_request" or service != SERVICE or not REGION.fullmatch(region):
        raise IncompleteSignature(f"The credential scope must be date/region/{SERVICE}/aws4_request.")
    if date != _stamp(moment)[:8]:
        raise IncompleteSignature("The date of the credential scope is not the date of the request.")
    if not signature:
        raise IncompleteSignature("The signature is missing.")
    names = tuple(signed.lower().split(";")) if signed else ()
    _check_signed(names, environ, presigned=expires is not None)
    return Claim(key_id, region, moment, names, signature, token, expires)


def _check_signed(names: tuple[str, ...], environ: Mapping[str, str], *, presigned: bool) -> None:
    if "host" not in names:
        raise IncompleteSignature("The signed headers must contain host.")
    if not presigned and "x-amz-date" not in names and "date" not in names:
        raise IncompleteSignature("The signed headers must contain a date.")
    sent = (name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_X_AMZ_"))
    if missing := sorted(set(sent) - set(names)):
        raise IncompleteSignature(f"The signed headers must contain {', '.join(missing)}.")


def _moment(stamp: str | None, date: str | None) -> datetime:
    try:
        if stamp is not None:
            return _read_stamp(stamp)
        if date is not None:
            return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError as error:
        raise IncompleteSignature("The date of the request must be written YYYYMMDDTHHMMSSZ.") from error
    raise IncompleteSignature("The request has no X-Amz-Date.")


@lru_cache(maxsize=1024)
def _read_stamp(stamp: str) -> datetime:
    """Read once: many requests are signed in the same second."""
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _canonical_query(query: str) -> str:
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, value in pairs if name != "X-Amz-Signature")


def _header(name: str, environ: Mapping[str, str]) -> str:
    variable = name.upper().replace("-", "_")
    if variable in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return environ.get(variable, "")
    return environ.get(f"HTTP_{variable}", "")


def _payload(body: bytes, environ: Mapping[str, str], secure: bool) -> str:
    digest = hashlib.sha256(body).hexdigest()
    named = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    if named is None or hmac.compare_digest(named.lower(), digest):
        return named or digest
    if named == UNSIGNED and secure:
        return UNSIGNED
    raise InvalidSignatureException("X-Amz-Content-SHA256 is not the digest of the body.")
