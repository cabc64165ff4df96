"""The pages that say what went wrong."""

import pytest
from django.test import Client, RequestFactory

from apps.ui import errors
from personalize_web.operations.errors import ThrottlingException


def test_an_unknown_address_of_the_console_is_a_page_with_a_request_id(console):
    answer = console.get("/console/no-such-page/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Nothing here" in page
    assert answer.headers["x-amzn-RequestId"] in page


def test_a_group_that_is_not_there_is_not_found(console):
    assert console.get("/console/go/?arn=arn:aws:personalize:us-east-1:123456789012:filter/none").status_code == 404


def test_a_stranger_gets_the_page_without_navigation(client, db):
    page = client.get("/console/no-such-page/").content.decode()
    assert "Nothing here" in page
    assert 'id="navigation"' not in page


def test_our_own_fault_is_told_in_general_words_with_the_id_to_quote(console, monkeypatch):
    monkeypatch.setattr("apps.ui.gallery.GalleryPage.context", lambda self: 1 / 0)
    console.raise_request_exception = False
    answer = console.get("/console/admin/components/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something broke on our side" in page
    assert answer.headers["x-amzn-RequestId"] in page
    assert "ZeroDivisionError" not in page


def test_a_form_without_its_token_is_told_so(administrator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    answer = client.post("/console/account/", {"form": "preferences"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 503])
def test_every_status_has_a_title_of_its_own(db, status):
    request = RequestFactory().get("/console/")
    request.request_id = "4c1b"
    answer = errors.page(request, status)
    assert answer.status_code == status
    assert errors.TITLES[status] in answer.content.decode()


def test_too_many_requests_is_429(db):
    request = RequestFactory().get("/console/")
    assert errors.of(request, ThrottlingException("Slower.")).status_code == 429
