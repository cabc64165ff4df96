"""WizardPage: several forms in a row, kept in the session per tab, reviewed, then done at once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from apps.ui import code, once
from apps.ui.flashes import flash
from apps.ui.forms import OperationForm
from apps.ui.views.base import ConsolePage
from personalize_web.operations import ServiceError

KEPT = 8
"""How many unfinished wizards of a person stay in the session."""


@dataclass(frozen=True)
class Step:
    """One step; ``slug`` is the last part of its address. The step without a form is the review."""

    slug: str
    title: str
    form_class: type[OperationForm] | None = None
    template: str = ""
    optional: bool = False


class WizardPage(ConsolePage):
    """A wizard. Declare steps, operation, noun, submit and route (its URL name with <slug:step>); give success_url().

    The address is .../-new/<step>/?w=<id>; ``self.forms`` has the forms of all steps that were filled in.
    """

    template_name = "pages/wizard.html"
    steps: tuple[Step, ...] = ()
    submit = "Create"
    noun = ""
    route = ""
    cancel = ""

    form: OperationForm | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.step = next((step for step in self.all_steps() if step.slug == kwargs.get("step")), self.all_steps()[0])
        self.wizard = request.POST.get("_wizard") or request.GET.get("w") or uuid.uuid4().hex[:12]
        return super().dispatch(request, *args, **kwargs)

    def all_steps(self) -> tuple[Step, ...]:
        """The steps; override when they depend on earlier answers."""
        return self.steps

    @property
    def saved(self) -> dict[str, str]:
        """Step slug -> what was posted there."""
        return self.request.session.get("wizards", {}).get(self.wizard, {})

    def save(self, step: str, data: QueryDict) -> None:
        wizards = self.request.session.get("wizards", {})
        kept = {
            name: value for name, value in data.lists() if not name.startswith("_") and name != "csrfmiddlewaretoken"
        }
        posted = QueryDict(mutable=True)
        for name, values in kept.items():
            posted.setlist(name, values)
        own = wizards.pop(self.wizard, {}) | {step: posted.urlencode()}
        self.request.session["wizards"] = dict([*list(wizards.items())[-(KEPT - 1) :], (self.wizard, own)])

    def initial(self, step: Step) -> dict[str, Any]:
        """What a step's form begins with; query parameters named as fields win over it."""
        return {}

    def about(self) -> dict[str, Any]:
        """What the forms may know of the page."""
        return {"group": self.group} if "dsg" in self.kwargs else {}

    def make_form(self, step: Step, data: Any = None) -> OperationForm | None:
        if step.form_class is None:
            return None
        if data is None and step.slug in self.saved:
            saved = QueryDict(self.saved[step.slug])
            bound = step.form_class(saved, caller=self.caller, about=self.about() | {"forms": self.earlier(step)})
            bound.is_valid()
            return bound
        known = step.form_class.base_fields
        initial = self.initial(step) | {n: v for n, v in self.request.GET.items() if n in known}
        about = self.about() | {"forms": self.earlier(step)}
        return step.form_class(data, caller=self.caller, about=about, initial=initial)

    def earlier(self, step: Step) -> dict[str, OperationForm]:
        """The filled-in forms of the steps before ``step``, by slug."""
        found: dict[str, OperationForm] = {}
        for one in self.all_steps():
            if one.slug == step.slug:
                break
            if one.form_class is not None and one.slug in self.saved:
                about = self.about() | {"forms": dict(found)}
                form = one.form_class(QueryDict(self.saved[one.slug]), caller=self.caller, about=about)
                form.is_valid()
                found[one.slug] = form
        return found

    @property
    def forms(self) -> dict[str, OperationForm]:
        """Every filled-in form, by slug."""
        return self.earlier(Step("", ""))

    def address(self, step: Step) -> str:
        kwargs = {name: value for name, value in self.kwargs.items() if name not in ("dsg", "step")}
        return f"{self.url(self.route, **kwargs, step=step.slug)}?w={self.wizard}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        missing = self._first_missing()
        steps = self.all_steps()
        if missing is not None and steps.index(self.step) > steps.index(missing):
            return self.redirect(self.address(missing))
        self.form = self.make_form(self.step)
        return self.render()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "_code" in request.POST:
            return self._code()
        steps = self.all_steps()
        at = steps.index(self.step)
        if "_previous" in request.POST:
            if self.step.form_class is not None:
                self.save(self.step.slug, request.POST)
            return self.redirect(self.address(steps[max(0, at - 1)]))
        if self.step.form_class is not None:
            self.form = self.make_form(self.step, request.POST)
            self.save(self.step.slug, request.POST)
            if self.form is not None and (not self.form.is_valid() or not self.accepts(self.step)):
                return self.render(status=422)
        steps = self.all_steps()
        if at + 1 < len(steps):
            return self.redirect(self.address(steps[at + 1]))
        return self._finish()

    def accepts(self, step: Step) -> bool:
        """A check of a step with the server's help, once its form is valid; add errors to ``self.form``."""
        return True

    def arguments(self) -> dict[str, Any]:
        """All forms' arguments together, for the operation."""
        merged: dict[str, Any] = {}
        for form in self.forms.values():
            merged |= form.arguments()
        return merged

    def perform(self) -> Any:
        operation = type(self).operation
        assert operation is not None, "name the operation"
        return operation(self.caller, **self.arguments())

    def success_url(self, answer: Any) -> str:
        raise NotImplementedError

    def success(self, answer: Any) -> None:
        flash(self.request, "in-progress", f"Creating {self.noun or 'resource'}…")

    def review(self) -> list[Mapping[str, Any]]:
        """What the last step shows: {title, step, pairs}; pairs as components/key_value.html takes them."""
        shown = []
        for step in self.all_steps():
            form = self.forms.get(step.slug)
            if form is not None:
                pairs = [
                    {"label": field.label, "value": _words(form, field.name)} for field in form if not field.is_hidden
                ]
                shown.append({"title": step.title, "edit_href": self.address(step), "pairs": pairs})
        return shown

    def context(self) -> dict[str, Any]:
        steps = self.all_steps()
        at = steps.index(self.step)
        last = at == len(steps) - 1
        return super().context() | {
            "form": self.form,
            "step": self.step,
            "steps": [self._shown(step, index, at) for index, step in enumerate(steps)],
            "previous": steps[at - 1].slug if at else "",
            "submit": self.submit if last else "Next",
            "submit_disabled": self.blocked() if last else "",
            "code": last and type(self).operation is not None and self._first_missing() is None,
            "cancel_href": self._try(self.cancel or (self.crumbs[-1][1] if self.crumbs else "")) or "/console/",
            "wizard": self.wizard,
            "token": uuid.uuid4().hex,
            "review": self.review() if self.step.form_class is None else [],
            "step_template": self.step.template or "pages/_wizard_fields.html",
        }

    def code_calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What View as code of the last step shows: (operation, arguments) of every call."""
        operation = type(self).operation
        return [(operation.__name__, self.arguments())] if operation is not None else []

    def _code(self) -> HttpResponse:
        if self._first_missing() is not None:
            return HttpResponse(status=204)
        tabs = code.tabs(
            self.code_calls(), region=self.caller.region, endpoint=self.request.build_absolute_uri("/")[:-1]
        )
        return render(self.request, "components/code_dialog.html", {"tabs": tabs})

    def blocked(self) -> str:
        """Why the wizard cannot be finished now; empty when it can."""
        operation = type(self).operation
        return self.denied(operation) if operation is not None else ""

    def note(self, step: Step) -> str:
        """A few words under a step that was done, such as the name given there."""
        return ""

    def _shown(self, step: Step, index: int, at: int) -> dict[str, Any]:
        visited = step.slug in self.saved or index < at
        state = "now" if index == at else "done" if visited and index < at else "later"
        return {
            "title": step.title,
            "note": self.note(step),
            "state": state,
            "optional": step.optional,
            "href": self.address(step) if visited else "",
        }

    def _first_missing(self) -> Step | None:
        forms = self.forms
        for step in self.all_steps():
            if step.form_class is not None and (step.slug not in forms or not forms[step.slug].is_valid()):
                return step
        return None

    def _finish(self) -> HttpResponse:
        missing = self._first_missing()
        if missing is not None:
            return self.redirect(self.address(missing))
        claim = once.claim(self.request)
        if not claim.mine:
            return self.redirect(claim.address or "/console/")
        try:
            answer = self.perform()
        except ServiceError as error:
            claim.release()
            return self._refused_at(error)
        except BaseException:
            claim.release()
            raise
        address = self.success_url(answer)
        self.success(answer)
        claim.done(address)
        wizards = self.request.session.get("wizards", {})
        wizards.pop(self.wizard, None)
        self.request.session["wizards"] = wizards
        return self.redirect(address)

    def _refused_at(self, error: ServiceError) -> HttpResponse:
        """Back to the step whose field is at fault; errors of no field stand above the last step."""
        for step in self.all_steps():
            form = self.forms.get(step.slug)
            if form is not None and form.error_fields.get(error.field or "", error.field) in form.fields:
                self.step, self.form = step, form
                form.place(error)
                return self.render(status=422)
        return self.render(status=422, refused=error.message)


def _words(form: OperationForm, name: str) -> Any:
    """A field's answer as one reads it: labels of choices, Yes and No, tags as pairs."""
    value = form.cleaned_data.get(name) if hasattr(form, "cleaned_data") else None
    choices = dict(getattr(form.fields[name], "choices", []) or [])
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list | tuple):
        return ", ".join(
            f"{one['tagKey']}={one['tagValue']}" if isinstance(one, Mapping) else str(choices.get(one, one))
            for one in value
        )
    return choices.get(value, value)
