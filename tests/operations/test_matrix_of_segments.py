"""When new data change segments of users: line by line.

What a training reads, FULL imports and individual records alone, is in the test of trainings for segments.
"""

import json
from dataclasses import replace

import pytest

from apps.timetable import tasks
from personalize_web import operations
from tests import deployments, factories
from tests.operations.conftest import QUICK
from tests.operations.test_automatic_updates import put_item, trained, two_hours_pass
from tests.operations.test_matrix_of_updates import more_bulk_rows, watch

pytestmark = pytest.mark.django_db
IA, IAA = "aws-item-affinity", "aws-item-attribute-affinity"
PEOPLE = """{"type": "record", "name": "Users", "namespace": "com.amazonaws.personalize.schema", "version": "1.0",
 "fields": [{"name": "USER_ID", "type": "string"}, {"name": "COUNTRY", "type": "string", "categorical": true}]}"""
ALL = 1000
"""More than there are users."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One model answers both kinds of questions."""
    return deployments.train(IA, tmp_path_factory.mktemp("affinity"), options=replace(QUICK, effort=0.02))


@pytest.fixture
def deployed(ana, db, model, request, settings, tmp_path):
    """A version that was trained three hours ago; its jobs leave out no event for being young."""
    settings.BUCKETS_DIR, settings.BATCH_EVENT_DELAY = tmp_path, 0
    found = deployments.deploy(ana, request.param, model)
    trained(found, hours=3)
    found.by_item, found.places = request.param == IA, iter(range(9))
    return found


def of(*recipes):
    return pytest.mark.parametrize("deployed", recipes, indirect=True, ids=lambda name: name)


@pytest.fixture
def begin(ana, deployed, tmp_path):
    """Makes a job that asks for the users of an item, or of a genre; the answer is the file with its output."""

    def make(item="0-3", genre="genre 0", **about):
        folder = tmp_path / "data" / str(next(deployed.places))
        folder.mkdir(parents=True)
        line = {"itemId": item} if deployed.by_item else {"itemAttributes": f'ITEMS.genres = "{genre}"'}
        (folder / "in.json").write_text(json.dumps(line))
        operations.create_batch_segment_job(
            ana,
            job_name=f"job-{folder.name}",
            solution_version_arn=deployed.version.arn,
            job_input={"s3DataSource": {"path": f"s3://data/{folder.name}/in.json"}},
            job_output={"s3DataDestination": {"path": f"s3://data/{folder.name}/out/"}},
            role_arn="arn:aws:iam::123456789012:role/data",
            num_results=ALL,
            **about,
        )
        return folder / "out" / "in.json.out"

    return make


def users(file):
    """The segment in the output of a job that is done."""
    return json.loads(file.read_text())["output"]["recommendedUsers"]


@pytest.fixture
def segment(begin, run_jobs):
    """The users that a job finds now."""

    def find(**about):
        file = begin(**about)
        run_jobs()
        return users(file)

    return find


@of(IA, IAA)
def test_streamed_and_bulk_interactions_wait_for_a_training(ana, deployed, segment, run_jobs):
    before = segment()
    assert len(before) == 160
    watch(ana, deployed, "0-3", "0-4", "0-5", user="u1")
    assert segment() == before
    more_bulk_rows(deployed)
    factories.import_job(ana, deployed.dataset)
    assert two_hours_pass(run_jobs) == 0, "segments have no automatic updates"
    assert segment() == before


@of(IA, IAA)
def test_a_new_user_is_in_no_segment_before_a_training(ana, deployed, segment, run_jobs):
    watch(ana, deployed, "0-3", "0-4", "0-5", user="newcomer")
    tasks.store_events()
    run_jobs()
    assert "newcomer" not in segment()


@of(IA, IAA)
def test_a_new_item_or_attribute_finds_nobody_before_a_training(ana, deployed, begin, run_jobs):
    put_item(ana, deployed, genre="new genre")
    tasks.store_events()
    file = begin(item="brand-new", genre="new genre")
    run_jobs()
    answer = json.loads(file.read_text())
    assert "output" not in answer
    assert "brand-new" in answer["error"] or "new genre" in answer["error"]


@of(IA, IAA)
def test_changed_metadata_of_items_wait_for_a_training(ana, deployed, segment, run_jobs):
    before = segment()
    for number in range(5):
        put_item(ana, deployed, f"0-{number}", genre="renamed")
    tasks.store_events()
    run_jobs()
    assert segment() == before


@of(IA, IAA)
def test_changed_metadata_of_users_reach_filters(ana, deployed, segment, run_jobs):
    schema = factories.schema(ana, "people", dataset_type="USERS", text=PEOPLE)
    people = factories.dataset(ana, deployed.group, "USERS", of_schema=schema)
    made = factories.filter(
        ana, deployed.group, expression='INCLUDE UserID WHERE Users.COUNTRY IN ("renamed")', fields=[]
    )
    assert segment(filter_arn=made.arn) == []
    known = {"userId": "u7", "properties": '{"country": "renamed"}'}
    operations.put_users(ana, dataset_arn=people.arn, users=[known, known | {"userId": "newcomer"}])
    tasks.store_events()
    run_jobs()
    assert segment(filter_arn=made.arn) == ["u7"]


@of(IA)
def test_a_filter_sees_the_events_that_came_before_its_job_and_no_later_ones(ana, deployed, begin, run_jobs):
    made = factories.filter(
        ana, deployed.group, expression='INCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("Watch")', fields=[]
    )
    deployments.store(deployed.dataset, deployments.viewings(users=1, kind="Click"))
    watch(ana, deployed, "0-3", user="u5")
    file = begin(filter_arn=made.arn)
    watch(ana, deployed, "0-3", user="u6")
    run_jobs()
    assert users(file) == ["u5"]
