"""F35: schemas: list, details, use as a template, delete when unused."""

from personalize_web.resources.models import Schema
from tests import factories
from tests.console.data_files import text_of


def test_the_list_says_type_domain_and_use(console, ana):
    factories.dataset(ana, factories.active_group(ana))
    factories.schema(ana, "titles", dataset_type="ITEMS", domain="VIDEO_ON_DEMAND")
    words = text_of(console.get("/console/schemas/"))
    assert "interactions-custom" in words and "Item interactions" in words
    assert "titles" in words and "Video on demand" in words


def test_no_schemas_yet(console):
    assert "No schemas" in text_of(console.get("/console/schemas/"))


def test_the_details_have_fields_json_and_datasets(console, ana):
    factories.dataset(ana, factories.active_group(ana))
    page = console.get("/console/schemas/interactions-custom/")
    words = text_of(page)
    assert "Identifier" in words and '"com.amazonaws.personalize.schema"' in words and "movies/INTERACTIONS" in words
    file = console.get("/console/schemas/interactions-custom/?download")
    assert file.content.decode() == Schema.objects.get().text


def test_a_schema_begins_another_groups_schema(console, ana):
    factories.schema(ana, "mine", text=factories.schema(ana, "base").text.replace("\n  ", "\n   "))
    factories.active_group(ana, "lab")
    page = console.get("/console/schemas/mine/").content.decode()
    address = "/console/dataset-groups/lab/datasets/-import/item-interactions/schema/?template=mine"
    assert f'href="{address}"' in page
    step = console.get(console.get(address).headers["Location"])
    assert step.context["form"]["definition"].value() == Schema.objects.get(name="mine").text


def test_a_schema_in_use_is_not_deleted(console, ana):
    factories.dataset(ana, factories.active_group(ana))
    words = text_of(console.get("/console/schemas/interactions-custom/-delete/"))
    assert "Dataset movies/INTERACTIONS uses it" in words


def test_an_unused_schema_goes(console, ana):
    factories.schema(ana, "old")
    answer = console.post("/console/schemas/old/-delete/", {"confirmation": "old"})
    assert answer.headers["Location"] == "/console/schemas/"
    assert not Schema.objects.exists()


def test_where_no_group_lacks_such_a_dataset_the_button_says_so(console, ana):
    factories.dataset(ana, factories.active_group(ana))
    page = console.get("/console/schemas/interactions-custom/").content.decode()
    assert "Every dataset group of this domain has such a dataset already." in page


def test_only_administrators_delete_schemas(as_viewer, ana):
    factories.schema(ana, "old")
    assert "Needs the Administrator role" in as_viewer.get("/console/schemas/old/").content.decode()
    as_viewer.post("/console/schemas/old/-delete/", {"confirmation": "old"})
    assert Schema.objects.exists()
