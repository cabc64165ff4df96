"""Addresses of datasets."""

from django.urls import path

from apps.datasets import views
from apps.ui.pages import in_group, paths

app_name = "datasets"
urlpatterns = [
    *paths(in_group("datasets/"), views.Datasets, "list"),
    *paths(in_group("datasets/<slug:kind>/"), views.DatasetDetails, "detail"),
    path(in_group("datasets/<slug:kind>/-delete/"), views.DeleteDataset.as_view(), name="delete"),
]
