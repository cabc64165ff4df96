"""Batch inference as boto3 users meet it: every format, and the same answers as in real time."""

from datetime import timedelta

import pyarrow as pa
import pytest
from django.conf import settings as configured
from django.utils import timezone

from personalize_web.operations import runtime_impressions, runtime_requests
from personalize_web.operations.group_deletion import delete_everything
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.resources.models import BatchInferenceJob, Dataset, Event, Job, SolutionVersion
from personalize_web.workers import job as jobs
from tests import deployments, factories
from tests.aws_api.batch.jobs import RANKING, ROLE, UPV2, answers, logged, real_time
from tests.conftest import person
from tests.deployments import START

pytestmark = pytest.mark.django_db


def test_a_job_is_described_as_the_service_model_says(personalize, deployed, put, run):
    popular = deployed("aws-popularity-count")
    job = run(popular.version, put({"userId": "u1"}), numResults=3, tags=[{"tagKey": "team", "tagValue": "mail"}])
    kept = personalize.list_tags_for_resource(resourceArn=job["batchInferenceJobArn"])["tags"]
    assert kept == [{"tagKey": "team", "tagValue": "mail"}]
    assert job.pop("creationDateTime") <= job.pop("lastUpdatedDateTime")
    assert job == {
        "batchInferenceJobArn": "arn:aws:personalize:us-east-1:123456789012:batch-inference-job/nightly",
        "batchInferenceJobMode": "BATCH_INFERENCE",
        "jobName": "nightly",
        "jobInput": {"s3DataSource": {"path": "s3://data/in/users.json"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://data/out/"}},
        "numResults": 3,
        "roleArn": ROLE,
        "solutionVersionArn": popular.version.arn,
        "status": "ACTIVE",
    }


def test_it_is_pending_until_a_worker_begins_and_can_be_listed(personalize, deployed, put):
    version = deployed("aws-popularity-count").version
    made = personalize.create_batch_inference_job(
        jobName="nightly",
        solutionVersionArn=version.arn,
        jobInput={"s3DataSource": {"path": put({"userId": "u1"})}},
        jobOutput={"s3DataDestination": {"path": "s3://data/out/"}},
        roleArn=ROLE,
    )
    [listed] = personalize.list_batch_inference_jobs(solutionVersionArn=version.arn)["batchInferenceJobs"]
    assert listed["status"] == "PENDING"
    assert listed["batchInferenceJobArn"] == made["batchInferenceJobArn"]
    assert listed["batchInferenceJobMode"] == "BATCH_INFERENCE"
    other = version.arn.rpartition("/")[0] + "/00000000"
    assert personalize.list_batch_inference_jobs(solutionVersionArn=other)["batchInferenceJobs"] == []


def test_users_get_the_items_scores_and_reasons_of_real_time(deployed, put, run, runtime, plain):
    personal = deployed(UPV2)
    users = [f"u{number}" for number in range(40)] + ["nobody", "u1"]
    job = run(personal.version, put(*({"userId": user} for user in users)), numResults=10)
    assert job["status"] == "ACTIVE"
    found = answers()
    assert [line["input"] for line in found] == [{"userId": user} for user in users]
    for line in found:
        assert set(line) == {"input", "output", "error"}
        assert line["error"] is None
        items, scores = real_time(runtime, personal, userId=line["input"]["userId"], numResults=10)
        assert line["output"] == {
            "recommendedItems": items,
            "scores": pytest.approx(scores, rel=1e-4),
            "reasons": [[]] * 10,
        }


def test_exploration_has_its_reason_and_what_fills_a_list_has_no_score(deployed, put, run, monkeypatch):
    often = {"exploration_weight": 0.3, "exploration_age_cut_off": 1000.0}
    monkeypatch.setattr(Deployment, "exploration", lambda deployment: often)
    personal = deployed(UPV2)
    few = factories.filter(
        person("ana", "administrator"), personal.group, "few",
        expression='INCLUDE ItemID WHERE Items.GENRES IN ("genre 3")', fields=["ITEMS.GENRES"],
    )  # fmt: skip
    run(personal.version, put(*({"userId": f"u{number}"} for number in range(20))), filterArn=few.arn)
    reasons = [reason for line in answers() for reason in line["output"]["reasons"]]
    assert {tuple(each) for each in reasons} <= {(), ("Exploration",), ("Popular item",)}
    assert ["Exploration"] in reasons
    for line in answers():
        placeholders = [score is None for score in line["output"]["scores"]]
        assert placeholders == [each == ["Popular item"] for each in line["output"]["reasons"]]


def test_the_newest_model_takes_in_new_items_before_it_answers(deployed, put, run, monkeypatch):
    often = {"exploration_weight": 0.9, "exploration_age_cut_off": 1000.0}
    monkeypatch.setattr(Deployment, "exploration", lambda deployment: often)
    personal = deployed(UPV2)
    before = personal.version.storage_key
    SolutionVersion.objects.update(training_started_at=timezone.now() - timedelta(hours=1))
    items = deployments.catalogue()
    new = pa.table({name: [value] for name, value in
                    {"ITEM_ID": "brand-new", "TITLE": "New", "CREATION_TIMESTAMP": START + 200_000,
                     "GENRES": "genre 0", "DURATION": 80.0}.items()}, schema=items.schema)  # fmt: skip
    dataset = Dataset.objects.get(dataset_type="ITEMS")
    deployments.store(dataset, pa.concat_tables([items, new]))
    factories.import_job(person("ana", "administrator"), dataset, status="ACTIVE")
    run(personal.version, put(*({"userId": f"u{number}"} for number in range(30))))
    personal.version.refresh_from_db()
    assert personal.version.last_update is not None
    assert personal.version.storage_key != before
    assert any("brand-new" in line["output"]["recommendedItems"] for line in answers())
    assert "1 items are new since the training." in logged()


def test_the_same_lines_have_the_same_answers(deployed, put, run):
    personal = deployed(UPV2)
    source = put(*({"userId": f"u{number}"} for number in range(10)))
    run(personal.version, source)
    first = answers()
    Job.objects.all().update(state="PENDING", attempt=0)
    BatchInferenceJob.objects.update(status="IN PROGRESS", summary={})
    jobs.run_pending()
    assert answers() == first


def test_exploration_and_influence_are_kept_with_the_job(personalize):
    config = {
        "itemExplorationConfig": {"explorationWeight": "0.4", "explorationItemAgeCutOff": "10"},
        "rankingInfluence": {"POPULARITY": 0.2, "FRESHNESS": 0.5},
    }
    version = factories.active_solution_version(person("ana", "administrator"), recipe="aws-user-personalization")
    arn = personalize.create_batch_inference_job(
        jobName="nightly",
        solutionVersionArn=version.arn,
        jobInput={"s3DataSource": {"path": "s3://data/in/"}},
        jobOutput={"s3DataDestination": {"path": "s3://data/out/"}},
        roleArn=ROLE,
        batchInferenceJobConfig=config,
    )["batchInferenceJobArn"]
    found = personalize.describe_batch_inference_job(batchInferenceJobArn=arn)["batchInferenceJob"]
    assert found["batchInferenceJobConfig"] == config


def test_a_ranking_line_says_item_list_and_gets_all_its_items_back(deployed, put, run, runtime):
    ranking = deployed(RANKING)
    given = ["1-1", "0-1", "brand-new", "2-1"]
    job = run(ranking.version, put({"userId": "u0", "itemList": given}, {"userId": "u0", "inputList": given}))
    assert job["status"] == "ACTIVE"
    ranked, refused = answers()
    expected = runtime.get_personalized_ranking(campaignArn=ranking.row.arn, userId="u0", inputList=given)
    assert ranked["output"]["recommendedItems"] == [each["itemId"] for each in expected["personalizedRanking"]]
    assert ranked["output"]["recommendedItems"][-1] == "brand-new"
    scores = [each["score"] for each in expected["personalizedRanking"][:-1]]
    assert ranked["output"]["scores"] == [*(pytest.approx(score, rel=1e-4) for score in scores), None]
    assert ranked["input"]["itemList"] == given
    assert refused == {
        "input": {"userId": "u0", "inputList": given},
        "error": "itemList must be a list of at least one item id.",
    }


@pytest.mark.parametrize("recipe", ["aws-sims", "aws-similar-items"])
def test_an_item_gets_its_related_items_without_scores_and_an_unknown_one_popular_items(
    deployed, put, run, runtime, recipe
):
    related = deployed(recipe)
    run(related.version, put({"itemId": "0-3"}, {"itemId": "unknown"}), numResults=5)
    known, unknown = answers()
    assert known == {
        "input": {"itemId": "0-3"},
        "output": {"recommendedItems": real_time(runtime, related, itemId="0-3", numResults=5)[0]},
        "error": None,
    }
    assert len(unknown["output"]["recommendedItems"]) == 5


def test_filter_values_stand_in_the_line_and_their_lack_is_an_error_of_the_line(deployed, put, run, runtime):
    popular = deployed("aws-popularity-count")
    ana = person("ana", "administrator")
    only = factories.filter(
        ana, popular.group, "only", expression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", fields=["ITEMS.GENRES"]
    )
    values = {"GENRES": '"genre 1","genre 2"'}
    job = run(
        popular.version,
        put(*({"userId": "u1", **more} for more in ({"filterValues": values}, {}, {"filterValues": {"GENRES": 3}}))),
        numResults=7,
        filterArn=only.arn,
    )
    assert job["filterArn"] == only.arn
    good, missing, wrong = answers()
    assert good["input"]["filterValues"] == values
    expected, _ = real_time(runtime, popular, userId="u1", numResults=7, filterArn=only.arn, filterValues=values)
    assert good["output"]["recommendedItems"] == expected
    assert {item[0] for item in expected} == {"1", "2"}
    assert missing["error"] == "filterValues must give a value for GENRES, which the filter's INCLUDE uses."
    assert "output" not in missing
    assert wrong["error"].startswith("filterValues must be an object of texts")


def test_a_filter_on_what_the_user_did_reads_the_line_s_user(deployed, put, run, runtime):
    popular = deployed("aws-popularity-count")
    ana = person("ana", "administrator")
    unseen = factories.filter(
        ana, popular.group, "unseen", expression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")', fields=[]
    )
    run(popular.version, put({"userId": "u0"}, {"userId": "u1"}), numResults=20, filterArn=unseen.arn)
    for line in answers():
        expected, _ = real_time(runtime, popular, userId=line["input"]["userId"], numResults=20, filterArn=unseen.arn)
        assert line["output"]["recommendedItems"] == expected


def test_events_count_when_they_came_a_quarter_of_an_hour_before(deployed, put, run, settings, plain):
    personal = deployed(UPV2)
    for number in range(3):
        Event.objects.create(
            dataset=personal.dataset,
            digest=str(number),
            event_id=str(number),
            user_id="newcomer",
            session_id="s",
            item_id=f"2-{number}",
            event_type="Watch",
            timestamp=START + 10_000_000 + number,
        )
    source = put({"userId": "newcomer"}, {"userId": "nobody"})
    run(personal.version, source, numResults=10)
    fresh, nobody = (line["output"]["recommendedItems"] for line in answers())
    assert fresh == nobody
    settings.BATCH_EVENT_DELAY = 0
    run(personal.version, source, name="later", numResults=10)
    older, _ = (line["output"]["recommendedItems"] for line in answers())
    assert older != fresh
    assert sum(item.startswith("2-") for item in older) > sum(item.startswith("2-") for item in fresh)


def test_what_was_shown_in_vain_is_looked_up_for_all_lines_together(deployed, put, run, settings, monkeypatch):
    personal = deployed("aws-user-personalization")
    settings.BATCH_EVENT_DELAY = 0
    runtime_impressions._of_all.clear()
    Event.objects.create(
        dataset=personal.dataset, digest="0", event_id="0", user_id="u1", session_id="s", item_id="2-1",
        event_type="Watch", timestamp=START + 10_000_000, impression=["2-1", "0-3"],
    )  # fmt: skip
    asked, build = {}, runtime_requests.build

    def noted(*given, **more):
        request = build(*given, **more)
        asked[request.user_id] = request.user_impressions
        return request

    monkeypatch.setattr(runtime_requests, "build", noted)
    monkeypatch.setattr(runtime_impressions, "in_vain", lambda *_: pytest.fail("asked for one user alone"))
    assert run(personal.version, put({"userId": "u1"}, {"userId": "u2"}))["status"] == "ACTIVE"
    assert asked == {"u1": {"0-3": 1}, "u2": {}}


def test_whatever_a_line_holds_the_others_are_answered(deployed, put, run):
    popular = deployed("aws-popularity-count")
    source = put(
        b'\xef\xbb\xbf{"userId": "first"}',
        b"{broken",
        b"",
        {"userId": 12},
        {"userId": ""},
        {"userId": "x" * 257},
        {"itemId": "0-1"},
        {"userId": "a\0b"},
        b'{"userId": "\\ud800"}',
        {"userId": "last"},
    )
    job = run(popular.version, source, numResults=1)
    assert job["status"] == "ACTIVE"
    found = answers()
    assert [line.get("error") for line in found] == [
        None,
        "The line is not valid JSON: Expecting property name enclosed in double quotes at character 2.",
        "userId must be a text in quotes, not a number.",
        "userId must have 1 to 256 characters; it has 0.",
        "userId must have 1 to 256 characters; it has 257.",
        "userId is missing: each line needs it.",
        "userId holds a character that no id has.",
        "userId holds a character that no id has.",
        None,
    ]
    assert found[1]["input"] == "{broken"
    assert "users.json line 2: The line is not valid JSON" in " ".join(logged())
    assert "9 lines answered, 7 of them with an error, at s3://data/out/." in logged()


def test_every_file_whose_path_starts_with_the_input_path_is_read(deployed, put, run):
    popular = deployed("aws-popularity-count")
    put({"userId": "u1"}, key="batch/a.json")
    put({"userId": "u2"}, {"userId": "u3"}, key="batch/b/c.json")
    put(key="batch_test/empty.json")
    put({"userId": "u4"}, key="batch_test/a.json")
    put({"userId": "u5"}, key="other/d.json")
    put({"userId": "u6"}, key="batch/.hidden.json")
    assert run(popular.version, "s3://data/batch", numResults=1)["status"] == "ACTIVE"
    folder = configured.BUCKETS_DIR / "data" / "out"
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert written == ["batch/a.json.out", "batch_test/a.json.out", "c.json.out", "empty.json.out"]
    assert [line["input"]["userId"] for line in answers("c.json.out")] == ["u2", "u3"]
    assert answers("empty.json.out") == []
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_many_chunks_keep_the_order_of_the_lines(deployed, put, run, monkeypatch):
    from personalize_web.operations import batch_answers

    monkeypatch.setattr(batch_answers, "LINES", 7)
    users = [{"userId": f"user {number}"} for number in range(100)]
    job = run(deployed("aws-popularity-count").version, put(*users), numResults=2)
    assert job["status"] == "ACTIVE"
    assert [line["input"] for line in answers()] == users
    assert "1 input file, 2,189 bytes, 100 lines." in logged()


@pytest.mark.parametrize(
    ("lines", "quota", "said"),
    [
        ([], {}, "There are no lines at s3://data/in/"),
        ([b"no", b"nothing"], {}, "No line of the input could be read. users.json line 1: The line is not valid JSON"),
        ([b"  ", b""], {}, "There are only blank lines in the input."),
        ([{"userId": "1"}] * 3, {"batch_records": 2}, "s3://data/in/users.json has more than 2 lines"),
        ([{"userId": "1"}] * 3, {"batch_input_bytes": 20}, "The input has 47 bytes; a job takes at most 20."),
        ([{"userId": "1"}], {"batch_input_files": 0}, "The input has 1 file; a job takes at most 0."),
    ],
)
def test_a_job_fails_where_nothing_can_be_read_or_a_limit_is_passed(deployed, put, run, settings, lines, quota, said):
    settings.QUOTAS = settings.QUOTAS | quota
    put(*lines)
    job = run(deployed("aws-popularity-count").version, "s3://data/in/")
    assert job["status"] == "CREATE FAILED"
    assert job["failureReason"].startswith(said)
    assert not list((configured.BUCKETS_DIR / "data").glob("out/*"))


def test_input_that_is_not_there_fails_the_job(deployed, put, run):
    put({"userId": "u1"})
    job = run(deployed("aws-popularity-count").version, "s3://data/elsewhere/")
    assert job["failureReason"].startswith("Invalid S3 input path. There is no file at s3://data/elsewhere/")


def test_input_that_changes_meanwhile_fails_the_job(deployed, put, run, monkeypatch):
    from personalize_web.workers import batch_jobs

    put({"userId": "u1"})
    began = batch_jobs._write
    monkeypatch.setattr(batch_jobs, "_write", lambda *given: put({"userId": "u2"}, {"userId": "u1"}) and began(*given))
    job = run(deployed("aws-popularity-count").version, "s3://data/in/")
    assert job["failureReason"].startswith("s3://data/in/users.json was removed or changed while")


def test_deleting_a_group_with_everything_in_it_stops_its_jobs(personalize, deployed, put, run_jobs):
    popular = deployed("aws-popularity-count")
    popular.row.delete()
    personalize.create_batch_inference_job(
        jobName="nightly",
        solutionVersionArn=popular.version.arn,
        jobInput={"s3DataSource": {"path": put({"userId": "u1"})}},
        jobOutput={"s3DataDestination": {"path": "s3://data/out/"}},
        roleArn=ROLE,
    )
    popular.tracker.delete()
    delete_everything(person("ana", "administrator"), dataset_group_arn=popular.group.arn)
    assert BatchInferenceJob.objects.get().status == "CREATE FAILED"
    run_jobs()
    assert not BatchInferenceJob.objects.exists()
    assert not list((configured.BUCKETS_DIR / "data").glob("out/*"))
