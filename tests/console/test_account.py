"""One's own account: preferences and password."""

from tests.console.conftest import PASSWORD

ADDRESS = "/console/account/"


def test_preferences_are_kept_and_the_next_page_is_drawn_by_them(console, administrator):
    console.post(
        ADDRESS,
        {"form": "preferences", "theme": "dark", "density": "compact", "page_size": "50", "time_zone": "Europe/Berlin"},
    )
    administrator.refresh_from_db()
    assert administrator.preferences["page_size"] == 50
    page = console.get(ADDRESS).content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-density="compact"' in page


def test_the_password_changes_and_one_stays_signed_in(console, administrator):
    values = {
        "form": "password",
        "current": PASSWORD,
        "new": "another long password",
        "repeat": "another long password",
    }
    assert console.post(ADDRESS, values).status_code == 303
    administrator.refresh_from_db()
    assert administrator.check_password("another long password")
    assert console.get(ADDRESS).status_code == 200


def test_a_wrong_current_password_changes_nothing(console, administrator):
    values = {"form": "password", "current": "guess", "new": "another long password", "repeat": "another long password"}
    answer = console.post(ADDRESS, values)
    assert answer.status_code == 422
    assert "This is not your current password." in answer.content.decode()
    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)


def test_two_different_new_passwords_are_refused(console):
    values = {"form": "password", "current": PASSWORD, "new": "another long password", "repeat": "yet another password"}
    assert "The two new passwords differ." in console.post(ADDRESS, values).content.decode()


def test_a_short_password_is_refused(console):
    values = {"form": "password", "current": PASSWORD, "new": "short", "repeat": "short"}
    assert console.post(ADDRESS, values).status_code == 422
