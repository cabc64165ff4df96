"""Access keys made, switched off and deleted in the console."""

import html
import re

import pytest

from apps.accounts.models import AccessKey

LIST = "/console/account/access-keys/"
NEW = f"{LIST}-new/"


def make(client, **values):
    return client.post(NEW, {"name": "nightly", "scope": "role", "expires": "90"} | values)


def test_the_secret_is_shown_once(console):
    answer = make(console)
    assert answer.status_code == 303
    key = AccessKey.objects.get()
    shown = console.get(answer.headers["Location"]).content.decode()
    assert html.escape(key.secret) in shown
    assert f"AWS_ACCESS_KEY_ID={key.key_id}" in shown
    AccessKey.objects.update(created_at="2020-01-01T00:00:00Z")
    again = console.get(answer.headers["Location"])
    assert again.status_code == 404
    assert key.secret not in again.content.decode()


def test_the_list_never_shows_a_secret(console):
    make(console)
    page = console.get(LIST).content.decode()
    key = AccessKey.objects.get()
    assert key.key_id in page
    assert key.secret not in page


def test_a_form_sent_twice_makes_one_key(console):
    token = re.search(r'name="_token" value="(\w+)"', console.get(NEW).content.decode())[1]
    first, second = make(console, _token=token), make(console, _token=token)
    assert first.headers["Location"] == second.headers["Location"]
    assert AccessKey.objects.count() == 1


def test_a_third_active_key_is_refused(console):
    make(console, name="one")
    make(console, name="two")
    answer = make(console, name="three")
    assert answer.status_code == 422
    assert "Limit reached: 2 of 2 active access keys" in answer.content.decode()


def test_a_bad_name_is_told_beside_its_field(console):
    page = make(console, name="no blanks").content.decode()
    field = re.search(r'<div class="field[^"]*" id="field-name">.*?</div></div>', page, re.S)[0]
    assert "Use 1–63 letters, digits, hyphens or underscores" in field
    assert 'aria-invalid="true"' in field


def test_a_viewer_makes_only_keys_that_read(as_viewer):
    assert 'value="runtime"' not in as_viewer.get(NEW).content.decode()
    assert make(as_viewer, scope="role").status_code == 422
    assert make(as_viewer, scope="read").status_code == 303


def test_only_an_administrator_makes_a_key_that_never_expires(as_viewer, console):
    assert make(as_viewer, scope="read", expires="never").status_code == 422
    make(console, expires="never")
    assert AccessKey.objects.get().expires_at is None


def test_a_key_is_switched_off_and_on(console):
    make(console)
    key = AccessKey.objects.get()
    console.post(f"{LIST}{key.key_id}/-deactivate/")
    assert not AccessKey.objects.get().usable
    console.post(f"{LIST}{key.key_id}/-activate/")
    assert AccessKey.objects.get().usable


def test_a_key_is_deleted_when_its_id_was_typed(console):
    make(console)
    key = AccessKey.objects.get()
    refused = console.post(f"{LIST}{key.key_id}/-delete/", {"confirmation": "delete"})
    assert refused.status_code == 422
    assert AccessKey.objects.count() == 1
    console.post(f"{LIST}{key.key_id}/-delete/", {"confirmation": key.key_id})
    assert AccessKey.objects.count() == 0


@pytest.mark.parametrize("act", ["-deactivate/", "-delete/"])
def test_somebody_elses_key_is_not_there_for_a_viewer(console, as_viewer, act):
    make(console)
    key = AccessKey.objects.get()
    as_viewer.post(f"{LIST}{key.key_id}/{act}", {"confirmation": key.key_id})
    assert AccessKey.objects.get().enabled
    assert "nightly" not in as_viewer.get(LIST).content.decode()


def test_an_administrator_sees_everybodys_keys(console, as_viewer):
    make(as_viewer, scope="read")
    assert AccessKey.objects.get().key_id in console.get("/console/admin/access-keys/").content.decode()
    assert as_viewer.get("/console/admin/access-keys/").status_code == 403
