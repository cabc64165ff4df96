"""A new filter: one expression as rows or as text, checked while it is made."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.filters import builder as builders
from apps.filters.forms import FilterForm
from apps.filters.sharing import FilterPage, about
from apps.ui import expressions, training_columns
from apps.ui.forms import OperationForm
from apps.ui.pages import FormPage
from personalize_web import operations


class CreateFilter(FilterPage, FormPage):
    """F27: a name, and an expression as rows or as text."""

    operation, form_class = operations.create_filter, FilterForm
    template_name = "filters/create.html"
    title, noun, submit, cancel, info = "Create filter", "filter", "Finish", "filters:list", "filters"
    description = "A filter can't be changed afterwards; copy it to make another."
    view = "build"
    unreadable: Mapping[str, Any] | None = None
    """Why a text could not be shown as rows."""

    @cached_property
    def columns(self) -> builders.Columns:
        """What can be filtered by."""
        return builders.read_columns(self.caller, self.group["datasetGroupArn"], training_columns.fields)

    @cached_property
    def rows(self) -> builders.Builder:
        """The builder as it stands."""
        if self.request.method == "POST":
            return builders.posted(self.request.POST, self.columns)
        return builders.Builder()

    def about(self) -> dict[str, Any]:
        """Where the text is checked."""
        return super().about() | {"address": self.request.path}

    def make_form(self, data: Any = None) -> OperationForm:
        """In the builder's view the expression is what the rows say."""
        if data is not None:
            self.view = "text" if data.get("view") == "text" else "build"
            if self.view == "build":
                data = data.copy()
                data["filter_expression"] = builders.written(self.rows, self.columns)
        return super().make_form(data)

    def initial(self) -> dict[str, Any]:
        """A copy of another filter, where the address names one."""
        source = self.request.GET.get("copy")
        if not source or self.request.method == "POST":
            return {}
        found = self.named(source)
        text, checked = found["filterExpression"], found["checked"]
        if checked["problem"] is None:
            self.rows = builders.from_expressions(checked["expressions"], self.columns)
        else:
            self.view = "text"
        return {"name": f"{source[:58]}-copy", "filter_expression": text}

    def arguments(self) -> dict[str, Any]:
        """For this group."""
        given = self.form.arguments() if self.form.is_valid() else {"name": self.form["name"].value()}
        return given | {"dataset_group_arn": self.group["datasetGroupArn"]}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A button of the builder, a look at the expression, or the whole form."""
        if "_check" in request.POST:
            self.form = self.make_form(request.POST)
            return render(request, "filters/_check.html", {"check": self.check(self._text())})
        if "_do" in request.POST:
            return self._edit(request.POST["_do"])
        return super().post(request, *args, **kwargs)

    def _edit(self, what: str) -> HttpResponse:
        """The same form with the rows changed, or in the other view; nothing is judged yet."""
        self.form = self.make_form(self.request.POST)
        text = self._text()
        if what == "text":
            self.view = "text"
            text = "" if builders.MISSING in text else text
        elif what == "build" and self.view == "text":
            self._show_rows(text)
        else:
            self.rows = builders.edited(self.rows, what, self.columns)
            text = builders.written(self.rows, self.columns)
        kept = FilterForm(caller=self.caller, about=self.about()).kept(self.request.POST)
        self.form = FilterForm(caller=self.caller, about=self.about(), initial=kept | {"filter_expression": text})
        return self.render(template="filters/_expression.html" if self.is_fragment else "")

    def _show_rows(self, text: str) -> None:
        if text.strip():
            checked = self._checked(text)
            if checked["problem"]:
                self.unreadable = checked["problem"]
                return
            self.rows = builders.from_expressions(checked["expressions"], self.columns)
        else:
            self.rows = builders.Builder()
        self.view = "build"

    def _text(self) -> str:
        return str(self.form["filter_expression"].value() or "")

    def _checked(self, text: str) -> dict[str, Any]:
        arn = self.group["datasetGroupArn"]
        return operations.check_filter_expression(self.caller, dataset_group_arn=arn, filter_expression=text)

    def check(self, text: str) -> dict[str, Any]:
        """What _check.html draws: the expression in colours, what is wrong and where, or what it asks for."""
        if not text.strip() or builders.MISSING in text:
            return {"text": expressions.painted(text), "open": True, "view": self.view}
        return {"text": expressions.painted(text), "plain": text, "view": self.view} | about(self._checked(text), text)

    def context(self) -> dict[str, Any]:
        """Both views of the expression."""
        rows, columns = self.rows, self.columns
        text = builders.written(rows, columns) if self.view == "build" else self._text()
        return super().context() | {
            "view": self.view,
            "builder": rows,
            "blocks": [self._block(at, block) for at, block in enumerate(rows.blocks)],
            "targets": tuple(builders.TARGETS),
            "modes": builders.MODES,
            "more_blocks": len(rows.blocks) < builders.MOST_BLOCKS,
            "check": self.check(text),
            "unreadable": self.unreadable,
            "address": self.request.path,
            "event_types": self._event_types(),
        }

    def _block(self, at: int, block: builders.Block) -> dict[str, Any]:
        """A block with what each of its rows offers."""
        datasets = builders.TARGETS[self.rows.target]
        first = block.rows[0].field.partition(".")[0]
        chosen = (first,) if first in datasets else datasets
        known = set(self.columns.kinds)
        drawn = []
        for number, row in enumerate(block.rows):
            offered = datasets if number == 0 else () if row.joiner == "IF" else chosen
            user = number > 0 and self.rows.target != "UserID"
            groups = [(name, self.columns.of(name)) for name in (*offered, *((builders.USER,) if user else ()))]
            drawn.append(
                {
                    "row": row,
                    "number": number,
                    "position": f"{at + 1}.{number + 1}",
                    "id": f"{at}-{number}",
                    "groups": [(name, properties) for name, properties in groups if properties],
                    "unknown": row.field and row.field not in known,
                    "operators": self.columns.operators(row),
                    "joiners": ("AND",) if number and block.rows[number - 1].of_user else ("AND", "OR", "IF"),
                    "events": self.columns.kinds.get(row.field) == "event",
                }
            )
        more = len(block.rows) < builders.MOST_ROWS
        return {"mode": block.mode, "rows": drawn, "number": at, "key": str(at), "more": more}

    def _event_types(self) -> list[str]:
        """Suggestions for values."""
        counts = operations.describe_readiness(self.caller, dataset_group_arn=self.group["datasetGroupArn"])
        return sorted(counts["eventTypes"], key=lambda name: -counts["eventTypes"][name])

    def success_url(self, answer: Any) -> str:
        """The page of the filter."""
        return self.url("filters:detail", filter=self.form.cleaned_data["name"])
