"""Metric attribution: charts, metrics, configuration, published files."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from apps.metric_attributions import series
from apps.ui import destinations
from apps.ui.pages import ConsolePage, DetailPage
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses
from personalize_web.operations.errors import ResourceNotFoundException

CRUMBS = (("Metric attribution", "metric_attributions:detail"),)
REPORT = "AggregatedAttributionMetrics - "


class AttributionPage(ConsolePage):
    """A page that knows the group's metric attribution; there is at most one."""

    section, crumbs = "metric-attribution", CRUMBS
    title = "Metric attribution"

    @cached_property
    def attribution(self) -> dict[str, Any] | None:
        """As describe_metric_attribution answers it, or nothing."""
        group = self.group["datasetGroupArn"]
        listed = operations.list_metric_attributions(self.caller, dataset_group_arn=group)["metricAttributions"]
        if not listed:
            return None
        arn = listed[0]["metricAttributionArn"]
        return operations.describe_metric_attribution(self.caller, metric_attribution_arn=arn)["metricAttribution"]

    @property
    def existing(self) -> dict[str, Any]:
        """The metric attribution; 404 where there is none."""
        if self.attribution is None:
            raise ResourceNotFoundException("This dataset group has no metric attribution.")
        return self.attribution

    @cached_property
    def metrics(self) -> list[dict[str, str]]:
        """In the order they were added."""
        arn = self.existing["metricAttributionArn"]
        found = operations.list_metric_attribution_metrics(self.caller, metric_attribution_arn=arn, max_results=100)
        return found["metrics"]

    @cached_property
    def choices(self) -> dict[str, Any]:
        """What metrics can be made of here."""
        return operations.describe_attribution_choices(self.caller, dataset_group_arn=self.group["datasetGroupArn"])

    def series(self, span: series.Span) -> dict[str, Any]:
        """What was counted in ``span``."""
        return operations.get_attribution_series(
            self.caller,
            metric_attribution_arn=self.existing["metricAttributionArn"],
            start=span.start,
            end=span.end,
            period=span.period,
        )

    def create_blocked(self) -> str:
        """Why none can be created now; empty when one can."""
        if denied := self.denied("create_metric_attribution"):
            return denied
        if self.attribution is not None:
            return f"This group already has metric attribution {self.attribution['name']}."
        return self.choices["problem"]

    def change_blocked(self, operation: str) -> str:
        """Why it can't be changed or deleted now."""
        if denied := self.denied(operation):
            return denied
        final = statuses.describe(self.existing["status"]).final
        return "" if final else f"Wait: it is in {self.existing['status']} state."


class MetricAttribution(AttributionPage, DetailPage):
    """5.4: details, charts, totals; below them the metrics, the configuration and the published files."""

    operation, noun = operations.describe_metric_attribution, "metric attribution"
    template_name = "metric_attributions/detail.html"
    info, crumbs = "metric-attribution", ()
    live = ("metric_attributions/_head.html",)
    tabs = (
        ("attributes", "Metric attributes"),
        ("configuration", "Metric attribution configuration"),
        ("reports", "Published files"),
    )

    @property
    def resource(self) -> dict[str, Any]:  # type: ignore[override]
        """The group's, or an empty one."""
        return self.attribution or {}

    def get_title(self) -> str:
        """The page's own: there is one a group."""
        return self.title

    def moving(self) -> bool:
        """Nothing moves where there is nothing."""
        return self.attribution is not None and super().moving()

    def tab_counts(self) -> Mapping[str, int]:
        """How many metrics there are."""
        return {"attributes": len(self.metrics)} if self.attribution else {}

    def context(self) -> dict[str, Any]:
        """Everything there is to show, or how to begin."""
        context = super().context() | {
            "create_href": self.url("metric_attributions:create", step="configure"),
            "create_disabled": self.create_blocked(),
        }
        if self.attribution is None:
            return context
        destination = self.attribution["metricsOutputConfig"].get("s3DataDestination") or {}
        return (
            context
            | self._shown()
            | {
                "name": self.attribution["name"],
                "delete_href": self.url("metric_attributions:delete"),
                "delete_denied": self.change_blocked("delete_metric_attribution"),
                "edit_denied": self.change_blocked("update_metric_attribution"),
                "attributes_href": self.url("metric_attributions:edit_attributes"),
                "configuration_href": self.url("metric_attributions:edit_configuration"),
                "pairs": [
                    {"label": "Name", "value": self.attribution["name"]},
                    {"label": "ARN", "value": self.attribution["metricAttributionArn"], "copyable": True},
                    {"label": "Created", "value": self.attribution["creationDateTime"], "moment": "full", "wide": True},
                    {
                        "label": "Last updated",
                        "value": self.attribution["lastUpdatedDateTime"],
                        "moment": "full",
                        "wide": True,
                    },
                ],
                "metrics": self.metrics,
                "configuration": [
                    {"label": "Data output path", "value": destination.get("path"), "mono": True},
                    {"label": "KMS key ARN", "value": destination.get("kmsKeyArn"), "mono": True},
                    {
                        "label": "IAM role",
                        "value": self.attribution["metricsOutputConfig"]["roleArn"],
                        "copyable": True,
                    },
                ],
                "path": destination.get("path", ""),
                "reports": self._reports(destination.get("path", "")) if self.tab == "reports" else [],
                "import_href": self.url("import_jobs:create", kind="item-interactions"),
            }
        )

    def _shown(self) -> dict[str, Any]:
        """Charts, totals and the ratio of the range that is asked for."""
        span = series.span_of(self.request.GET)
        answer = self.series(span)
        rows = series.totals(answer)
        for row in rows:
            row["href"] = destinations.address(self.caller, row["source"])
        names = [each["metricName"] for each in answer["metrics"]]
        above, below = self.request.GET.get("above", ""), self.request.GET.get("below", "")
        if above not in names or below not in names:
            above, below = (names[0], names[1]) if len(names) > 1 else ("", "")
        return {
            "span": span,
            "span_start": series.local(span.start),
            "span_end": series.local(span.end),
            "ranges": [("3h", "3 hours"), ("24h", "24 hours"), ("14d", "14 days"), ("custom", "Custom")],
            "periods": [(int(key), words) for key, words in series.PERIODS.items()],
            "waiting": answer["waiting"],
            "charts": series.charts(answer) if rows else [],
            "rows": rows,
            "names": names,
            "above": above,
            "below": below,
            "ratio": series.ratio(answer, above, below) if rows and above else None,
            "download_href": f"{self.url('metric_attributions:series_file')}?{span.query}",
        }

    def _reports(self, path: str) -> list[dict[str, Any]]:
        """Published files in the folder, the newest first."""
        if not path:
            return []
        try:
            found = operations.list_stored_objects(self.caller, location=path)["objects"]
        except ServiceError:
            return []
        reports = [each for each in found if each["name"].startswith(REPORT) and each["name"].endswith(".csv")]
        preview = reverse("storage:preview") + "?"
        return [
            each
            | {
                "mode": each["name"].split(" - ")[1],
                "href": preview + urlencode({"location": each["location"]}),
            }
            for each in sorted(reports, key=lambda each: each["name"].rpartition(" - ")[2], reverse=True)
        ]


class SeriesFile(AttributionPage):
    """The series as CSV, in the form of the published reports."""

    operation = operations.get_attribution_series

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | StreamingHttpResponse:  # type: ignore[override]
        """Line by line."""
        answer = self.series(series.span_of(request.GET))
        response = StreamingHttpResponse(series.lines(answer), content_type="text/csv; charset=utf-8")
        name = f"{self.existing['name']}-{answer['start']:%Y%m%dT%H%M}-{answer['end']:%Y%m%dT%H%M}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
