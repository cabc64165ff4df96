"""Addresses of dataset groups."""

from django.urls import path

from apps.dataset_groups import deleting, views
from apps.dataset_groups.overview_page import Overview
from apps.ui.pages import paths

app_name = "dataset_groups"
GROUP = "dataset-groups/<str:dsg>/"
urlpatterns = [
    *paths("dataset-groups/", views.DatasetGroups, "list"),
    path("dataset-groups/-new/", views.CreateDatasetGroup.as_view(), name="create"),
    *paths("dataset-groups/-deleting/<str:name>/", deleting.Deleting, "deleting"),
    *paths(GROUP, Overview, "overview"),
    path(f"{GROUP}-delete/", deleting.DeleteDatasetGroup.as_view(), name="delete"),
    path(f"{GROUP}-delete-everything/", deleting.DeleteEverything.as_view(), name="delete_everything"),
]
