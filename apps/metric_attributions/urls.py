"""Addresses of metric attribution."""

from django.urls import path

from apps.metric_attributions import edits, views, wizard
from apps.ui.pages import in_group, paths

app_name = "metric_attributions"
urlpatterns = [
    *paths(in_group("metric-attribution/"), views.MetricAttribution, "detail"),
    path(in_group("metric-attribution/-new/<slug:step>/"), wizard.CreateMetricAttribution.as_view(), name="create"),
    path(in_group("metric-attribution/-edit-attributes/"), edits.EditAttributes.as_view(), name="edit_attributes"),
    path(
        in_group("metric-attribution/-edit-configuration/"),
        edits.EditConfiguration.as_view(),
        name="edit_configuration",
    ),
    path(in_group("metric-attribution/-series.csv"), views.SeriesFile.as_view(), name="series_file"),
    path(in_group("metric-attribution/-delete/"), edits.DeleteMetricAttribution.as_view(), name="delete"),
]
