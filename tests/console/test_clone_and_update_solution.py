"""F17 and F17b: a solution made from another one, and what of a solution may change."""

import re

import pytest

from personalize_web.resources import statuses
from personalize_web.resources.models import Solution
from tests import factories
from tests.console.test_training_configuration import group as group

SOLUTIONS = "/console/dataset-groups/movies/solutions/"
HPO = {
    "algorithmHyperParameterRanges": {
        "categoricalHyperParameterRanges": [],
        "continuousHyperParameterRanges": [],
        "integerHyperParameterRanges": [{"name": "training.bptt", "minValue": 4, "maxValue": 16}],
    },
    "hpoResourceConfig": {"maxNumberOfTrainingJobs": "8", "maxParallelTrainingJobs": "1"},
}
CONFIG = {
    "hpoConfig": HPO,
    "algorithmHyperParameters": {"hidden_dimension": "64"},
    "optimizationObjective": {"itemAttribute": "MARGIN", "objectiveSensitivity": "MEDIUM"},
    "trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["MARGIN"]}},
    "eventsConfig": {"eventParametersList": [{"eventType": "Click", "eventValueThreshold": 2.0, "weight": 0.5}]},
    "autoTrainingConfig": {"schedulingExpression": "rate(4 days)"},
}


@pytest.fixture
def solution(ana, group):
    return factories.solution(ana, group, "old", recipe="aws-user-personalization", perform_hpo=True, config=CONFIG)


def posted(page):
    """What a browser would send back from the form of a page."""
    form = re.search(r'<form method="post" class="form-page".*?</form>', page, re.S)[0]
    form = re.sub(r"<(template|noscript)>.*?</\1>", "", form, flags=re.S)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        choice = attributes.get("type") in ("checkbox", "radio")
        ticked = not choice or " checked" in tag
        if ticked and "name" in attributes and " disabled" not in tag and not attributes["name"].startswith("_"):
            found.setdefault(attributes["name"], []).append(attributes.get("value", "on" if choice else ""))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', options)
        found[name] = [chosen[1] if chosen else ""]
    return found


def test_a_clone_that_is_sent_as_it_stands_has_the_same_configuration(console, solution):
    details = f"{SOLUTIONS}old/-clone/details/"
    step = console.post(details, posted(console.get(details).content.decode()) | {"name": "new"}).headers["Location"]
    review = console.post(step, posted(console.get(step).content.decode())).headers["Location"]
    page = console.get(review).content.decode()
    assert "was " not in re.sub(r"<[^>]+>", "", re.search(r"<main.*</main>", page, re.S)[0])
    assert console.post(review).status_code == 303
    made = Solution.objects.get(name="new")
    assert made.perform_hpo is True
    for name in ("optimizationObjective", "trainingDataConfig", "eventsConfig", "autoTrainingConfig"):
        assert made.config[name] == CONFIG[name]
    ranges = made.config["hpoConfig"]["algorithmHyperParameterRanges"]["integerHyperParameterRanges"]
    assert ranges == [{"name": "bptt", "minValue": 4, "maxValue": 16}]
    assert made.config["hpoConfig"]["hpoResourceConfig"] == HPO["hpoResourceConfig"]
    assert made.config["algorithmHyperParameters"]["hidden_dimension"] == "64"


def test_the_review_of_a_clone_says_what_is_different(console, solution):
    details = f"{SOLUTIONS}old/-clone/details/"
    step = console.post(details, posted(console.get(details).content.decode()) | {"name": "new"}).headers["Location"]
    changed = posted(console.get(step).content.decode()) | {"parameter-hidden_dimension": "128", "sensitivity": "HIGH"}
    page = console.get(console.post(step, changed).headers["Location"]).content.decode()
    assert "was 64" in page
    assert "was Medium" in page


def test_a_clone_is_suggested_a_name_and_given_none(console, solution):
    page = console.get(f"{SOLUTIONS}old/-clone/details/").content.decode()
    assert 'placeholder="old-clone"' in page
    assert posted(page)["name"] == [""]


def test_a_legacy_recipe_can_be_cloned(console, ana, group):
    factories.solution(ana, group, "old", recipe="aws-hrnn")
    details = f"{SOLUTIONS}old/-clone/details/"
    answer = console.post(details, posted(console.get(details).content.decode()) | {"name": "new"})
    assert answer.status_code == 303


def test_automatic_training_is_switched_off_and_its_interval_changed(console, solution):
    address = f"{SOLUTIONS}old/-update/"
    given = posted(console.get(address).content.decode()) | {"frequency": "9"}
    answer = console.post(address, given)
    assert answer.headers["Location"] == f"{SOLUTIONS}old/?tab=configuration"
    solution.refresh_from_db()
    assert solution.config["autoTrainingConfig"] == {"schedulingExpression": "rate(9 days)"}
    assert solution.config["eventsConfig"] == CONFIG["eventsConfig"]
    assert "Latest update" in console.get(answer.headers["Location"]).content.decode()
    console.post(address, {name: value for name, value in given.items() if name != "perform_auto_training"})
    solution.refresh_from_db()
    assert solution.perform_auto_training is False


def test_the_listed_event_types_can_be_replaced(console, solution):
    address = f"{SOLUTIONS}old/-update/"
    given = posted(console.get(address).content.decode())
    assert given["events-type"] == ["Click"]
    console.post(address, given | {"events-type": ["Watch"], "events-threshold": [""], "events-weight": ["0.7"]})
    solution.refresh_from_db()
    assert solution.config["eventsConfig"]["eventParametersList"] == [{"eventType": "Watch", "weight": 0.7}]


def test_an_interval_out_of_bounds_is_told_beside_its_field(console, solution):
    answer = console.post(f"{SOLUTIONS}old/-update/", {"perform_auto_training": "on", "frequency": "31"})
    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 30." in answer.content.decode()


def test_nothing_is_updated_before_the_solution_is_active(console, ana, group):
    factories.solution(ana, group, "early", recipe="aws-sims", status=statuses.CREATE_PENDING)
    page = console.get(f"{SOLUTIONS}early/-update/").content.decode()
    assert "Wait until the solution is Active." in page


def test_the_update_as_code(console, solution):
    answer = console.post(f"{SOLUTIONS}old/-update/", {"_code": "1", "perform_auto_training": "on", "frequency": "2"})
    assert "update_solution(" in re.sub(r"<[^>]+>", "", answer.content.decode())


def test_the_page_of_a_solution_leads_there(console, solution):
    page = console.get(f"{SOLUTIONS}old/?tab=configuration").content.decode()
    assert f"{SOLUTIONS}old/-update/" in page
    assert "Latest update" not in page


def test_a_viewer_may_not_update(as_viewer, solution):
    answer = as_viewer.post(f"{SOLUTIONS}old/-update/", {"perform_auto_training": "on", "frequency": "2"})
    assert answer.status_code in (403, 422)
    solution.refresh_from_db()
    assert solution.config == CONFIG
