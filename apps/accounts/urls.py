"""Addresses of signing in, of one's own account and of access keys."""

from django.urls import path

from apps.accounts import key_views, views

app_name = "accounts"
OWN = "account/access-keys/"
urlpatterns = [
    path("signin/", views.SignIn.as_view(), name="sign_in"),
    path("signout/", views.SignOut.as_view(), name="sign_out"),
    path("account/", views.Account.as_view(), name="account"),
    path(OWN, key_views.AccessKeys.as_view(), name="access_keys"),
    path("admin/access-keys/", key_views.AllAccessKeys.as_view(), name="all_access_keys"),
    path(f"{OWN}-new/", key_views.CreateAccessKey.as_view(), name="create_access_key"),
    path(f"{OWN}<str:key_id>/-secret/", key_views.AccessKeySecret.as_view(), name="access_key_secret"),
    path(f"{OWN}<str:key_id>/-deactivate/", key_views.ChangeAccessKey.as_view(), name="deactivate_access_key"),
    path(f"{OWN}<str:key_id>/-activate/", key_views.ChangeAccessKey.as_view(enabled=True), name="activate_access_key"),
    path(f"{OWN}<str:key_id>/-delete/", key_views.DeleteAccessKey.as_view(), name="delete_access_key"),
]
