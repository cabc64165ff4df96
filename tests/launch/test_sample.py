"""The sample dataset group: made once, continued where it was interrupted, not brought back."""

import pytest

from apps.accounts.models import Person
from apps.launch import first_run, sample
from personalize_web.operations import sample as data
from personalize_web.resources.models import Campaign, DatasetGroup, DatasetImportJob, Recommender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(settings, tmp_path, monkeypatch):
    """Few data, models that are trained in a moment, and files of the test's own."""
    settings.DATA_DIR = tmp_path
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)
    monkeypatch.setattr(data, "USERS", 100)
    monkeypatch.setattr(data, "ITEMS", 60)
    monkeypatch.setattr(data, "EVENTS", 3000)
    monkeypatch.setattr(sample, "RECOMMENDERS", {"sample-popular": "aws-vod-most-popular"})
    monkeypatch.setattr(sample, "RECIPE", "aws-popularity-count")
    Person.objects.create_user("admin", password="a long password", role=Person.Role.ADMINISTRATOR)


def test_the_sample_is_made_with_data_a_recommender_and_a_campaign(run_jobs, monkeypatch):
    monkeypatch.setattr(sample.time, "sleep", lambda seconds: run_jobs())
    sample.make()
    assert DatasetGroup.objects.get().name == "sample"
    assert set(DatasetImportJob.objects.values_list("status", flat=True)) == {"ACTIVE"}
    assert Recommender.objects.get().status == "ACTIVE"
    assert Campaign.objects.get().status == "ACTIVE"
    assert sample.is_done()


def test_an_interrupted_sample_goes_on_where_it_was(run_jobs, monkeypatch):
    calls = []

    def interrupted(seconds):
        calls.append(seconds)
        if len(calls) in (2, 5):
            raise KeyboardInterrupt
        run_jobs()

    monkeypatch.setattr(sample.time, "sleep", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            sample.make()
        assert not sample.is_done()
    sample.make()
    assert sample.is_done()
    assert DatasetImportJob.objects.count() == 3
    assert (Recommender.objects.get().status, Campaign.objects.get().status) == ("ACTIVE", "ACTIVE")


def test_a_sample_that_was_made_does_not_come_back(monkeypatch):
    (sample.settings.DATA_DIR / "sample.made").touch()
    sample.make()
    assert not DatasetGroup.objects.exists()


def test_a_failed_sample_is_not_tried_at_every_start(run_jobs, monkeypatch, caplog):
    monkeypatch.setattr(data, "EVENTS", 300)
    monkeypatch.setattr(sample.time, "sleep", lambda seconds: run_jobs())
    sample.make()
    assert "not complete" in caplog.text
    assert sample.is_done()


def test_the_first_start_makes_a_person_and_a_key_and_the_next_none():
    Person.objects.all().delete()
    shown = first_run.prepare()
    assert [line.split(":")[0] for line in shown[:2]] == ["Administrator", "Password"]
    person = Person.objects.get()
    assert person.check_password(shown[1].split()[1])
    assert first_run.prepare() == []
    first_run.credentials_path().unlink()
    again = first_run.prepare()
    assert len(again) == 1
    assert person.access_keys.count() == 1, "the same key is written again"
    assert person.access_keys.get().secret in first_run.credentials_path().read_text()
    assert first_run.credentials_path().stat().st_mode & 0o077 == 0
