"""Addresses of the pages to try recommendations."""

from django.urls import path

from apps.recommendations.views import CampaignTest, RecommenderTest
from apps.ui.pages import in_group

app_name = "recommendations"
CAMPAIGN = in_group("campaigns/<str:campaign>/-test/")
RECOMMENDER = in_group("recommenders/<str:recommender>/-test/")
urlpatterns = [
    path(CAMPAIGN, CampaignTest.as_view(), name="campaign"),
    path(f"{CAMPAIGN}-<slug:do>/", CampaignTest.as_view(), name="campaign_do"),
    path(RECOMMENDER, RecommenderTest.as_view(), name="recommender"),
    path(f"{RECOMMENDER}-<slug:do>/", RecommenderTest.as_view(), name="recommender_do"),
]
