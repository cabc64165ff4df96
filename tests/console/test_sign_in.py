"""Signing in and out."""

import pytest
from django.core.cache import cache

from personalize_web.operations import list_audit_records
from tests.console.conftest import PASSWORD

ADDRESS = "/console/signin/"


@pytest.fixture(autouse=True)
def fresh_cache(db):
    cache.clear()


def test_the_right_password_leads_where_one_wanted_to_go(client, administrator):
    answer = client.post(ADDRESS, {"username": "ada", "password": PASSWORD, "next": "/console/account/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/account/")
    assert client.get("/console/account/").status_code == 200


def test_the_e_mail_address_does_as_well_as_the_name(client, administrator):
    answer = client.post(ADDRESS, {"username": "ada@example.com", "password": PASSWORD})
    assert answer.status_code == 303


def test_one_is_never_sent_to_another_site(client, administrator):
    answer = client.post(ADDRESS, {"username": "ada", "password": PASSWORD, "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/console/"


def test_an_unknown_person_and_a_wrong_password_get_the_same_words(client, administrator):
    wrong = client.post(ADDRESS, {"username": "ada", "password": "no"})
    unknown = client.post(ADDRESS, {"username": "nobody", "password": "no"})
    for answer in (wrong, unknown):
        assert answer.status_code == 422
        assert "E-mail or password is wrong." in answer.content.decode()


def test_what_was_typed_as_password_does_not_come_back(client, administrator):
    answer = client.post(ADDRESS, {"username": "ada", "password": "my-secret-guess"})
    assert "my-secret-guess" not in answer.content.decode()


def test_five_wrong_passwords_close_the_account_even_to_the_right_one(client, administrator):
    for _ in range(5):
        client.post(ADDRESS, {"username": "ada", "password": "no"})
    answer = client.post(ADDRESS, {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_right_password_clears_the_count(client, administrator):
    for _ in range(4):
        client.post(ADDRESS, {"username": "ada", "password": "no"})
    client.post(ADDRESS, {"username": "ada", "password": PASSWORD})
    client.post("/console/signout/")
    for _ in range(4):
        client.post(ADDRESS, {"username": "ada", "password": "no"})
    assert client.post(ADDRESS, {"username": "ada", "password": PASSWORD}).status_code == 303


def test_keep_me_signed_in_lasts_fourteen_days(client, administrator):
    client.post(ADDRESS, {"username": "ada", "password": PASSWORD, "keep": "on"})
    assert client.session.get_expiry_age() == 14 * 86400


def test_somebody_who_was_deactivated_cannot_sign_in(client, administrator):
    administrator.is_active = False
    administrator.save()
    assert client.post(ADDRESS, {"username": "ada", "password": PASSWORD}).status_code == 422


def test_signing_out_takes_a_post(console):
    assert console.get("/console/signout/").status_code == 302
    assert "_auth_user_id" in console.session
    console.post("/console/signout/")
    assert "_auth_user_id" not in console.session


def test_the_audit_log_keeps_success_and_failure_without_the_password(client, administrator, ana):
    client.post(ADDRESS, {"username": "ada", "password": "my-secret-guess"})
    client.post(ADDRESS, {"username": "ada", "password": PASSWORD})
    records = list_audit_records(ana)["records"]
    assert [record["eventName"] for record in records[:2]] == ["ConsoleSignIn", "ConsoleSignIn"]
    assert "my-secret-guess" not in str(records)
