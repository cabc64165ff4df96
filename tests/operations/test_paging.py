"""maxResults and nextToken, whatever happens between two pages."""

import string

import pytest

from personalize_web import operations
from personalize_web.operations.errors import InvalidInputException, InvalidNextTokenException
from personalize_web.resources.models import BatchInferenceJob, BatchSegmentJob, DatasetGroup
from tests import factories

pytestmark = pytest.mark.django_db

COUNT = 250


@pytest.fixture
def many(ana):
    """250 groups, some of them made in the same moment."""
    groups = [factories.active_group(ana, f"group-{number:03d}") for number in range(COUNT)]
    same = groups[0].created_at
    DatasetGroup.objects.filter(name__endswith="5").update(created_at=same)
    return groups


def pages(caller, size, between=lambda: None):
    token = None
    while True:
        answer = operations.list_dataset_groups(caller, max_results=size, **({"next_token": token} if token else {}))
        yield [group["name"] for group in answer["datasetGroups"]]
        token = answer.get("nextToken")
        if token is None:
            return
        between()


@pytest.mark.parametrize("size", [1, 7, 100])
def test_every_resource_comes_exactly_once_newest_first(ana, many, size):
    found = list(pages(ana, size))
    assert all(len(page) == size for page in found[:-1])
    names = [name for page in found for name in page]
    assert sorted(names) == sorted(group.name for group in many)
    expected = DatasetGroup.objects.order_by("-created_at", "-pk").values_list("name", flat=True)
    assert names == list(expected)


def test_without_a_size_pages_have_100(ana, many):
    assert len(operations.list_dataset_groups(ana)["datasetGroups"]) == 100


def test_the_last_page_has_no_token_even_when_it_is_full(ana):
    for number in range(4):
        factories.active_group(ana, f"group-{number}")
    token = operations.list_dataset_groups(ana, max_results=2)["nextToken"]
    assert "nextToken" not in operations.list_dataset_groups(ana, max_results=2, next_token=token)


def test_what_is_made_or_deleted_between_pages_neither_repeats_nor_hides_others(ana, many):
    made = iter(f"new-{letter}{number}" for letter in string.ascii_lowercase for number in range(10))

    def disturb():
        factories.active_group(ana, next(made))
        DatasetGroup.objects.filter(name__startswith="new-").order_by("pk").first().delete()

    names = [name for page in pages(ana, 7, between=disturb) for name in page]
    assert len(names) == len(set(names))
    assert {group.name for group in many} <= set(names)


def test_deleting_the_row_that_a_page_ended_with_loses_nothing(ana, many):
    first = operations.list_dataset_groups(ana, max_results=7)
    DatasetGroup.objects.filter(name=first["datasetGroups"][-1]["name"]).delete()
    second = operations.list_dataset_groups(ana, max_results=7, next_token=first["nextToken"])
    expected = DatasetGroup.objects.order_by("-created_at", "-pk").values_list("name", flat=True)[6:13]
    assert [group["name"] for group in second["datasetGroups"]] == list(expected)


@pytest.mark.parametrize("size", [0, 101, -1])
def test_a_page_has_from_1_to_100(ana, size):
    with pytest.raises(InvalidInputException):
        operations.list_dataset_groups(ana, max_results=size)


@pytest.fixture
def token(ana, many):
    return operations.list_dataset_groups(ana, max_results=7)["nextToken"]


def test_a_tampered_token_is_refused(ana, token):
    middle = len(token) // 2
    for bad in (
        "",
        token[:-1],
        token + "a",
        "abc",
        token[:middle] + ("a" if token[middle] != "a" else "b") + token[middle + 1 :],
    ):
        if bad:
            with pytest.raises(InvalidNextTokenException):
                operations.list_dataset_groups(ana, next_token=bad)


def test_a_token_of_another_operation_is_refused(ana, token):
    with pytest.raises(InvalidNextTokenException):
        operations.list_schemas(ana, next_token=token)


def test_a_token_of_another_filter_is_refused(ana):
    one, two = factories.active_group(ana, "one"), factories.active_group(ana, "two")
    for number in range(3):
        factories.solution(ana, one, f"one-{number}")
    token = operations.list_solutions(ana, dataset_group_arn=one.arn, max_results=1)["nextToken"]
    assert operations.list_solutions(ana, dataset_group_arn=one.arn, next_token=token)["solutions"]
    for other in ({"dataset_group_arn": two.arn}, {}):
        with pytest.raises(InvalidNextTokenException):
            operations.list_solutions(ana, next_token=token, **other)


def test_a_token_of_the_day_before_yesterday_is_refused(ana, token, monkeypatch):
    from django.core import signing

    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 25 * 3600)
    with pytest.raises(InvalidNextTokenException):
        operations.list_dataset_groups(ana, next_token=token)


def test_a_token_is_at_most_as_long_as_the_service_model_allows(ana, token):
    longest = factories.active_group(ana, "g" * 63)
    for number in range(2):
        factories.solution(ana, longest, f"{'s' * 60}{number}")
    longest_token = operations.list_solutions(ana, dataset_group_arn=longest.arn, max_results=1)["nextToken"]
    assert max(len(token), len(longest_token)) <= 1500
    assert token.isascii()


def test_recipes_are_paged_by_name(ana):
    names, answer = [], operations.list_recipes(ana, max_results=10)
    names += [recipe["name"] for recipe in answer["recipes"]]
    while "nextToken" in answer:
        answer = operations.list_recipes(ana, max_results=10, next_token=answer["nextToken"])
        names += [recipe["name"] for recipe in answer["recipes"]]
    assert len(names) == 24
    assert names == sorted(names)


def test_a_filter_that_names_nothing_gives_an_empty_list(ana, many):
    absent = "arn:aws:personalize:us-east-1:123456789012:dataset-group/absent"
    for name in ("list_datasets", "list_solutions", "list_recommenders", "list_event_trackers"):
        assert list(getattr(operations, name)(ana, dataset_group_arn=absent).values()) == [[]]


@pytest.mark.parametrize(
    "name",
    [
        "list_dataset_groups",
        "list_schemas",
        "list_datasets",
        "list_solutions",
        "list_solution_versions",
        "list_campaigns",
        "list_recommenders",
        "list_dataset_import_jobs",
        "list_event_trackers",
        "list_filters",
        "list_metric_attributions",
        "list_batch_inference_jobs",
        "list_batch_segment_jobs",
    ],
)
def test_a_page_is_read_with_one_query_however_long_it_is(name, ana, django_assert_num_queries):
    for number in range(12):
        group = factories.active_group(ana, f"group-{number}", domain="VIDEO_ON_DEMAND")
        dataset = factories.dataset(ana, group)
        factories.import_job(ana, dataset, f"import-{number}")
        factories.event_tracker(ana, group, f"tracker-{number}")
        version = factories.solution_version(ana, factories.solution(ana, group, f"solution-{number}"))
        factories.campaign(ana, version, f"campaign-{number}")
        factories.recommender(ana, group, f"recommender-{number}")
        factories.filter(ana, group, f"filter-{number}")
        factories.metric_attribution(ana, group, f"attribution-{number}")
        for kind in (BatchInferenceJob, BatchSegmentJob):
            factories.batch_job(ana, kind, version, f"job-{number}")
    with django_assert_num_queries(1):
        assert getattr(operations, name)(ana)
