"""Addresses of the recipe pages."""

from django.urls import path

from apps.recipes.views import RecipePage, RecipesPage
from apps.ui.pages import in_group, paths

app_name = "recipes"
urlpatterns = [
    *paths("recipes/", RecipesPage, "list"),
    path("recipes/<str:recipe>/", RecipePage.as_view(), name="detail"),
    path(in_group("recipes/<str:recipe>/"), RecipePage.as_view(), name="group_detail"),
]
