"""Every quota has a limit, and a use where there is something to count."""

import pytest
from django.conf import settings as configured

from personalize_web import operations
from tests import factories

pytestmark = pytest.mark.django_db


def quotas(caller, **narrowed):
    return {each["name"]: each for each in operations.list_quotas(caller, **narrowed)["quotas"]}


def test_every_setting_is_shown_with_the_name_that_changes_it(ben, ana):
    group = factories.active_group(ana)
    shown = quotas(ben, dataset_group_arn=group.arn)
    missing = set(configured.QUOTAS) - set(shown) - {"filter_interactions"}
    assert not missing
    assert all(shown[name]["setting"] == f"QUOTA_{name.upper()}" for name in configured.QUOTAS if name in shown)


def test_what_is_counted_in_a_group_is_shown_with_it(ben, ana):
    group = factories.active_group(ana)
    interactions = factories.dataset(ana, group, statistics={"event_types": {"Watch": 5, "Click": 2}})
    factories.dataset(ana, group, "ITEMS")
    assert interactions.schema.dataset_type == "INTERACTIONS"
    shown = quotas(ben, dataset_group_arn=group.arn)
    assert (shown["pending_data_deletion_jobs"]["used"], shown["pending_data_deletion_jobs"]["limit"]) == (0, 5)
    assert shown["metadata_fields_items"]["limit"] == 100
    assert shown["metadata_fields_items"]["used"] == len(["GENRES"])
    assert shown["event_types"]["used"] >= 2
    assert "metadata_fields_items" not in quotas(ben)


def test_each_says_what_it_is_of(ben):
    for each in quotas(ben).values():
        assert each["limit"] >= 1
        assert each["label"]
        assert each["area"]
        assert each["scope"] in ("account", "datasetGroup", "dataset", "deployment", "job", "call", "value", "resource")


def test_limits_of_the_guide(ben):
    shown = quotas(ben)
    assert shown["import_full_bytes"]["limit"] == 100 * 10**9
    assert shown["import_incremental_bytes"]["limit"] == 10**9
    assert shown["data_deletion_bytes"]["limit"] == 50 * 10**6
    assert shown["import_minimum_interactions"]["least"]
    assert {shown[f"items_considered_{most}"]["limit"] for most in (750_000, 5_000_000)} == {750_000, 5_000_000}
