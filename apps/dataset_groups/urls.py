"""Addresses of dataset groups."""

from django.urls import path

from apps.dataset_groups import views
from apps.ui.pages import paths

app_name = "dataset_groups"
urlpatterns = [
    *paths("dataset-groups/", views.DatasetGroups, "list"),
    path("dataset-groups/-new/", views.CreateDatasetGroup.as_view(), name="create"),
    *paths("dataset-groups/<str:dsg>/", views.Overview, "overview"),
    path("dataset-groups/<str:dsg>/-delete/", views.DeleteDatasetGroup.as_view(), name="delete"),
]
