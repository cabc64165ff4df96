"""FormPage, ConfirmPage and DeletePage: what changes something, once, with its errors beside the fields."""

import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.ui import code, meanwhile, once
from apps.ui.flashes import flash
from apps.ui.forms import OperationForm
from apps.ui.views.base import ConsolePage
from personalize_web.operations import ServiceError
from personalize_web.operations.errors import AccessDeniedException, ResourceNotFoundException


class FormPage(ConsolePage):
    """A form whose fields are the operation's arguments. Declare operation, form_class, submit; give success_url().

    templates/pages/form.html draws every field in one card; a template of your own extends it and fills block fields.
    """

    template_name = "pages/form.html"
    form_class: type[OperationForm] = OperationForm
    submit = "Create"
    card_title = ""
    noun = ""
    cancel = ""
    """Route of Cancel; default: the last of the crumbs."""

    form: OperationForm

    def initial(self) -> dict[str, Any]:
        """What the form begins with; query parameters named as fields win over it."""
        return {}

    def arguments(self) -> dict[str, Any]:
        """What the operation is called with: the form's, and what the page adds (the group's ARN)."""
        return self.form.arguments()

    def blocked(self) -> str:
        """Why the form cannot be sent now (V-READY); empty when it can."""
        operation = type(self).operation
        return self.denied(operation) if operation is not None else ""

    def success_url(self, answer: Any) -> str:
        """Where one goes when it worked."""
        raise NotImplementedError

    def success(self, answer: Any) -> None:
        """The flash on the page one goes to."""
        name = self.form.cleaned_data.get("name", "")
        flash(self.request, "in-progress", f"Creating {self.noun or 'resource'} {name}…")

    def about(self) -> dict[str, Any]:
        """What the form may know of the page."""
        return {"group": self.group} if "dsg" in self.kwargs else {}

    def edited(self) -> tuple[str, Any] | None:
        """The ARN of what the form changes, and what of it stands now; None where the form makes something new."""
        return None

    def make_form(self, data: Any = None) -> OperationForm:
        initial = self.initial()
        if data is None:
            known = self.form_class.base_fields
            initial |= {name: value for name, value in self.request.GET.items() if name in known}
        return self.form_class(
            data, self.request.FILES or None, caller=self.caller, about=self.about(), initial=initial
        )

    def perform(self) -> Any:
        """Call the operation; override where one form makes several things."""
        operation = type(self).operation
        assert operation is not None, "name the operation"
        return operation(self.caller, **self.arguments())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = self.make_form()
        return self.render()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = self.make_form(request.POST)
        if "_code" in request.POST:
            return self._code()
        if "_validate" in request.POST:
            return self._validate(request.POST["_validate"])
        if not self.form.is_valid():
            return self.render(status=422)
        claim = once.claim(request)
        if not claim.mine:
            return self.redirect(claim.address or self.cancel_url())
        if changed := meanwhile.changed(self.caller, self.edited(), request.POST):
            claim.release()
            return self.render(status=409, changed=changed, standing=changed["standing"])
        try:
            answer = self.perform()
        except (AccessDeniedException, ResourceNotFoundException) as error:
            claim.release()
            if error.field is None:
                raise
            self.form.place(error)
            return self.render(status=422)
        except ServiceError as error:
            claim.release()
            self.form.place(error)
            return self.render(status=422)
        except BaseException:
            claim.release()
            raise
        address = self.success_url(answer)
        self.success(answer)
        claim.done(address)
        return self.redirect(address)

    def cancel_url(self) -> str:
        route = self.cancel or (self.crumbs[-1][1] if self.crumbs else "")
        return self._try(route) or "/console/"

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "form": self.form,
            "token": uuid.uuid4().hex,
            "standing": self.request.POST.get(meanwhile.FIELD) or meanwhile.mark(self.edited()),
            "submit": self.submit,
            "submit_disabled": self.blocked(),
            "cancel_href": self.cancel_url(),
            "card_title": self.card_title or f"{self.noun.capitalize()} details" if self.noun else self.card_title,
            "code": type(self).operation is not None,
        }

    def code_calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What View as code shows: (operation, arguments), from what the form holds now, valid or not."""
        operation = type(self).operation
        self.form.is_valid()
        return [(operation.__name__, self.arguments())] if operation is not None else []

    def _validate(self, name: str) -> HttpResponse:
        """One field as it stands, with its error or its constraint."""
        self.form.is_valid()
        if name not in self.form.fields:
            return HttpResponse(status=204)
        return render(self.request, "components/form_field.html", {"field": self.form[name]})

    def _code(self) -> HttpResponse:
        tabs = code.tabs(
            self.code_calls(), region=self.caller.region, endpoint=self.request.build_absolute_uri("/")[:-1]
        )
        return render(self.request, "components/code_dialog.html", {"tabs": tabs})


class ConfirmPage(ConsolePage):
    """A simple question before something that can be undone: stop, start, deactivate. GET asks, POST does.

    Declare operation, title, text, verb; give arguments() and success_url().
    """

    template_name = "pages/confirm.html"
    text = ""
    verb = "Confirm"

    def arguments(self) -> dict[str, Any]:
        raise NotImplementedError

    def success_url(self) -> str:
        raise NotImplementedError

    def done(self) -> tuple[str, str]:
        """Kind and words of the flash."""
        return "in-progress", f"{self.verb} requested."

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        template = "components/confirm_modal.html" if request.htmx.target == "modal" else ""
        return self.render(template=template)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        claim = once.claim(request)
        if claim.mine:
            try:
                self.perform()
            except ServiceError as error:
                claim.release()
                flash(request, "error", f"{self.verb} was refused.", error.message)
            else:
                flash(request, *self.done())
                claim.done(self.success_url())
        return self.redirect(self.success_url())

    def perform(self) -> None:
        operation = type(self).operation
        assert operation is not None, "name the operation"
        operation(self.caller, **self.arguments())

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "text": self.text,
            "verb": self.verb,
            "token": uuid.uuid4().hex,
            "action": self.request.path,
            "cancel_href": self.success_url(),
        }


class DeletePage(ConsolePage):
    """Delete with confirmation by typing; as a dialog over the page, or as a page of its own.

    Declare operation, noun and the argument that names the resource; give names() (or ?selected=), arn_of(name) and
    success_url().
    """

    template_name = "pages/delete.html"
    noun = "resource"
    argument = ""
    """The operation's argument that takes the ARN, such as "campaign_arn"."""
    typing = True

    def names(self) -> Sequence[str]:
        """What is deleted; by default what was selected in a list."""
        source = self.request.POST if self.request.method == "POST" else self.request.GET
        return source.getlist("selected")

    def arn_of(self, name: str) -> str:
        raise NotImplementedError

    def consequences(self) -> Sequence[str]:
        """What stops working."""
        return ()

    def blockers(self) -> Sequence[Mapping[str, str]]:
        """What forbids it: {text, href}."""
        return ()

    def success_url(self) -> str:
        raise NotImplementedError

    def get_title(self) -> str:
        return self.title or f"Delete {self.noun}"

    @cached_property
    def phrase(self) -> str:
        names = self.names()
        return "" if not self.typing else (names[0] if len(names) == 1 else "delete")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._draw()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.phrase and request.POST.get("confirmation") != self.phrase:
            return self._draw(error=f"Type {self.phrase} to confirm.", status=422)
        claim = once.claim(request)
        if claim.mine:
            for name in self.names():
                self._delete(name)
            claim.done(self.success_url())
        return self.redirect(self.success_url())

    def perform(self, name: str) -> None:
        operation = type(self).operation
        assert operation is not None, "name the operation"
        operation(self.caller, **{self.argument: self.arn_of(name)})

    def _delete(self, name: str) -> None:
        try:
            self.perform(name)
        except ServiceError as error:
            flash(self.request, "error", f"{self.noun.capitalize()} {name} was not deleted.", error.message)
        else:
            flash(self.request, "in-progress", f"Deleting {self.noun} {name}…")

    def _draw(self, error: str = "", status: int = 200) -> HttpResponse:
        names = self.names()
        more = {
            "kind": self.noun,
            "names": names,
            "selected": names if "selected" in self.request.GET or "selected" in self.request.POST else [],
            "consequences": self.consequences(),
            "blockers": self.blockers(),
            "phrase": self.phrase,
            "token": uuid.uuid4().hex,
            "action": self.request.path,
            "error": error,
            "cancel_href": self.success_url(),
        }
        modal = self.request.htmx.target == "modal"
        return self.render(template="components/delete_modal.html" if modal else "", status=status, **more)
