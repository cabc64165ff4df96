"""Addresses of the campaign pages."""

from django.urls import path

from apps.campaigns.views import CampaignPage, CampaignsPage, CreateCampaign, DeleteCampaigns, UpdateCampaign
from apps.ui.pages import in_group, paths

app_name = "campaigns"
urlpatterns = [
    *paths(in_group("campaigns/"), CampaignsPage, "list"),
    path(in_group("campaigns/-new/"), CreateCampaign.as_view(), name="create"),
    path(in_group("campaigns/-delete/"), DeleteCampaigns.as_view(), name="delete_many"),
    *paths(in_group("campaigns/<str:campaign>/"), CampaignPage, "detail"),
    path(in_group("campaigns/<str:campaign>/-update/"), UpdateCampaign.as_view(), name="update"),
    path(in_group("campaigns/<str:campaign>/-delete/"), DeleteCampaigns.as_view(), name="delete"),
]
