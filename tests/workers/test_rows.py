"""Many rows go in batches, and no others."""

import pytest

from personalize_web.engine.errors import Stopped
from personalize_web.resources.models import Record
from personalize_web.workers import rows
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def users(ana):
    made = factories.dataset(ana, factories.active_group(ana), "USERS")
    Record.objects.bulk_create([Record(dataset=made, key=f"u{number % 5}") for number in range(23)])
    return made


@pytest.mark.parametrize("batch", [1, 4, 23, 24])
def test_all_that_were_meant_go(users, monkeypatch, batch):
    monkeypatch.setattr(rows, "BATCH", batch)
    assert rows.remove(users.records.filter(key__in=["u0", "u1"])) == 10
    assert users.records.count() == 13


def test_it_can_be_ended_between_two_batches(users, monkeypatch):
    def stop():
        raise Stopped

    monkeypatch.setattr(rows, "BATCH", 10)
    with pytest.raises(Stopped):
        rows.remove(users.records.all(), check=stop)
    assert users.records.count() == 13
