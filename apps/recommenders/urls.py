"""Addresses of the recommender pages."""

from django.urls import path

from apps.recommenders.views import (
    DeleteRecommenders,
    EditRecommender,
    RecommenderPage,
    RecommendersPage,
    StartRecommender,
    StopRecommender,
)
from apps.recommenders.wizard import CreateRecommenders
from apps.ui.pages import in_group, paths

app_name = "recommenders"
OWN = in_group("recommenders/<str:recommender>/")
urlpatterns = [
    *paths(in_group("recommenders/"), RecommendersPage, "list"),
    path(in_group("recommenders/-new/<slug:step>/"), CreateRecommenders.as_view(), name="create"),
    path(in_group("recommenders/-delete/"), DeleteRecommenders.as_view(), name="delete_many"),
    *paths(OWN, RecommenderPage, "detail"),
    path(f"{OWN}-edit/", EditRecommender.as_view(), name="edit"),
    path(f"{OWN}-stop/", StopRecommender.as_view(), name="stop"),
    path(f"{OWN}-start/", StartRecommender.as_view(), name="start"),
    path(f"{OWN}-delete/", DeleteRecommenders.as_view(), name="delete"),
]
