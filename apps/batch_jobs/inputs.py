"""The input of a batch job on its form: written out of the group's users or items, its first lines looked at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from apps.batch_jobs import samples
from apps.batch_jobs.forms import PLAIN
from apps.ui import formats
from apps.ui.forms import ChoiceField, IntegerField, OperationForm, RadioField, TextAreaField
from apps.ui.pages import ConsolePage
from personalize_web import operations
from personalize_web.operations import ServiceError

ALL, SAMPLE, NEWEST, GIVEN = "ALL", "SAMPLE", "NEWEST", "GIVEN"


class GenerateForm(OperationForm):
    """Which users or items the file is made of. ``about``: columns (of Items, with categories), made_of."""

    choice = RadioField(
        label="Which ones",
        initial=SAMPLE,
        columns="two",
        choices=[(ALL, "All"), (SAMPLE, "A random sample"), (NEWEST, "The newest"), (GIVEN, "These")],
        about={
            ALL: {"description": "Everyone, or everything, that the group's data know."},
            SAMPLE: {"description": "Drawn anew each time."},
            NEWEST: {"description": "Users who did something last, items created last."},
            GIVEN: {"description": "The ids that you enter."},
        },
    )
    number = IntegerField(label="How many", min_value=1, initial=100, required=False, unmarked=True)
    ids = TextAreaField(label="IDs", mono=True, required=False, unmarked=True, help_text="One on each line.")
    item_list = TextAreaField(
        label="Items to rank",
        mono=True,
        required=False,
        help_text="One on each line. Without any, the 50 items with the most interactions are ranked.",
    )
    column = ChoiceField(
        label="Column",
        required=False,
        unmarked=True,
        description="One line asks for the users of each of its commonest values.",
    )
    values = TextAreaField(
        label="Values of the filter's parameters",
        mono=True,
        required=False,
        help_text='One parameter on each line, such as GENRES = "comedy","drama". Every line of input gets them.',
    )
    error_fields = {"filter_values": "values", "location": "number"}
    prefix = "make"

    def prepare(self) -> None:
        columns = self.about["columns"]
        self.fields["column"].choices = [("", "Choose a column"), *((name, name) for name in columns)]
        if self.about["made_of"] == "queried":
            self.fields["choice"].required = False

    def clean_values(self) -> dict[str, str]:
        """Parameter -> its values as a request gives them."""
        found = {}
        for line in filter(None, map(str.strip, self.cleaned_data["values"].splitlines())):
            name, sign, value = line.partition("=")
            if not sign or not name.strip():
                self.add_error("values", f'There is no = in "{line[:60]}". Write NAME = value.')
            found[name.strip().removeprefix("$")] = value.strip()
        return found

    def arguments(self) -> dict[str, Any]:
        """As create_batch_input takes them."""
        data = self.cleaned_data
        return {
            "choice": data.get("choice") or ALL,
            "number": data.get("number"),
            "ids": _lines(data.get("ids", "")),
            "item_list": _lines(data.get("item_list", "")),
            "column": data.get("column") or None,
            "filter_values": data.get("values") or {},
        }


def solution_of(page: ConsolePage, data: Mapping[str, Any], *, segments: bool) -> Mapping[str, Any] | None:
    """The chosen solution among the form's choices."""
    group = page.group["datasetGroupArn"]
    choices = operations.describe_batch_choices(page.caller, dataset_group_arn=group, segments=segments)
    found = (each for each in choices["solutions"] if each["solutionArn"] == data.get("solution"))
    return next(found, None)


def generate(page: Any, data: Mapping[str, Any]) -> tuple[GenerateForm, Mapping[str, Any] | None]:
    """The form of what was posted, and what was written; None where the form has errors."""
    solution = solution_of(page, data, segments=page.segments)
    form = empty(page, solution, data)
    if not form.is_valid():
        return form, None
    version = data.get("solution_version_arn", "")
    if solution is None or not version:
        form.add_error(None, "Choose a solution and its version first: they say what a line looks like.")
        return form, None
    place = f"{folder(page)}input-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.jsonl"
    try:
        made = operations.create_batch_input(
            page.caller,
            solution_version_arn=version,
            location=place,
            batch_inference_job_mode=data.get("mode") or PLAIN,
            **form.arguments(),
        )
    except ServiceError as error:
        form.place(error)
        return form, None
    return form, made


def empty(page: ConsolePage, solution: Mapping[str, Any] | None, data: Mapping[str, Any] | None = None) -> GenerateForm:
    """The form, bound where there are data."""
    group = page.group["datasetGroupArn"]
    columns = operations.describe_batch_choices(page.caller, dataset_group_arn=group)["itemCategories"]
    about = {"columns": columns, "made_of": samples.made_of(solution) if solution else ""}
    return GenerateForm(data, caller=page.caller, about=about)


def box(page: ConsolePage, form: GenerateForm, made: Mapping[str, Any] | None) -> dict[str, Any]:
    """What batch_jobs/_generate.html draws."""
    shown = None
    if made:
        shown = {
            "location": made["location"],
            "text": f"{formats.number(made['lines'])} lines, {formats.size(made['bytes'])}",
            "url": f"{reverse('storage:preview')}?{urlencode({'path': made['location']})}",
        }
    return {"make": form, "made": shown, "generate_url": generate_url(page), "made_of": form.about["made_of"]}


def generate_url(page: Any) -> str:
    """Where a file is asked for."""
    return page.url(f"batch_jobs:{page.word}_generate")


def folder(page: ConsolePage) -> str:
    """Where generated files lie."""
    return f"s3://{settings.UPLOAD_BUCKET}/{page.group['name']}/batch/"


def checked(page: ConsolePage, data: Mapping[str, Any]) -> dict[str, Any]:
    """What batch_jobs/_check.html draws: nothing before there are both a place and a version."""
    location, version = data.get("source", "").strip(), data.get("solution_version_arn", "")
    if not location or not version:
        return {"waiting": bool(location)}
    try:
        found = operations.check_batch_input(
            page.caller,
            solution_version_arn=version,
            location=location,
            filter_arn=data.get("filter") or None,
            batch_inference_job_mode=data.get("mode") or PLAIN,
        )
    except ServiceError as error:
        return {"error": error.message}
    return {"check": found | {"words": _words(found), "several": found["files"] > 1}}


def _words(found: Mapping[str, Any]) -> str:
    """What was looked at."""
    many = formats.number(found["lines"])
    what = f"All {many} lines" if found["complete"] else f"The first {many} lines"
    files = f"{formats.number(found['files'])} files" if found["files"] > 1 else "1 file"
    return f"{what} of {files}, {formats.size(found['bytes'])}."


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
