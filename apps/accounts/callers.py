"""From a session or an access key to the Caller that operations know."""

from django.conf import settings
from django.http import HttpRequest

from apps.accounts.models import AccessKey, Person
from personalize_web.operations import Caller


def of_person(person: Person, *, region: str, source: str = "console", **about: str | None) -> Caller:
    """The caller a signed-in person is."""
    return Caller(
        account=person.account,
        region=region,
        role=person.role,
        name=person.username,
        arn=person.arn,
        source=source,
        **about,
    )


def of_access_key(key: AccessKey, *, region: str, **about: str | None) -> Caller:
    """The caller an access key is: its owner's role, narrowed by the key's scope."""
    return of_person(key.owner, region=region, source="api", key_id=key.key_id, scope=key.scope, **about)


def from_request(request: HttpRequest) -> Caller:
    """The caller behind a console request; the session's region, else the instance's."""
    return of_person(
        request.user,
        region=request.session.get("region", settings.REGION),
        request_id=getattr(request, "request_id", None),
        ip=request.META.get("REMOTE_ADDR"),
        user_agent=request.headers.get("User-Agent", "")[:512],
    )
