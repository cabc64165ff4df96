"""Creating a metric attribution in three steps."""

from typing import Any

from apps.metric_attributions.forms import MetricsForm, NewConfigurationForm
from apps.metric_attributions.views import AttributionPage
from apps.ui.flashes import flash
from apps.ui.pages import Step, WizardPage
from personalize_web import operations


class CreateMetricAttribution(AttributionPage, WizardPage):
    """F30: configure, define metrics, review."""

    operation = operations.create_metric_attribution
    title, noun, submit = "Create metric attribution", "metric attribution", "Create"
    template_name = "metric_attributions/wizard.html"
    route, info = "metric_attributions:create", "metric-attribution"
    steps = (
        Step(
            "configure",
            "Configure metric attribution",
            NewConfigurationForm,
            "metric_attributions/_step_configure.html",
        ),
        Step("attributes", "Define metric attributes", MetricsForm, "metric_attributions/_step_attributes.html"),
        Step("review", "Review and create"),
    )

    def about(self) -> dict[str, Any]:
        """What metrics can be made of."""
        return super().about() | {"choices": self.choices}

    def arguments(self) -> dict[str, Any]:
        """For this group."""
        return super().arguments() | {"dataset_group_arn": self.group["datasetGroupArn"]}

    def blocked(self) -> str:
        """As the button that leads here."""
        return self.create_blocked()

    def note(self, step: Step) -> str:
        """The name, and how many metrics."""
        form = self.forms.get(step.slug)
        if form is None or not form.is_valid():
            return ""
        if isinstance(form, MetricsForm):
            count = len(form.metrics())
            return f"{count} metric{'' if count == 1 else 's'}"
        return str(form.cleaned_data.get("name", ""))

    def review(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Both steps as one reads them."""
        configure, attributes = self.forms["configure"], self.forms["attributes"]
        assert isinstance(configure, NewConfigurationForm) and isinstance(attributes, MetricsForm)
        config = configure.config()
        destination = config.get("s3DataDestination", {})
        return [
            {
                "title": "Configuration",
                "edit_href": self.address(self.steps[0]),
                "pairs": [
                    {"label": "Name", "value": configure.cleaned_data["name"]},
                    {"label": "Data output path", "value": destination.get("path"), "mono": True},
                    {"label": "KMS key ARN", "value": destination.get("kmsKeyArn"), "mono": True},
                    {"label": "IAM role", "value": config["roleArn"], "mono": True, "wide": True},
                ],
            },
            {
                "title": "Metric attributes",
                "edit_href": self.address(self.steps[1]),
                "pairs": [
                    {"label": each["metricName"], "value": f"{each['expression']} of {each['eventType']}"}
                    for each in attributes.metrics()
                ],
            },
        ]

    def success_url(self, answer: Any) -> str:
        """Its page."""
        return self.url("metric_attributions:detail")

    def success(self, answer: Any) -> None:
        """What counts."""
        name = self.forms["configure"].cleaned_data["name"]
        text = "It counts what is recorded and imported from now on."
        flash(self.request, "in-progress", f"Creating metric attribution {name}…", text)

    def context(self) -> dict[str, Any]:
        """What stands in the way, from the first step on."""
        return super().context() | {"problem": self.create_blocked(), "choices": self.choices}
