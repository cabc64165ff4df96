"""Changing a metric attribution: its metrics, its configuration; deleting it."""

from collections.abc import Sequence
from typing import Any

from apps.metric_attributions.forms import ConfigurationForm, EditMetricsForm
from apps.metric_attributions.views import AttributionPage
from apps.ui.flashes import flash
from apps.ui.pages import DeletePage, FormPage
from personalize_web import operations


class EditAttributes(AttributionPage, FormPage):
    """F31: other metrics."""

    operation, form_class = operations.update_metric_attribution, EditMetricsForm
    title, noun, submit = "Edit metric attributes", "metric attribution", "Update"
    template_name = "metric_attributions/edit_attributes.html"
    info = "metric-attribution"

    def about(self) -> dict[str, Any]:
        """What there is, and what there could be."""
        return super().about() | {"choices": self.choices, "metrics": self.metrics}

    def edited(self) -> tuple[str, Any]:
        """The metrics."""
        return self.existing["metricAttributionArn"], list(self.metrics)

    def arguments(self) -> dict[str, Any]:
        """Of this attribution."""
        return super().arguments() | {"metric_attribution_arn": self.existing["metricAttributionArn"]}

    def blocked(self) -> str:
        """Only an Active one is changed."""
        return self.change_blocked("update_metric_attribution")

    def success_url(self, answer: Any) -> str:
        """The metrics as they are now."""
        return f"{self.url('metric_attributions:detail')}?tab=attributes"

    def success(self, answer: Any) -> None:
        """Updates apply at once."""
        flash(self.request, "success", "Metric attributes updated.", "New metrics count what is recorded from now on.")


class EditConfiguration(AttributionPage, FormPage):
    """F31: another path, key or role."""

    operation, form_class = operations.update_metric_attribution, ConfigurationForm
    title, noun, submit = "Edit attribution configuration", "metric attribution", "Update"
    template_name = "metric_attributions/edit_configuration.html"

    def about(self) -> dict[str, Any]:
        """What is there."""
        return super().about() | {"config": self.existing["metricsOutputConfig"]}

    def edited(self) -> tuple[str, Any]:
        """The configuration."""
        return self.existing["metricAttributionArn"], self.existing["metricsOutputConfig"]

    def arguments(self) -> dict[str, Any]:
        """Of this attribution."""
        return super().arguments() | {"metric_attribution_arn": self.existing["metricAttributionArn"]}

    def blocked(self) -> str:
        """Only an Active one is changed."""
        return self.change_blocked("update_metric_attribution")

    def success_url(self, answer: Any) -> str:
        """The configuration as it is now."""
        return f"{self.url('metric_attributions:detail')}?tab=configuration"

    def success(self, answer: Any) -> None:
        """Updates apply at once."""
        flash(self.request, "success", "Attribution configuration updated.")


class DeleteMetricAttribution(AttributionPage, DeletePage):
    """F32."""

    operation, argument = operations.delete_metric_attribution, "metric_attribution_arn"
    title, noun = "Delete metric attribution", "metric attribution"

    def names(self) -> Sequence[str]:
        """The group's one."""
        return [self.existing["name"]]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return str(self.existing["metricAttributionArn"])

    def consequences(self) -> Sequence[str]:
        """What ends and what stays."""
        return (
            "Counting ends, and import jobs can't publish metrics any more. "
            "Published files and what was counted so far stay.",
        )

    def success_url(self) -> str:
        """Where it was."""
        return self.url("metric_attributions:detail")
