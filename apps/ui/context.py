"""What base.html needs on every page: the product, the person's choices, the account, the work that runs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.accounts import callers
from apps.ui import activity

THEMES = ("light", "dark", "system")


def console(request: HttpRequest) -> dict[str, Any]:
    """The context processor of the console; everything that costs a query is lazy."""
    person = getattr(request, "user", None)
    signed_in = bool(person and person.is_authenticated)
    theme = request.COOKIES.get("theme", "")
    return {
        "product_name": settings.CONSOLE_PRODUCT_NAME,
        "theme": theme if theme in ("light", "dark") else "",
        "density": "compact" if request.COOKIES.get("density") == "compact" else "",
        "nav_rail": request.COOKIES.get("nav") == "rail",
        "account_id": person.account if signed_in else settings.ACCOUNT_ID,
        "region": settings.REGION,
        "running_jobs": SimpleLazyObject(lambda: activity.running(callers.from_request(request)) if signed_in else 0),
        "search_url": "/console/search/",
        "request_id": getattr(request, "request_id", ""),
    }
