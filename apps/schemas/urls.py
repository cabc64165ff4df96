"""Addresses of schemas."""

from django.urls import path

from apps.schemas import views

app_name = "schemas"
urlpatterns = [
    path("schemas/", views.Schemas.as_view(), name="list"),
    path("schemas/<str:schema>/", views.SchemaDetails.as_view(), name="detail"),
    path("schemas/<str:schema>/-delete/", views.DeleteSchema.as_view(), name="delete"),
]
