"""Batch segments as boto3 users meet them: users for items and for attributes, filtered, and what is refused."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from django.conf import settings as configured

from personalize_web.engine.training import Options
from personalize_web.resources.models import BatchSegmentJob, Event
from tests import deployments, factories
from tests.conftest import person

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/data"
IA, IAA = "aws-item-affinity", "aws-item-attribute-affinity"
PEOPLE = """{"type": "record", "name": "Users", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
 "fields": [{"name": "USER_ID", "type": "string"}, {"name": "COUNTRY", "type": "string", "categorical": true},
 {"name": "AGE", "type": ["null", "int"]}]}"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One model answers both kinds of queries; even users watch genre 0, the others one of 1, 2 and 3."""
    return deployments.train(IA, tmp_path_factory.mktemp("affinity"), options=Options(
        threads=1, effort=0.2, refit="none"))


@pytest.fixture
def ana():
    return person("ana", "administrator")


@pytest.fixture
def personalize(client_of):
    return client_of()


@pytest.fixture
def group(ana):
    """A dataset group with interactions, items and users."""
    made = factories.group(ana, "shop")
    for kind in deployments.FIELDS:
        schema = factories.schema(ana, kind, dataset_type=kind, text=deployments.schema_text(kind))
        dataset = factories.dataset(ana, made, kind, of_schema=schema)
        deployments.store(dataset, deployments.viewings() if kind == "INTERACTIONS" else deployments.catalogue())
    people = factories.dataset(ana, made, "USERS", of_schema=factories.schema(
        ana, "people", dataset_type="USERS", text=PEOPLE))
    deployments.store(people, pa.table({
        "USER_ID": [f"u{user}" for user in range(160)],
        "COUNTRY": ["United States" if user % 4 == 0 else "France|Italy" for user in range(160)],
        "AGE": pa.array(range(160), pa.int32()),
    }))
    return made


@pytest.fixture
def version(ana, group, model):
    """Recipe -> a version of it."""
    def make(recipe):
        return factories.solution_version(
            ana, factories.solution(ana, group, f"of-{recipe}", recipe=recipe), storage_key=model)

    return make


@pytest.fixture
def put(settings, tmp_path):
    """Writes an input file, and answers where it lies."""
    settings.BUCKETS_DIR = tmp_path / "buckets"

    def write(*lines, key="in/queries.json"):
        path = settings.BUCKETS_DIR / "data" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
        return f"s3://data/{key}"

    return write


@pytest.fixture
def run(personalize, run_jobs):
    """Makes a job, does it, and answers its description."""
    def make(version, source, *, name="nightly", **about):
        arn = personalize.create_batch_segment_job(
            jobName=name, solutionVersionArn=version.arn, roleArn=ROLE,
            jobInput={"s3DataSource": {"path": source}},
            jobOutput={"s3DataDestination": {"path": f"s3://data/{name}/"}}, **about)["batchSegmentJobArn"]
        run_jobs()
        return personalize.describe_batch_segment_job(batchSegmentJobArn=arn)["batchSegmentJob"]

    return make


@pytest.fixture
def filtering(personalize, run_jobs, group):
    """The ARN of a filter."""
    def make(expression):
        arn = personalize.create_filter(
            name=f"f{len(expression)}", datasetGroupArn=group.arn, filterExpression=expression)["filterArn"]
        run_jobs()
        return arn

    return make


def answers(name="nightly", file="queries.json.out"):
    return [json.loads(each) for each in
            (Path(configured.BUCKETS_DIR) / "data" / name / file).read_text().splitlines()]


def users(answer):
    return [int(each[1:]) for each in answer["output"]["recommendedUsers"]]


def genres(found):
    """What each of the users watches."""
    return [0 if user % 2 == 0 else 1 + user % 3 for user in found]


def test_users_are_found_for_items(version, put, run):
    made = version(IA)
    job = run(made, put({"itemId": "0-3"}, {"itemId": "2-7"}, {"itemId": "9-9"}, "{broken"),
              numResults=20, tags=[{"tagKey": "team", "tagValue": "mail"}])
    assert job.pop("creationDateTime") <= job.pop("lastUpdatedDateTime")
    assert job == {
        "batchSegmentJobArn": "arn:aws:personalize:us-east-1:123456789012:batch-segment-job/nightly",
        "jobName": "nightly", "numResults": 20, "roleArn": ROLE, "solutionVersionArn": made.arn, "status": "ACTIVE",
        "jobInput": {"s3DataSource": {"path": "s3://data/in/queries.json"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://data/nightly/"}},
    }
    first, second, unknown, broken = answers()
    assert first["input"] == {"itemId": "0-3"}
    assert [list(each) for each in (first, second)] == [["input", "output"]] * 2
    assert len(users(first)) == 20
    assert genres(users(first)).count(0) >= 16
    assert genres(users(second)).count(2) >= 12
    assert unknown == {
        "input": {"itemId": "9-9"},
        "error": "Item 9-9 was not in the data that this solution version was trained on.",
    }
    assert (broken["input"], list(broken)) == ("{broken", ["input", "error"])


def test_users_are_found_for_attributes(version, put, run):
    queries = ['ITEMS.genres = "genre 1"', 'ITEMS.GENRES = "genre 3" AND ITEMS.duration = 90.5', 'genres = "genre 9"']
    job = run(version(IAA), put(*[{"itemAttributes": each} for each in queries]))
    assert (job["status"], job["numResults"]) == ("ACTIVE", 25)
    first, second, unknown = answers()
    assert list(first) == ["itemAttributes", "output"]
    assert first["itemAttributes"] == queries[0]
    assert len(users(first)) == 25
    assert genres(users(first)).count(1) >= 20
    assert genres(users(second)).count(3) >= 20
    assert unknown["input"] == {"itemAttributes": queries[2]}
    assert "has GENRES = 'genre 9'" in unknown["error"]


def test_a_filter_chooses_users_by_their_columns_and_the_values_of_a_line(version, put, run, filtering):
    arn = filtering("INCLUDE UserID WHERE Users.COUNTRY IN ($COUNTRY) | EXCLUDE UserID WHERE Users.AGE < 100")
    query = {"itemAttributes": 'ITEMS.genres = "genre 0"'}
    job = run(version(IAA), put({**query, "filterValues": {"COUNTRY": '"United States"'}}, query), filterArn=arn)
    assert (job["status"], job["filterArn"]) == ("ACTIVE", arn)
    found, missing = answers()
    assert sorted(users(found)) == list(range(100, 160, 4))
    assert found["filterValues"] == {"COUNTRY": '"United States"'}
    assert "filterValues must give a value for COUNTRY" in missing["error"]


def test_a_filter_chooses_users_by_what_they_did_until_the_job_began(version, put, run, filtering, group, settings):
    settings.BATCH_EVENT_DELAY = 0
    dataset = group.datasets.get(dataset_type="INTERACTIONS")
    for number, user in enumerate(("u3", "u8", "stranger")):
        Event.objects.create(dataset=dataset, digest=f"{number}", event_id=f"e{number}", user_id=user, session_id="s",
                             item_id="0-1", event_type="Purchase", timestamp=1_800_000_000 + number)
    bought = filtering('INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("purchase")')
    not_watched = filtering('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("watch")')
    made, source = version(IA), put({"itemId": "0-3"})
    run(made, source, filterArn=bought)
    assert sorted(users(answers()[0])) == [3, 8]
    run(made, source, filterArn=not_watched, name="second")
    assert users(answers("second")[0]) == []


def test_what_does_not_fit_is_refused_before_it_begins(version, put, run, filtering, personalize, ana, group):
    source = put({"itemId": "0-3"})

    def refusal(made=None, **about):
        with pytest.raises(ClientError) as refused:
            run(made or version(IA), source, **about)
        return refused.value.response["Error"]["Message"]

    made = version(IA)
    popular = factories.solution_version(ana, factories.solution(ana, group, "p", recipe="aws-popularity-count"))
    assert "of type USER_PERSONALIZATION does not support CreateBatchSegmentJob" in refusal(popular)
    assert "5,000,000" in refusal(made, numResults=5_000_001)
    of_items = filtering('INCLUDE ItemID WHERE Items.GENRES IN ("genre 1")')
    assert "is not for users" in refusal(made, filterArn=of_items)
    of_events = filtering('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Watch")')
    assert "uses Interactions, which recipe aws-item-attribute-affinity does not support" in refusal(
        version(IAA), filterArn=of_events)
    assert not BatchSegmentJob.objects.exists()


@pytest.mark.parametrize(("recipe", "line", "most"), [
    (IA, {"itemId": "0-3"}, 500), (IAA, {"itemAttributes": 'GENRES = "genre 1"'}, 10)])
def test_a_file_has_so_many_lines_at_most(version, put, run, recipe, line, most):
    job = run(version(recipe), put(*[line] * (most + 1)))
    assert job["status"] == "CREATE FAILED"
    assert f"has more than {most:,} lines" in job["failureReason"]


def test_jobs_are_listed_by_their_version(version, put, run, personalize):
    made, source = version(IA), put({"itemId": "0-3"})
    run(made, source)
    found = personalize.list_batch_segment_jobs(solutionVersionArn=made.arn)["batchSegmentJobs"]
    assert [(each["jobName"], each["status"], each["solutionVersionArn"]) for each in found] == [
        ("nightly", "ACTIVE", made.arn)]
    assert personalize.list_batch_segment_jobs(solutionVersionArn=f"{made.arn}x")["batchSegmentJobs"] == []
