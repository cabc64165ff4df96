"""F2: how many groups there may be is said before one is refused."""

from personalize_web.resources.models import DatasetGroup
from tests import factories
from tests.console.data_files import text_of

NEW = "/console/dataset-groups/-new/"


def test_the_form_tells_how_many_groups_are_in_use(console, ana):
    factories.active_group(ana)
    assert "1 of 5 dataset groups in use." in text_of(console.get(NEW))


def test_a_full_quota_blocks_the_form_and_says_what_to_do(console, ana):
    for number in range(5):
        factories.active_group(ana, f"group-{number}")
    page = console.get(NEW)
    assert "Limit reached: 5 of 5 dataset groups. Delete one or ask an administrator to raise the limit." in text_of(
        page
    )
    answer = console.post(NEW, {"name": "sixth", "domain": "CUSTOM"})
    assert answer.status_code == 422 and DatasetGroup.objects.count() == 5
