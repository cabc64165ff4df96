"""Addresses of experiments."""

from django.urls import path

from apps.experiments import views
from apps.ui.pages import in_group, paths

app_name = "experiments"
ONE = in_group("experiments/<str:experiment>/")
urlpatterns = [
    *paths(in_group("experiments/"), views.Experiments, "list"),
    path(in_group("experiments/-new/"), views.CreateExperiment.as_view(), name="create"),
    *paths(ONE, views.ExperimentDetails, "detail"),
    path(f"{ONE}-start/", views.StartExperiment.as_view(), name="start"),
    path(f"{ONE}-stop/", views.StopExperiment.as_view(), name="stop"),
    path(f"{ONE}-delete/", views.DeleteExperiment.as_view(), name="delete"),
    path(f"{ONE}-results/", views.DownloadResults.as_view(), name="download"),
]
