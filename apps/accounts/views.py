"""Signing in and out, and one's own account."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts import callers, lockout
from apps.accounts.forms import PasswordForm, PreferencesForm, SignInForm
from apps.accounts.models import Person
from apps.ui.pages import ConsolePage, flash
from personalize_web.operations import audit
from personalize_web.operations.errors import AccessDeniedException

KEEP_SECONDS = 14 * 86400
YEAR = 365 * 86400
WRONG = "E-mail or password is wrong."
LOCKED = "Too many wrong passwords. Try again in 15 minutes."


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class SignIn(View):
    """E-mail or name and password; the same answer whether the person exists or not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(self._next())
        return self._draw(SignInForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if not form.is_valid():
            return self._draw(form, status=422)
        name = form.cleaned_data["username"]
        if lockout.is_locked(name):
            form.add_error(None, LOCKED)
            return self._draw(form, status=429)
        person = authenticate(request, username=_username(name), password=form.cleaned_data["password"])
        if not isinstance(person, Person):
            locked = lockout.failed(name)
            _record_failure(request, name, locked)
            form.add_error(None, LOCKED if locked else WRONG)
            return self._draw(form, status=422)
        lockout.forget(name)
        login(request, person)
        request.session.set_expiry(KEEP_SECONDS if form.cleaned_data["keep"] else settings.SESSION_COOKIE_AGE)
        audit.record(callers.from_request(request), "ConsoleSignIn")
        response = HttpResponse(status=303, headers={"Location": self._next()})
        return remember(response, person.preferences)

    def _draw(self, form: SignInForm, status: int = 200) -> HttpResponse:
        context = {"title": "Sign in", "form": form, "next": self.request.GET.get("next", "")}
        return render(self.request, "accounts/sign_in.html", context, status=status)

    def _next(self) -> str:
        asked = self.request.POST.get("next") or self.request.GET.get("next") or ""
        safe = url_has_allowed_host_and_scheme(asked, {self.request.get_host()}, self.request.is_secure())
        return asked if safe else settings.LOGIN_REDIRECT_URL


class SignOut(View):
    """POST signs out; a GET only goes to where one signs in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(settings.LOGIN_URL)

    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        return HttpResponse(status=303, headers={"Location": settings.LOGIN_URL})


@method_decorator(sensitive_post_parameters("current", "new", "repeat"), name="dispatch")
class Account(ConsolePage):
    """Who one is, how the console looks, and the password."""

    title = "Account"
    template_name = "accounts/account.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._draw(self._preferences(), self._password())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("form") == "password":
            return self._change_password(request)
        form = self._preferences(request.POST)
        if not form.is_valid():
            return self._draw(form, self._password(), status=422)
        chosen = dict(form.cleaned_data) | {"page_size": int(form.cleaned_data["page_size"])}
        request.user.preferences = request.user.preferences | chosen
        request.user.save(update_fields=["preferences"])
        flash(request, "success", "Preferences saved.")
        return remember(self.redirect(request.path), request.user.preferences)

    def _change_password(self, request: HttpRequest) -> HttpResponse:
        form = self._password(request.POST)
        if not form.is_valid():
            return self._draw(self._preferences(), form, status=422)
        request.user.set_password(form.cleaned_data["new"])
        request.user.save(update_fields=["password"])
        update_session_auth_hash(request, request.user)
        audit.record(self.caller, "ConsoleChangePassword")
        flash(request, "success", "Password changed.", "Other sessions of yours were signed out.")
        return self.redirect(request.path)

    def _preferences(self, data: Any = None) -> PreferencesForm:
        return PreferencesForm(data, caller=self.caller, initial=self.request.user.preferences)

    def _password(self, data: Any = None) -> PasswordForm:
        return PasswordForm(data, caller=self.caller, about={"person": self.request.user})

    def _draw(self, preferences: PreferencesForm, password: PasswordForm, status: int = 200) -> HttpResponse:
        person = self.request.user
        pairs = [
            {"label": "Name", "value": person.get_full_name() or person.username},
            {"label": "Role", "value": person.get_role_display()},
            {"label": "Account id", "value": person.account, "copyable": True},
            {"label": "ARN", "value": person.arn, "copyable": True},
        ]
        return self.render(status=status, preferences=preferences, password=password, pairs=pairs)


def remember(response: HttpResponse, preferences: dict[str, Any]) -> HttpResponse:
    """Keep theme and density in the cookies that the next page is drawn by."""
    for name in ("theme", "density"):
        if name in preferences:
            response.set_cookie(name, preferences[name], max_age=YEAR, path="/console/", samesite="Lax")
    return response


def _username(name: str) -> str:
    """What somebody typed as the name they are known by: the e-mail address does as well."""
    found = Person.objects.filter(email__iexact=name).exclude(email="").values_list("username", flat=True)[:2]
    return found[0] if len(found) == 1 else name


def _record_failure(request: HttpRequest, name: str, locked: bool) -> None:
    """Wrong passwords are kept under the name that was tried, never with what was typed."""
    person = Person.objects.filter(username=_username(name)).first()
    if person is None:
        return
    about = {"request_id": getattr(request, "request_id", None), "ip": request.META.get("REMOTE_ADDR")}
    caller = callers.of_person(person, region=settings.REGION, **about)
    error = AccessDeniedException(LOCKED if locked else WRONG)
    audit.record(caller, "ConsoleSignIn", error=error)
