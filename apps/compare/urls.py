"""Addresses of comparisons."""

from django.urls import path

from apps.compare.recommendations import CompareRecommendations
from apps.compare.views import CompareVersions, DownloadComparison
from apps.ui.pages import in_group

app_name = "compare"
urlpatterns = [
    path(in_group("compare/recommendations/"), CompareRecommendations.as_view(), name="recommendations"),
    path(in_group("compare/versions/"), CompareVersions.as_view(), name="versions"),
    path(in_group("compare/versions/-download/"), DownloadComparison.as_view(), name="download"),
]
