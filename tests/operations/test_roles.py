"""Who may call what: roles, key scopes, other accounts."""

from dataclasses import replace

import pytest

from personalize_web import operations
from personalize_web.operations import errors, gate, service_model
from personalize_web.resources.models import AuditRecord
from tests import factories, samples

pytestmark = pytest.mark.django_db

AWS = service_model.operations()
ROLES = ("viewer", "analyst", "administrator")
RECOMMENDING = {"get_recommendations", "get_personalized_ranking", "get_action_recommendations"}
INGESTING = {"put_events", "put_items", "put_users", "put_actions", "put_action_interactions"}
ADMINISTRATORS = {"create_data_deletion_job", "delete_dataset", "delete_dataset_group", "delete_schema"}
READING = {name for name in AWS if name.startswith(("describe_", "list_"))} | {"get_solution_metrics"}

MATRIX = {
    name: "administrator" if name in ADMINISTRATORS else "viewer" if name in READING | RECOMMENDING else "analyst"
    for name in AWS
}


def refused(caller, name):
    """Whether the gate lets ``caller`` through to ``name``, whatever comes of it."""
    try:
        getattr(operations, name)(caller, **samples.arguments(name))
    except errors.AccessDeniedException:
        return True
    except errors.ServiceError:
        return False
    return False


@pytest.mark.parametrize("name", AWS)
def test_each_role_may_do_what_the_matrix_says(name, ana, cleo, ben):
    may = [not refused(caller, name) for caller in (ben, cleo, ana)]
    assert may == [ROLES.index(role) >= ROLES.index(MATRIX[name]) for role in ROLES]


@pytest.mark.parametrize(
    ("scope", "allowed"), [("read", READING), ("runtime", RECOMMENDING), ("events", INGESTING), ("role", set(AWS))]
)
@pytest.mark.parametrize("name", AWS)
def test_a_scope_narrows_a_key(name, scope, allowed, ana):
    assert refused(replace(ana, scope=scope), name) == (name not in allowed)


def test_a_key_never_exceeds_the_role_of_its_owner(ben):
    assert refused(replace(ben, scope="events"), "put_events")


def test_viewers_may_not_ask_for_recommendations_where_that_is_switched_off(ben, settings):
    settings.VIEWERS_CAN_TEST = False
    assert all(refused(ben, name) for name in RECOMMENDING)
    assert gate.needed_role("get_recommendations") == "analyst"


def test_the_words_of_a_refusal_name_person_action_and_resource(ben):
    group = factories.active_group(ben)
    with pytest.raises(errors.AccessDeniedException) as caught:
        operations.delete_dataset_group(ben, dataset_group_arn=group.arn)
    assert caught.value.message == (
        "User: arn:aws:iam::123456789012:user/ben is not authorized to perform: "
        f"personalize:DeleteDatasetGroup on resource: {group.arn}"
    )


def test_a_refused_call_is_recorded_even_when_it_only_reads(ana):
    with pytest.raises(errors.AccessDeniedException):
        operations.list_schemas(replace(ana, scope="events"))
    record = AuditRecord.objects.get()
    assert (record.event_name, record.error_code) == ("ListSchemas", "AccessDeniedException")


def resources(caller):
    """One of each, by the argument that names it."""
    version = factories.active_solution_version(caller)
    group = version.solution.dataset_group
    dataset = group.datasets.get()
    return {
        "dataset_group_arn": group,
        "dataset_arn": dataset,
        "schema_arn": dataset.schema,
        "dataset_import_job_arn": factories.import_job(caller, dataset),
        "event_tracker_arn": factories.event_tracker(caller, group),
        "solution_arn": version.solution,
        "solution_version_arn": version,
        "campaign_arn": factories.campaign(caller, version),
        "recommender_arn": factories.recommender(caller, factories.video_group(caller)),
    }


DESCRIBED = {
    "describe_dataset_group": "dataset_group_arn",
    "describe_dataset": "dataset_arn",
    "describe_schema": "schema_arn",
    "describe_dataset_import_job": "dataset_import_job_arn",
    "describe_event_tracker": "event_tracker_arn",
    "describe_solution": "solution_arn",
    "describe_solution_version": "solution_version_arn",
    "describe_campaign": "campaign_arn",
    "describe_recommender": "recommender_arn",
}


@pytest.mark.parametrize(("name", "argument"), DESCRIBED.items())
def test_what_another_account_or_region_has_is_not_found(name, argument, ana, eve):
    arn = resources(ana)[argument].arn
    operation = getattr(operations, name)
    assert operation(ana, **{argument: arn})
    for stranger in (eve, replace(ana, region="eu-west-1")):
        with pytest.raises(errors.ResourceNotFoundException) as caught:
            operation(stranger, **{argument: arn})
        assert caught.value.message == f"Resource Arn {arn} does not exist."


@pytest.mark.parametrize(("name", "argument"), DESCRIBED.items())
def test_an_arn_of_another_kind_is_invalid(name, argument, ana):
    other = "campaign" if argument != "campaign_arn" else "schema"
    with pytest.raises(errors.InvalidInputException, match="is not the ARN of a"):
        getattr(operations, name)(ana, **{argument: f"arn:aws:personalize:us-east-1:123456789012:{other}/movies"})


@pytest.mark.parametrize("name", sorted(name for name in AWS if name.startswith("list_") and "tags" not in name))
def test_lists_show_nothing_of_another_account(name, ana, eve):
    resources(ana)
    if name == "list_recipes":
        assert operations.list_recipes(eve) == operations.list_recipes(ana)
        return
    assert list(getattr(operations, name)(eve).values()) == [[]]
