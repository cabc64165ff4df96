"""Solution versions side by side."""

import csv
import io
import re
import uuid

import numpy as np
import pytest

from personalize_web.engine import evaluation
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.evaluation.keeping import written
from personalize_web.resources import locations
from tests import deployments, factories
from tests.console import evaluated

COMPARE = "/console/dataset-groups/movies/compare/versions/"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Models of the same data, the last one tested on other users."""
    made = [("aws-sims", 0), ("aws-popularity-count", 0), ("aws-sims", 5)]
    return [
        deployments.train(name, tmp_path_factory.mktemp("model"), options=Options(threads=1, seed=seed))
        for name, seed in made
    ]


@pytest.fixture
def solution(ana):
    return factories.active_solution(ana)


def chosen(*versions, **more):
    return [("v", each.name) for each in versions] + list(more.items())


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def test_ticked_versions_lead_to_the_comparison(console, ana, solution):
    one, two = (evaluated.version(ana, solution) for _ in range(2))
    page = console.get("/console/dataset-groups/movies/solutions/picks/").content.decode()
    assert f'action="{COMPARE}"' in page
    assert f'value="{one.name}"' in page
    assert f'value="{two.name}"' in page


def test_a_single_version_has_nothing_to_tick(console, ana, solution):
    evaluated.version(ana, solution)
    page = console.get("/console/dataset-groups/movies/solutions/picks/").content.decode()
    assert "compare-versions" not in page


def test_a_version_leads_to_its_comparison_with_the_one_before(console, ana, solution):
    first, second = (evaluated.version(ana, solution) for _ in range(2))
    address = f"/console/dataset-groups/movies/solutions/picks/versions/{second.version_id}/"
    assert f"{COMPARE}?v={second.name}&amp;v={first.name}" in console.get(address).content.decode()


def test_with_fewer_than_two_there_is_the_list_to_choose_from(console, ana, solution):
    one, two = (evaluated.version(ana, solution) for _ in range(2))
    page = console.get(COMPARE, chosen(two)).content.decode()
    assert "Choose 2 to 5 versions" in page
    assert re.search(rf'value="{two.name}"[^>]* checked', page)
    assert not re.search(rf'value="{one.name}"[^>]* checked', page)


def test_without_measured_versions_it_says_so(console, ana, solution):
    assert "No measured versions" in console.get(COMPARE).content.decode()


def test_the_address_carries_the_choice(console, ana, solution):
    one, two = evaluated.version(ana, solution), evaluated.version(ana, solution, 1.1)
    page = console.get(COMPARE, chosen(one, two)).content.decode()
    assert f'data-copy="http://testserver{COMPARE}?v={one.name}&amp;v={two.name}"' in page
    assert page.index(one.version_id) < page.index(two.version_id)
    other = console.get(COMPARE, chosen(two, one)).content.decode()
    assert other.index(f"{two.version_id}</a></h2>") < other.index(f"{one.version_id}</a></h2>")


def test_the_best_value_is_bold_and_intervals_stand_below(console, ana, solution):
    one, two = evaluated.version(ana, solution), evaluated.version(ana, solution, 1.1)
    page = console.get(COMPARE, chosen(one, two)).content.decode()
    assert "<b>0.0983</b>" in page
    assert "<b>0.0894</b>" not in page
    assert "0.0805 to 0.0983" in page
    assert "+10.0%" in page


def test_versions_from_before_have_no_intervals_and_the_reason(console, ana, solution):
    page = text_of(console.get(COMPARE, chosen(evaluated.version(ana, solution), evaluated.version(ana, solution))))
    assert "B against A: No intervals: What each test user was answered is not kept" in page


def test_versions_tested_on_the_same_users_are_compared_by_pairs(console, ana, solution, models):
    popular, better = (evaluated.version(ana, solution, key=models[at]) for at in (1, 0))
    page = text_of(console.get(COMPARE, chosen(popular, better)))
    assert "paired bootstrap: both answered the same 16 test users" in page
    assert "surely better" in page


def test_versions_tested_on_other_users_are_compared_apart_and_said_so(console, ana, solution, models):
    one, two = (evaluated.version(ana, solution, key=models[at]) for at in (0, 2))
    page = text_of(console.get(COMPARE, chosen(one, two)))
    assert "unpaired bootstrap: tested on different users" in page


def test_versions_of_segments_are_compared_by_what_they_were_asked_for(console, ana, solution):
    solution.change(recipe_name="aws-item-affinity")
    versions = []
    for caught in (0, 30):
        key = uuid.uuid4()
        versions.append(evaluated.version_of_segments(ana, solution, storage_key=key))
        locations.model_folder(key).mkdir(parents=True)
        hits = (np.arange(40) < caught).astype(np.uint32)
        (locations.model_folder(key) / evaluation.FILE).write_bytes(
            written(
                {
                    "queries": np.arange(40, dtype=np.uint64),
                    "hits": hits,
                    "truths": np.full(40, 3, np.uint32),
                    "by_attributes": np.zeros(1, np.uint8),
                }
            )
        )
    page = text_of(console.get(COMPARE, chosen(*versions)))
    assert "paired bootstrap: both were asked for the same 40 items" in page
    assert "B surely better in 2 of 2" in page
    assert "Recall at 1% by part" in page


def test_differences_of_the_data_are_told(console, ana, solution):
    one = evaluated.version(ana, solution, snapshot={"INTERACTIONS": 3})
    facts = {"test users": 610, "items": 9742, "users": 6101, "interactions": 102_931}
    two = evaluated.version(ana, solution, snapshot={"INTERACTIONS": 4, "ITEMS": 1}, facts=facts)
    page = text_of(console.get(COMPARE, chosen(one, two)))
    assert "Trained on different data" in page
    assert "B has 2,095 more interactions and 1 more user than A. B also read Items." in page


def test_the_same_data_need_no_warning(console, ana, solution):
    page = console.get(COMPARE, chosen(evaluated.version(ana, solution), evaluated.version(ana, solution)))
    assert "different data" not in page.content.decode()


def test_differing_settings_are_shown_and_the_others_counted(console, ana, solution):
    one, two = evaluated.version(ana, solution), evaluated.version(ana, solution)
    two.config = two.config | {
        "algorithmHyperParameters": {"apply_recency_bias": "false"},
        "trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}},
    }
    two.event_type = "Watch"
    two.save()
    page = text_of(console.get(COMPARE, chosen(one, two)))
    assert re.search(r"~ Event type All events Watch", page)
    assert re.search(r"\+ Items columns left out – GENRES", page)
    assert "aws-user-personalization-v2 aws-user-personalization-v2" not in page
    assert re.search(r"\d+ lines are the same", page)
    whole = text_of(console.get(COMPARE, chosen(one, two, all="1")))
    assert "aws-user-personalization-v2 aws-user-personalization-v2" in whole


def test_the_second_version_can_take_the_place_of_the_first_where_that_one_serves(console, ana, solution):
    one, two = evaluated.version(ana, solution), evaluated.version(ana, solution, 1.1)
    factories.campaign(ana, one)
    assert "Deploy B to home" in console.get(COMPARE, chosen(one, two)).content.decode()
    assert "Deploy B" not in console.get(COMPARE, chosen(two, one)).content.decode()


def test_a_version_of_another_solution_is_not_offered_in_its_place(console, ana, solution):
    other = factories.solution(ana, solution.dataset_group, "related", recipe="aws-sims")
    one, two = evaluated.version(ana, solution), evaluated.version(ana, other)
    factories.campaign(ana, one)
    assert "Deploy B" not in console.get(COMPARE, chosen(one, two)).content.decode()


def test_versions_of_several_solutions_are_compared(console, ana, solution):
    other = factories.solution(ana, solution.dataset_group, "related", recipe="aws-sims")
    one, two, three = (evaluated.version(ana, each) for each in (solution, other, other))
    page = text_of(console.get(COMPARE, chosen(one, two, three)))
    assert "3 of up to 5 versions" in page
    assert "C against A" in page
    assert re.search(r"~ Recipe aws-user-personalization-v2 aws-sims aws-sims", page)


def test_a_version_can_be_added_and_taken_away(console, ana, solution):
    one, two, three = (evaluated.version(ana, solution) for _ in range(3))
    page = console.get(COMPARE, chosen(one, two)).content.decode()
    assert f'<option value="{three.name}">' in page
    assert f'<option value="{one.name}">' not in page
    assert f'href="{COMPARE}?v={two.name}" aria-label="Take A away"' in page


def test_a_version_that_is_gone_is_left_out_and_named(console, ana, solution):
    one, two = (evaluated.version(ana, solution) for _ in range(2))
    page = console.get(COMPARE, [*chosen(one, two), ("v", "picks/gone")]).content.decode()
    assert "picks/gone is not there any more" in page
    assert "2 of up to 5 versions" in page


def test_more_than_five_are_not_compared(console, ana, solution):
    page = console.get(COMPARE, chosen(*[evaluated.version(ana, solution) for _ in range(6)])).content.decode()
    assert "Only the first five are compared" in page
    assert "5 of up to 5 versions" in page


def test_the_second_can_take_the_place_of_the_first(console, ana, solution):
    one, two = (evaluated.version(ana, solution) for _ in range(2))
    factories.campaign(ana, one, "home-page")
    page = console.get(COMPARE, chosen(one, two)).content.decode()
    assert "in use by home-page" in page
    assert f"/campaigns/home-page/-update/?version={two.arn}" in page


def test_the_comparison_can_be_taken_along(console, ana, solution, models):
    one, two = (evaluated.version(ana, solution, key=models[at]) for at in (1, 0))
    answer = console.get(f"{COMPARE}-download/", chosen(one, two))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="comparison.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert (rows[0]["A"], rows[0]["B"]) == (one.name, two.name)
    gain = next(row for row in rows if row["metric"] == evaluated.NDCG)
    assert gain["A"] == "0.0894"
    assert float(gain["B minus A low"]) < float(gain["B minus A high"])
    whole = console.get(f"{COMPARE}-download/", chosen(one, two, format="json")).json()
    assert whole["differences"][0]["paired"] is True
    assert [each["solutionVersionArn"] for each in whole["solutionVersions"]] == [one.arn, two.arn]


def test_viewers_compare_too(as_viewer, ana, solution):
    page = as_viewer.get(COMPARE, chosen(evaluated.version(ana, solution), evaluated.version(ana, solution)))
    assert page.status_code == 200
