"""The page that shows every component in every state; pages are put together from these and nothing else."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.ui import cells, code, tables
from apps.ui.flashes import flash
from apps.ui.forms import (
    CheckField,
    ChoiceField,
    CodeField,
    IntegerField,
    KeyField,
    LocationField,
    MultipleField,
    NameField,
    OperationForm,
    RadioField,
    TagsField,
    TextField,
    TileField,
)
from apps.ui.gallery_samples import DELETE, FIGURE, FILTERS, LOG, PLAN, ROW_ACTIONS, SCHEMA
from apps.ui.tables import Column
from apps.ui.views.base import ConsolePage
from personalize_web.operations.errors import AccessDeniedException

COLUMNS = (
    Column("name", "Name", cells.href(lambda row: "#filters"), sortable=True),
    Column("expression", "Expression", cells.mono("expression"), css="cell-truncate secondary"),
    Column("status", "Status", cells.status()),
    Column("uses", "Used by", align="end"),
)
SERIES = tuple(f"s{number}" for number in range(1, 9))
INKS = ("text", "text-secondary", "text-muted", "primary", "success", "warning", "error", "border-control")
GROUNDS = ("bg-page", "bg-container", "bg-sunken", "bg-hover", "bg-selected", "success-bg", "warning-bg", "error-bg")


class InputsForm(OperationForm):
    name = NameField(label="Campaign name")
    wrong = NameField(label="Name with error", narrow=False)
    solution = ChoiceField(label="Solution", choices=[("a", "cinema-for-you"), ("b", "cinema-related")], info="scores")
    tps = IntegerField(label="Minimum provisioned TPS", min_value=1, max_value=500, suffix="requests/s")
    key = KeyField(label="Key ARN")
    fixed = TextField(label="Read only", required=False, unmarked=True)
    columns = MultipleField(label="Columns", choices=[("GENRES", "GENRES"), ("YEAR", "YEAR"), ("TITLE", "TITLE")])
    latest = CheckField(label="Use the latest version", description="Follows each automatic training.")
    mode = RadioField(
        label="Import mode", choices=[("FULL", "Replace existing data"), ("INCREMENTAL", "Add to existing data")]
    )
    training = CheckField(label="Automatic training", toggle=True)

    def prepare(self) -> None:
        self.fields["fixed"].widget.attrs["readonly"] = True


class TilesForm(OperationForm):
    recipe = TileField(
        label="Recipe",
        choices=[(name, name) for name in ("aws-user-personalization-v2", "aws-similar-items", "aws-next-best-action")],
        about={
            "aws-user-personalization-v2": {
                "description": "Personal lists, learns from events within seconds, large catalogues.",
                "badge": "Recommended",
                "chips": ["Real-time", "Exploration", "Context", "Promotions"],
            },
            "aws-similar-items": {"description": "What goes with one item, from events and metadata."},
            "aws-next-best-action": {"disabled_reason": "Needs an actions dataset."},
        },
    )
    method = TileField(
        label="Import method",
        choices=[("direct", "Import directly"), ("prepare", "Prepare data first")],
        columns="two",
        about={
            "direct": {"description": "The file already matches."},
            "prepare": {"description": "Map, convert and clean."},
        },
    )


class OtherForm(OperationForm):
    location = LocationField(
        label="Data location", description="One CSV file, or a folder ending in / whose files are all read."
    )
    schema = CodeField(label="Schema definition", language="json", short=True)
    tags = TagsField()


class GalleryPage(ConsolePage):
    """Every component."""

    title = "Components"
    description = "Every partial in every state. Pages are put together from these and nothing else."
    section = "components"
    crumbs = (("Administration", ""),)
    template_name = "pages/gallery.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may("administrator"):
            raise AccessDeniedException("This page is for administrators.")
        return self.render()

    def context(self) -> dict[str, Any]:
        state = tables.ListState.read(self.request.path, self.request.GET, sort="name", dir="asc", size=20)
        found = tables.select(FILTERS, COLUMNS, state)
        inputs = InputsForm(
            {
                "name": "home-page",
                "wrong": "home page",
                "solution": "a",
                "tps": "1",
                "fixed": "cinema",
                "columns": ["GENRES", "YEAR"],
                "latest": "on",
                "mode": "FULL",
                "training": "on",
            }
        )
        inputs.is_valid()
        return super().context() | {
            "inputs": inputs,
            "tiles": TilesForm(initial={"recipe": "aws-user-personalization-v2", "method": "direct"}),
            "other": OtherForm(
                {
                    "location": "s3://uploads/cinema/items.csv",
                    "schema": SCHEMA,
                    "tags": [{"tagKey": "env", "tagValue": "prod"}],
                }
            ),
            "table": tables.build(found, COLUMNS, id="filters", caption="Filters", state=state, selection="single"),
            "state": state,
            "pages": tables.paginate(230, state),
            "sizes": [{"size": size, "href": state.url(size=size), "current": size == 20} for size in tables.SIZES],
            "now": datetime.now(UTC),
            "old": datetime(2026, 11, 3, 19, 24, tzinfo=UTC),
            "phases": [
                {"label": "Load", "state": "done", "took": "6 s"},
                {"label": "Split", "state": "done", "took": "3 s"},
                {"label": "Train", "state": "now", "percent": 60, "took": "9 min"},
                {"label": "Evaluate", "state": "later"},
                {"label": "Publish", "state": "later"},
            ],
            "job": {
                "phase": "train the sequence model, epoch 31 of 50",
                "phase_index": 4,
                "phase_count": 6,
                "percent": 62,
                "elapsed": "9 min 24 s gone",
                "remaining": "5 to 7 min left",
                "rows": 61_200,
                "rows_total": 100_836,
            },
            "log": LOG,
            "menu": [
                {"text": "Test", "icon": "play", "href": "#"},
                {"text": "Update", "icon": "edit", "href": "#"},
                {"text": "Copy ARN", "icon": "copy", "href": "#"},
                {"line": True},
                {"text": "Delete", "icon": "trash", "disabled_reason": "Wait until it is Active or Create failed."},
            ],
            "tabs": [
                {"id": "details", "label": "Campaign details", "href": "?tab=details"},
                {"id": "usage", "label": "Usage", "href": "?tab=usage"},
                {"id": "requests", "label": "Requests", "href": "?tab=requests", "count": 12408},
                {"id": "tags", "label": "Tags", "href": "?tab=tags", "count": 3},
            ],
            "pairs": [
                {
                    "label": "Campaign ARN",
                    "value": "arn:aws:personalize:eu-central-1:123456789012:campaign/home-page",
                    "copyable": True,
                },
                {"label": "Solution", "value": "cinema-for-you", "href": "#"},
                {"label": "Status", "value": "ACTIVE", "status": True},
                {"label": "Exploration weight", "value": "0.3"},
            ],
            "wizard_steps": [
                {"title": "Choose import method", "note": "Import directly", "state": "done", "href": "#"},
                {"title": "Configure items schema", "note": "1 error to fix", "state": "now"},
                {"title": "Configure items dataset import job", "state": "later"},
            ],
            "review_pairs": [
                {"label": "Name", "value": "shop-items"},
                {"label": "Domain", "value": "E-commerce"},
                {"label": "Tags", "value": ""},
            ],
            "code_tabs": code.tabs(
                [
                    (
                        "create_campaign",
                        {"name": "home-page", "solution_version_arn": "…/4598c7e1", "min_provisioned_tps": 1},
                    )
                ],
                region="eu-central-1",
                endpoint="http://127.0.0.1:8000",
            ),
            "differences": [
                {"key": "recipe", "left": "aws-sims", "right": "aws-user-personalization-v2", "change": "changed"},
                {"key": "eventType", "left": "watch", "right": None, "change": "removed"},
                {"key": "performHPO", "left": None, "right": "true", "change": "added"},
                {"key": "trainingMode", "left": "FULL", "right": "FULL", "change": "same"},
            ],
            "sample": DELETE,
            "row_actions": ROW_ACTIONS,
            "plan": PLAN,
            "marks": [2.5],
            "figure": FIGURE,
            "figure_table": {
                "columns": ["Place", "NDCG", "Precision"],
                "rows": [["At 5", "0.0822", "0.0721"], ["At 10", "0.0894", "0.0598"], ["At 25", "0.1127", "0.0441"]],
            },
            "swatches": [*SERIES, *INKS, *GROUNDS],
        }


@login_required
def sample_delete(request: HttpRequest) -> HttpResponse:
    """The delete dialog with nothing behind it."""
    if request.method == "POST":
        flash(request, "info", "Nothing was deleted.", "This is only the example.")
        return HttpResponse(status=303, headers={"Location": "/console/admin/components/"})
    return render(request, "components/delete_modal.html", DELETE)
