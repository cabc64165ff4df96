"""Input of batch jobs: written out of a group's own users and items, and looked at before a job is made."""

import json
from dataclasses import replace

import pytest

from personalize_web import operations
from personalize_web.operations.errors import AccessDeniedException, InvalidInputException
from tests import deployments, factories
from tests.operations.conftest import QUICK

pytestmark = pytest.mark.django_db
POPULAR, SIMS, RANKING = "aws-popularity-count", "aws-sims", "aws-personalized-ranking-v2"
ITEM_AFFINITY, ATTRIBUTE_AFFINITY = "aws-item-affinity", "aws-item-attribute-affinity"
PLACE = "s3://data/in/made.jsonl"


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A model for recipes whose input says nothing about their models."""
    return deployments.train(POPULAR, tmp_path_factory.mktemp("counted"))


@pytest.fixture(scope="module")
def affinity(tmp_path_factory):
    """A small model that answers both kinds of questions for segments."""
    folder, options = tmp_path_factory.mktemp("affinity"), replace(QUICK, effort=0.01)
    small = {"interactions": deployments.viewings(40, titles=10, each=8), "items": deployments.catalogue(titles=10)}
    return deployments.train(ITEM_AFFINITY, folder, options=options, **small)


@pytest.fixture
def store(settings, tmp_path):
    settings.BUCKETS_DIR = tmp_path
    return tmp_path


@pytest.fixture
def version(ana, db, counted, store):
    """Makes a version of a recipe; the last one's group has filters of tests."""
    return lambda recipe: deployments.deploy(ana, recipe, counted).version


@pytest.fixture
def segments(ana, db, affinity, store):
    return lambda recipe: deployments.deploy(ana, recipe, affinity).version


@pytest.fixture
def made(ana, store):
    """Writes a file and answers its lines."""

    def write(version, **given):
        found = operations.create_batch_input(ana, solution_version_arn=version.arn, location=PLACE, **given)
        text = (store / "data" / "in" / "made.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        assert found == {"location": PLACE, "bytes": len(text.encode()), "lines": len(lines)}
        return lines

    return write


@pytest.fixture
def check(ana, store):
    """Looks at lines as the input of a version."""

    def look(version, *lines, location=PLACE, **given):
        path = store / "data" / "in" / "made.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
        return operations.check_batch_input(ana, solution_version_arn=version.arn, location=location, **given)

    return look


def test_all_users_are_written_each_on_a_line(made, version):
    lines = made(version(POPULAR))
    assert sorted(line["userId"] for line in lines) == sorted(f"u{number}" for number in range(160))
    assert all(list(line) == ["userId"] for line in lines)


def test_a_sample_has_as_many_users_as_were_asked_for_and_none_twice(made, version):
    lines = [line["userId"] for line in made(version(POPULAR), choice="SAMPLE", number=20)]
    assert len(set(lines)) == 20


def test_the_newest_users_are_those_who_did_something_last(made, version):
    assert made(version(POPULAR), choice="NEWEST", number=2) == [{"userId": "u159"}, {"userId": "u158"}]


def test_the_newest_items_are_those_created_last(made, version):
    assert made(version(SIMS), choice="NEWEST", number=2) == [{"itemId": "3-29"}, {"itemId": "3-28"}]


def test_given_ids_are_written_once_in_their_order(made, version):
    assert made(version(SIMS), choice="GIVEN", ids=["b", "a", "b"]) == [{"itemId": "b"}, {"itemId": "a"}]


def test_rankings_are_of_given_items_or_of_those_with_the_most_interactions(ana, made, version, store):
    ranked = version(RANKING)
    assert made(ranked, choice="GIVEN", ids=["u1"], item_list=["x"]) == [{"userId": "u1", "itemList": ["x"]}]
    (store / "data" / "in" / "made.jsonl").unlink()
    (line,) = made(ranked, choice="GIVEN", ids=["u1"])
    assert len(line["itemList"]) == 50 and all(each.startswith("0-") for each in line["itemList"][:30])


def test_values_of_a_filter_stand_on_every_line(made, version):
    lines = made(version(POPULAR), choice="SAMPLE", number=3, filter_values={"GENRES": '"genre 1"'})
    assert all(line["filterValues"] == {"GENRES": '"genre 1"'} for line in lines)


def test_segments_are_asked_for_items_of_the_training(made, segments):
    lines = made(segments(ITEM_AFFINITY))
    assert len({line["itemId"] for line in lines}) == 40


def test_segments_are_asked_for_the_commonest_values_of_a_column(made, segments, check):
    version = segments(ATTRIBUTE_AFFINITY)
    lines = made(version, column="GENRES", number=3)
    assert len(lines) == 3 and all(line["itemAttributes"].startswith('ITEMS.GENRES = "genre ') for line in lines)
    assert check(version, *lines)["failed"] == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"choice": "SAMPLE"}, "Enter a whole number from 1 to 2,000,000."),
        ({"choice": "GIVEN"}, "Enter at least one id"),
        ({"choice": "OLDEST", "number": 1}, "choice must be ALL, SAMPLE, NEWEST or GIVEN."),
        ({"location": "s3://data/in/"}, "names a folder, not a file"),
        ({"location": "s3://data/../x"}, "must not contain empty, . or .. parts"),
    ],
)
def test_what_cannot_be_written_is_refused(ana, version, given, words):
    with pytest.raises(InvalidInputException, match=words.replace(".", r"\.")):
        operations.create_batch_input(
            ana, **({"solution_version_arn": version(POPULAR).arn, "location": PLACE} | given)
        )


def test_a_file_that_is_there_is_not_replaced(made, version):
    found = version(POPULAR)
    made(found)
    with pytest.raises(InvalidInputException, match="there is a file already"):
        made(found)


def test_more_items_than_a_file_takes_are_told_to_be_sampled(made, segments, settings):
    settings.QUOTAS = settings.QUOTAS | {"batch_segment_item_queries": 20}
    with pytest.raises(InvalidInputException, match="There are 40 items; a file takes at most 20 lines here"):
        made(segments(ITEM_AFFINITY))


def test_a_column_that_was_not_trained_with_is_refused(made, segments):
    with pytest.raises(InvalidInputException, match="Choose a column of texts"):
        made(segments(ATTRIBUTE_AFFINITY), column="DURATION")


def test_viewers_may_check_input_but_not_write_it(ben, check, version):
    found = version(POPULAR)
    with pytest.raises(AccessDeniedException):
        operations.create_batch_input(ben, solution_version_arn=found.arn, location=PLACE)
    check(found, {"userId": "1"})
    assert operations.check_batch_input(ben, solution_version_arn=found.arn, location=PLACE)["lines"] == 1


def test_faulty_lines_are_named_with_what_is_wrong(check, version):
    found = check(version(POPULAR), {"userId": "1"}, {"user": "1"}, "", "{broken", {"userId": 7})
    assert (found["lines"], found["failed"], found["complete"], found["problems"]) == (4, 3, True, [])
    assert [(each["line"], each["error"]) for each in found["faults"]] == [
        (2, "userId is missing: each line needs it."),
        (4, "The line is not valid JSON: Expecting property name enclosed in double quotes at character 2."),
        (5, "userId must be a text in quotes, not a number."),
    ]
    assert found["faults"][1]["text"] == "{broken"


def test_a_filter_wants_its_values_on_each_line(ana, check, version):
    found = version(POPULAR)
    group = found.solution.dataset_group
    arn = factories.filter(
        ana, group, "of-genre", expression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)", fields=[]
    ).arn
    looked = check(found, {"userId": "1", "filterValues": {"GENRES": '"a"'}}, {"userId": "2"}, filter_arn=arn)
    assert [each["line"] for each in looked["faults"]] == [2]
    assert "filterValues must give a value for GENRES" in looked["faults"][0]["error"]


def test_segments_lines_are_checked_against_the_training(check, segments):
    found = check(segments(ITEM_AFFINITY), {"itemId": "0-3"}, {"itemId": "nobody's"})
    assert found["faults"][0]["error"].startswith("Item nobody's was not in the data")
    found = check(segments(ATTRIBUTE_AFFINITY), {"itemAttributes": 'ITEMS.GENRES > "genre 1"'})
    assert "at character 14" in found["faults"][0]["error"]


def test_only_the_first_thousand_lines_are_looked_at(check, version):
    found = check(version(POPULAR), *[{"userId": str(number)} for number in range(1001)])
    assert (found["lines"], found["complete"]) == (1000, False)


def test_why_the_whole_job_would_fail_is_said(check, version, segments, settings, store):
    popular = version(POPULAR)
    assert check(popular, location="s3://data/elsewhere/")["problems"] == [
        "There is no file at this place, and none whose path starts so."
    ]
    assert check(popular, "", " ")["problems"] == ["There are no lines in the input, or only blank ones."]
    settings.QUOTAS = settings.QUOTAS | {"batch_segment_item_queries": 1, "batch_input_bytes": 10}
    problems = check(segments(ITEM_AFFINITY), {"itemId": "0-3"}, {"itemId": "0-4"})["problems"]
    assert len(problems) == 2 and "has more than 1 lines" in problems[1] and "takes at most 10" in problems[0]
