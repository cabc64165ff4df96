"""Reports and texts without the users that were deleted, and with everything else they said."""

import pytest

from personalize_web.resources.models import AuditRecord, Experiment, Exposure, Job, JobLogLine, RejectedRecord
from personalize_web.workers import erasing
from personalize_web.workers.erasing import ERASED, redacted
from tests import factories

IDS = {"u1", "35", "Ann Lee", "o'neil"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("i.csv, line 3, column USER_ID: No. Found: 'u1'.", f"i.csv, line 3, column USER_ID: No. Found: {ERASED}."),
        ('Found: "Ann Lee".', f"Found: {ERASED}."),
        ("Found: 'o\\'neil'.", f"Found: {ERASED}."),
        ("User u1, u10 and xu1.", f"User {ERASED}, u10 and xu1."),
        ("35 rows at line 35.", "35 rows at line 35."),
        ("Found: '35'.", f"Found: {ERASED}."),
        ("It isn't there.", "It isn't there."),
        ("", ""),
    ],
)
def test_texts_lose_ids_and_nothing_else(text, left):
    assert redacted(text, IDS) == left


def test_values_that_are_ids_go_from_nested_reports():
    report = {"rows": [{"userId": "35", "line": "35"}, ["u1", 7, None]], "u1": 3, "note": "u1"}
    assert redacted(report, IDS) == {
        "rows": [{"userId": ERASED, "line": "35"}, [ERASED, 7, None]],
        ERASED: 3,
        "note": ERASED,
    }


@pytest.mark.parametrize("key", ["column", "name"])
def test_numbers_count_as_ids_where_they_are_said_to_be_users(key):
    about = {key: "USER_ID", "value": "35", "examples": [{"value": "35"}]}
    assert redacted(about, IDS) == {key: "USER_ID", "value": ERASED, "examples": [{"value": ERASED}]}
    assert redacted(about | {key: "AGE"}, IDS) == about | {key: "AGE"}


def test_what_holds_no_id_stays_the_same_object_by_value():
    report = {"a": [1, "x", {"b": None}], "c": True}
    assert redacted(report, IDS) == report


@pytest.mark.django_db
def test_rejected_records_that_name_a_user_go_whether_by_column_or_in_the_payload(ana):
    group = factories.active_group(ana)

    def reject(**about):
        RejectedRecord.objects.create(dataset_group=group, operation="PutEvents", error_code="x", **about)

    reject(reason="by column", user_id="u1")
    reject(reason="in the payload", payload={"eventList": [{"userId": "u1"}]})
    reject(reason="of another", user_id="u2", payload={"userId": "u2"})
    assert erasing._erase_rejected(group, {"u1"}) == 2
    assert RejectedRecord.objects.get().reason == "of another"


@pytest.mark.django_db
def test_audit_records_of_requests_keep_all_but_the_user(ana):
    group = factories.active_group(ana)
    record = AuditRecord.objects.create(
        account=group.account,
        region=group.region,
        caller_arn=ana.arn,
        source="api",
        event_name="GetRecommendations",
        request_id="1",
        request_parameters={"userId": "u1", "campaignArn": "arn"},
    )
    erasing._redact(AuditRecord.objects.all(), {"u1"}, ("request_parameters",), AuditRecord)
    record.refresh_from_db()
    assert record.request_parameters == {"userId": ERASED, "campaignArn": "arn"}


@pytest.mark.django_db
def test_log_lines_of_the_group_lose_the_id_and_those_of_others_do_not(ana):
    lines = []
    for name in ("movies", "books"):
        group = factories.active_group(ana, name)
        job = factories.job(group, "create-dataset-group")
        lines.append(JobLogLine.objects.create(job=job, text="Found: 'u1'."))
    jobs = Job.objects.filter(dataset_group_arn=lines[0].job.dataset_group_arn)
    erasing._redact(JobLogLine.objects.filter(job__in=jobs), {"u1"}, ("text",), JobLogLine)
    assert list(JobLogLine.objects.order_by("pk").values_list("text", flat=True)) == [
        f"Found: {ERASED}.",
        "Found: 'u1'.",
    ]


@pytest.mark.django_db
def test_the_reason_of_a_failed_deletion_loses_an_id_that_stood_where_the_header_should(ana):
    group = factories.active_group(ana)
    failed = group.data_deletion_jobs.create(
        arn="a", account=group.account, region=group.region, name="a", failure_reason="found 'u1'.", role_arn="r"
    )
    erasing.erase(group, {"u1"}, NoContext())
    failed.refresh_from_db()
    assert failed.failure_reason == f"found {ERASED}."


class NoContext:
    """A job's context that is never asked to stop."""

    def check(self):
        pass


@pytest.mark.django_db
def test_who_took_part_in_an_experiment_is_forgotten(ana):
    version = factories.active_solution_version(ana)
    control = factories.campaign(ana, version)
    experiment = Experiment.objects.create(
        **factories._base(Experiment, ana, "shelf"),
        dataset_group=control.dataset_group,
        control_arn=control.arn,
        testers={"u1": "control", "u2": "control"},
    )
    for user in ("u1", "u2"):
        Exposure.objects.create(experiment=experiment, user_id=user, variant=0, first_seen=0.0)
    assert erasing._erase_exposures(control.dataset_group, {"u1"}) == 1
    experiment.refresh_from_db()
    assert experiment.testers == {"u2": "control"}
    assert Exposure.objects.get().user_id == "u2"
