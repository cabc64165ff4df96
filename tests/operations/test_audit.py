"""What is recorded of a call, and what never is."""

import json

import pytest

from personalize_web import operations
from personalize_web.operations import errors
from personalize_web.resources.models import AuditRecord
from tests import factories

pytestmark = pytest.mark.django_db

SECRET = "probe-8c1f"


def records():
    return list(AuditRecord.objects.order_by("pk"))


def everything_recorded():
    return json.dumps(list(AuditRecord.objects.values()), default=str)


def test_a_changing_call_leaves_one_record_with_what_was_asked_and_answered(cleo):
    answer = operations.create_dataset_group(cleo, name="movies", domain="ECOMMERCE")
    (record,) = records()
    assert record.event_name == "CreateDatasetGroup"
    assert record.caller_arn == cleo.arn
    assert record.source == "api"
    assert record.request_parameters == {"name": "movies", "domain": "ECOMMERCE"}
    assert record.response_elements == answer
    assert record.resource_arn == answer["datasetGroupArn"]
    assert record.request_id == cleo.request_id
    assert record.error_code is None


def test_a_failed_change_is_recorded_and_undone(ana):
    with pytest.raises(errors.InvalidInputException):
        operations.create_dataset_group(ana, name="movies", role_arn="arn:aws:iam::123456789012:role/a")
    (record,) = records()
    assert record.error_code == "InvalidInputException"
    assert "belong together" in record.error_message
    assert operations.list_dataset_groups(ana) == {"datasetGroups": []}


def test_reads_are_not_recorded_unless_asked_for(ana, settings):
    operations.list_dataset_groups(ana)
    assert records() == []
    settings.AUDIT_READS = True
    operations.list_dataset_groups(ana)
    assert [record.event_name for record in records()] == ["ListDatasetGroups"]


def test_looking_at_rows_of_data_is_recorded(ana):
    dataset = factories.dataset(ana, factories.active_group(ana))
    operations.list_dataset_rows(ana, dataset_arn=dataset.arn)
    (record,) = records()
    assert (record.event_name, record.resource_arn) == ("ConsoleListDatasetRows", dataset.arn)


def test_tags_filters_and_schemas_of_a_preflight_never_reach_a_record(ana):
    tags = [{"tagKey": f"key-{SECRET}", "tagValue": f"value-{SECRET}"}]
    group = operations.create_dataset_group(ana, name="movies", tags=tags)["datasetGroupArn"]
    operations.tag_resource(ana, resource_arn=group, tags=tags)
    operations.untag_resource(ana, resource_arn=group, tag_keys=[f"key-{SECRET}"])
    for refused in (
        lambda: operations.create_filter(ana, name="f", dataset_group_arn=group, filter_expression=SECRET),
        lambda: operations.tag_resource(ana, resource_arn=group, tags=[{"tagKey": f"{SECRET}*", "tagValue": SECRET}]),
        lambda: operations.put_users(
            ana, dataset_arn=f"{group}x", users=[{"userId": SECRET, "properties": '{"a": "' + SECRET + '"}'}]
        ),
        lambda: operations.preflight_import(ana, data_location="s3://a/b", schema=SECRET),
    ):
        with pytest.raises(errors.ServiceError) as caught:
            refused()
        assert SECRET not in caught.value.message
    assert len(records()) >= 6
    assert SECRET not in everything_recorded()


@pytest.mark.parametrize(
    "name", ["a\x00b", "\ud800", "x" * 100_000, {"a": 1}, [1], 10**400, float("nan"), b"bytes", True]
)
def test_whatever_is_sent_is_refused_with_a_record_that_can_be_kept(ana, name):
    with pytest.raises(errors.InvalidInputException):
        operations.create_dataset_group(ana, name=name)
    (record,) = records()
    assert record.error_code == "InvalidInputException"
    assert len(json.dumps(record.request_parameters)) < 5000


def test_administrators_see_all_records_and_others_their_own(ana, cleo, eve):
    for caller, name in ((ana, "one"), (cleo, "two"), (eve, "three")):
        operations.create_dataset_group(caller, name=name)
    assert [each["callerArn"] for each in operations.list_audit_records(ana)["records"]] == [cleo.arn, ana.arn]
    assert [each["callerArn"] for each in operations.list_audit_records(cleo)["records"]] == [cleo.arn]
    assert operations.list_audit_records(cleo, caller_arn=ana.arn)["records"][0]["callerArn"] == cleo.arn


def test_records_are_paged_and_filtered(ana):
    for number in range(5):
        with pytest.raises(errors.ServiceError):
            operations.delete_schema(ana, schema_arn=f"arn:aws:personalize:us-east-1:123456789012:schema/s{number}")
    operations.create_dataset_group(ana, name="movies")
    first = operations.list_audit_records(ana, failed=True, max_results=3)
    rest = operations.list_audit_records(ana, failed=True, max_results=3, before=first["next"])
    assert [len(first["records"]), len(rest["records"])] == [3, 2]
    assert "next" not in rest
    assert {each["errorCode"] for each in first["records"] + rest["records"]} == {"ResourceNotFoundException"}
    found = operations.list_audit_records(ana, event_name="CreateDatasetGroup")["records"]
    assert [each["resourceArn"] for each in found] == [found[0]["responseElements"]["datasetGroupArn"]]
