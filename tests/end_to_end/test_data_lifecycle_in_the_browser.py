"""What a person does with data besides importing it: records by hand, exports, another schema, deletions."""

import csv
import io
import json
import time
import zipfile

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

NAME = "lifecycle"
GROUP = f"dataset-groups/{NAME}/"
DATASET = f"{GROUP}datasets/item-interactions/"
FIELDS = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")]
INTERACTIONS = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [*FIELDS, {"name": "TIMESTAMP", "type": "long"}],
    "version": "1.0",
}
USERS = {
    "type": "record",
    "name": "Users",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [{"name": "USER_ID", "type": "string"}, {"name": "PLAN", "type": "string", "categorical": True}],
    "version": "1.0",
}
CITY = {"name": "CITY", "type": ["null", "string"], "categorical": True}


@pytest.fixture(scope="module")
def group(instance) -> str:
    """The ARN of a group with 1,200 interactions of 40 users and an empty users dataset."""
    personalize = instance.client("personalize")
    arn = personalize.create_dataset_group(name=NAME)["datasetGroupArn"]
    _until(lambda: personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"])
    with (instance.bucket("lifecycle") / "interactions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["USER_ID", "ITEM_ID", "EVENT_TYPE", "TIMESTAMP"])
        writer.writerows([f"u{at % 40}", f"i{at % 97}", "click", 1_700_000_000 + at] for at in range(1200))
    for kind, schema in (("Interactions", INTERACTIONS), ("Users", USERS)):
        schema_arn = personalize.create_schema(name=f"{NAME}-{kind.lower()}", schema=json.dumps(schema))["schemaArn"]
        dataset = personalize.create_dataset(
            name=f"{NAME}-{kind.lower()}", schemaArn=schema_arn, datasetGroupArn=arn, datasetType=kind
        )["datasetArn"]
        _until(lambda dataset=dataset: personalize.describe_dataset(datasetArn=dataset)["dataset"])
        if kind == "Interactions":
            job = personalize.create_dataset_import_job(
                jobName=f"{NAME}-import",
                datasetArn=dataset,
                dataSource={"dataLocation": "s3://lifecycle/interactions.csv"},
                roleArn="arn:aws:iam::123456789012:role/reader",
            )["datasetImportJobArn"]
            _until(lambda job=job: personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"])
    return arn


def _until(describe) -> None:
    deadline = time.monotonic() + 120
    while (found := describe())["status"] != "ACTIVE":
        assert found["status"] != "CREATE FAILED" and time.monotonic() < deadline, found
        time.sleep(0.2)


def download(visitor) -> list[dict[str, str]]:
    """The rows of the export whose page is open, from the archive that its button downloads."""
    with visitor.page.expect_download() as waiting:
        visitor.press("Download")
    rows = []
    with zipfile.ZipFile(waiting.value.path()) as archive:
        for name in archive.namelist():
            rows += csv.DictReader(io.StringIO(archive.read(name).decode()))
    return rows


def export(visitor, name: str) -> list[dict[str, str]]:
    """Export everything of the interactions and read it back."""
    visitor.go(DATASET)
    visitor.press("Export")
    visitor.page.get_by_label("Dataset export job name").fill(name)
    visitor.finds_it_accessible()
    visitor.press("Create dataset export job")
    visitor.until_status("Active")
    visitor.finds_it_accessible()
    return download(visitor)


def test_records_are_written_by_hand_once_there_is_a_tracker(visitor, group):
    page = visitor.page
    visitor.go(DATASET)
    page.get_by_role("button", name="Modify dataset").click()
    page.get_by_role("menuitem", name="Create record").click()
    visitor.sees("An event tracker is needed")
    visitor.press("Create event tracker")
    visitor.press("Next")
    visitor.until_status("Active")
    visitor.finds_it_accessible()
    visitor.go(f"{DATASET}records/-new/")
    record = {"USER_ID": "by-hand", "ITEM_ID": "i1", "EVENT_TYPE": "click", "TIMESTAMP": 1_700_000_000}
    page.locator("textarea[name=records]").fill(json.dumps(record))
    visitor.press("Create record(s)")
    visitor.sees("Success")
    visitor.finds_it_accessible()
    visitor.press("Form")
    page.get_by_label("USER_ID of record 1").fill("by-hand")
    page.get_by_label("ITEM_ID of record 1").fill("i2")
    page.get_by_label("EVENT_TYPE of record 1").fill("click")
    page.get_by_role("button", name="Now, for record 1").click()
    visitor.finds_it_accessible()
    visitor.press("Create record(s)")
    visitor.sees("Response (2)")


def test_everything_is_exported_and_downloaded(visitor, group):
    rows = export(visitor, "everything")
    assert len(rows) == 1202
    assert {row["ITEM_ID"] for row in rows if row["USER_ID"] == "by-hand"} == {"i1", "i2"}


def test_a_refused_event_is_found_with_its_reason(visitor, instance, group):
    personalize, events = instance.client("personalize"), instance.client("personalize-events")
    (tracker,) = personalize.list_event_trackers(datasetGroupArn=group)["eventTrackers"]
    tracking = personalize.describe_event_tracker(eventTrackerArn=tracker["eventTrackerArn"])
    with pytest.raises(events.exceptions.InvalidInputException):
        events.put_events(
            trackingId=tracking["eventTracker"]["trackingId"],
            sessionId="s1",
            eventList=[{"eventType": "click", "itemId": "i1", "sentAt": 1, "properties": '{"userId": "u1"}'}],
        )
    visitor.go(f"{GROUP}event-trackers/{tracker['name']}/")
    visitor.press("Rejected")
    visitor.sees_in_a_moment("must not contain")
    visitor.press("Show values")
    visitor.sees("Payload")
    visitor.finds_it_accessible()


def test_the_users_get_a_schema_with_another_column(visitor, group):
    page = visitor.page
    visitor.go(f"{GROUP}datasets/")
    page.get_by_label("Select users").check()
    page.get_by_role("main").get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Replace schema").click()
    page.locator("textarea[name=definition]").fill(json.dumps(USERS | {"fields": [*USERS["fields"], CITY]}, indent=1))
    expect(page.locator("#schema-differences tr.added")).to_contain_text("CITY")
    visitor.finds_it_accessible()
    visitor.press("Replace")
    visitor.sees("Latest schema update")
    visitor.go(f"{GROUP}datasets/users/?tab=schema")
    visitor.sees("CITY")


def test_a_user_is_deleted_and_no_later_export_has_them(visitor, group):
    page = visitor.page
    visitor.go(f"{GROUP}datasets/")
    visitor.finds_it_accessible()
    visitor.press("Create job")
    page.get_by_label("Enter user ids").check()
    page.get_by_label("User ids", exact=True).fill("by-hand\nnobody\n")
    visitor.press("Preview")
    visitor.sees("1 of 2")
    page.get_by_label("To confirm, type delete").fill("delete")
    visitor.finds_it_accessible()
    visitor.press("Create job")
    visitor.sees("Completed", timeout=120_000)
    visitor.sees("Create a new solution version and update campaigns", timeout=30_000)
    visitor.finds_it_accessible()
    rows = export(visitor, "afterwards")
    assert len(rows) == 1200 and "by-hand" not in {row["USER_ID"] for row in rows}


def test_everything_is_deleted_in_order_after_the_plan_was_seen(visitor, group):
    page = visitor.page
    visitor.go(GROUP)
    page.get_by_role("main").get_by_role("link", name="Delete", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Event tracker")).to_be_visible()
    dialog.get_by_role("link", name="Delete everything in order").click()
    visitor.finds_it_accessible()
    page.get_by_label(f"To confirm, type {NAME}").fill(NAME)
    visitor.press("Delete everything")
    visitor.sees("Everything is deleted", timeout=120_000)
    page.reload()
    visitor.sees("Everything is deleted")
    visitor.finds_it_accessible()
    visitor.press("Dataset groups")
    expect(page.get_by_role("main").get_by_role("link", name=NAME, exact=True)).to_have_count(0)
