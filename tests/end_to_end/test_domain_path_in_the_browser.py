"""The domain path as a newcomer clicks it: a video on demand group, two recommenders, and what they answer."""

import csv

import pytest
from playwright.sync_api import expect

from personalize_web.engine import sample

pytestmark = pytest.mark.browser

GROUP = "dataset-groups/browser-cinema/"


@pytest.fixture(scope="module")
def catalogue(instance, tmp_path_factory):
    """An invented catalogue, put into the store by hand."""
    folder = tmp_path_factory.mktemp("catalogue")
    sample.write(folder, users=400, items=500, events=20_000)
    for name in ("interactions", "items"):
        (instance.bucket("cinema") / f"{name}.csv").write_bytes((folder / f"{name}.csv").read_bytes())
    return folder


def import_dataset(visitor, slug: str, location: str, schema: str | None = None) -> None:
    page = visitor.page
    visitor.go(f"{GROUP}datasets/-import/{slug}/method/")
    visitor.press("Next")
    if schema:
        page.locator("textarea[name=definition]").fill(schema)
    expect(page.get_by_role("main").get_by_text("Errors: 0")).to_be_visible()
    visitor.press("Next")
    page.locator("input[name=data_location]").fill(location)
    visitor.press("Start import")


def test_the_default_schema_of_the_domain_takes_the_interactions(visitor, catalogue):
    page = visitor.page
    visitor.go("dataset-groups/-new/")
    page.get_by_label("Dataset group name").fill("browser-cinema")
    page.get_by_text("Titles for viewers.").click()
    visitor.press("Create dataset group")
    visitor.until_status("Active")
    import_dataset(visitor, "item-interactions", "s3://cinema/interactions.csv")
    visitor.until_status("Interaction data active")
    import_dataset(visitor, "items", "s3://cinema/items.csv", (catalogue / "items.json").read_text())
    visitor.until_status("Item data active")


def test_two_use_cases_become_recommenders(visitor):
    page = visitor.page
    visitor.go(f"{GROUP}recommenders/-new/use-cases/")
    for use_case in ("aws-vod-top-picks", "aws-vod-because-you-watched-x"):
        page.locator(f"input[type=checkbox][value$='{use_case}']").check(force=True)
    visitor.finds_it_accessible()
    visitor.press("Next")
    visitor.press("Next")
    visitor.press("Create recommenders")
    expect(page.get_by_role("main").get_by_text("Active", exact=True)).to_have_count(2, timeout=240_000)
    visitor.finds_it_accessible()


@pytest.fixture(scope="module")
def watched(catalogue) -> tuple[str, list[str]]:
    """Somebody of the catalogue, and the titles this person watched."""
    with (catalogue / "interactions.csv").open(newline="") as file:
        events = [row for row in csv.DictReader(file) if row["EVENT_TYPE"].lower() == "watch"]
    user = events[-1]["USER_ID"]
    return user, [row["ITEM_ID"] for row in events if row["USER_ID"] == user]


def test_top_picks_are_tried_beside_the_users_own_history(visitor, watched):
    page = visitor.page
    user, titles = watched
    visitor.go(f"{GROUP}recommenders/")
    page.get_by_role("main").get_by_role("link", name="top-picks").first.click()
    visitor.press("Test")
    page.get_by_label("User ID").fill(user)
    visitor.press("Get recommendations")
    page.locator("tr[data-row]").first.wait_for()
    expect(page.locator("tr[data-row]")).to_have_count(25)
    expect(page.get_by_role("main").get_by_text("RID-").first).to_be_visible()
    visitor.sees("0 already seen")
    shown = page.locator("tr[data-row]").all_inner_texts()
    assert not any(title in row for title in titles[-50:] for row in shown), "a watched title came back"
    visitor.finds_it_accessible()


def test_boto3_gets_what_follows_one_title_without_the_title_itself(instance, visitor, watched):
    user, titles = watched
    personalize = instance.client("personalize")
    recommenders = personalize.list_recommenders()["recommenders"]
    arn = next(each["recommenderArn"] for each in recommenders if "because-you-watched" in each["recipeArn"])
    runtime = instance.client("personalize-runtime")

    def following(title: str) -> list[str]:
        answer = runtime.get_recommendations(recommenderArn=arn, userId=user, itemId=title)
        assert all("score" not in item for item in answer["itemList"])
        return [item["itemId"] for item in answer["itemList"]]

    first, second = following(titles[-1]), following(titles[0])
    assert first
    assert titles[-1] not in first
    assert first != second
