"""F33: the tags of any resource; one request says what was added, changed and removed."""

from typing import Any

from apps.ui import destinations, jobs
from apps.ui.flashes import flash
from apps.ui.forms import OperationForm, TagsField
from apps.ui.pages import FormPage
from personalize_web import operations
from personalize_web.operations.errors import InvalidInputException


class TagsForm(OperationForm):
    """All tags of the resource."""

    tags = TagsField()


class ResourceTags(FormPage):
    """The tags of the resource whose ARN stands in ``?arn=``."""

    operation, form_class = operations.tag_resource, TagsForm
    template_name = "tags/edit.html"
    title, noun, submit = "Manage tags", "tags", "Save"
    section, info = "dataset-groups", "tags"

    @property
    def resource_arn(self) -> str:
        """Whose tags they are."""
        arn = self.request.GET.get("arn", "")
        if not arn:
            raise InvalidInputException("Say whose tags: the address lacks the ARN of a resource.")
        return arn

    def back(self) -> str:
        """The resource's page, at its tags where they have a tab of their own."""
        address = destinations.address(self.caller, self.resource_arn)
        if not address:
            return jobs.address(self.resource_arn)
        return f"{address}{'&' if '?' in address else '?'}tab=tags"

    def current(self) -> list[dict[str, str]]:
        """The tags as they are."""
        return operations.list_tags_for_resource(self.caller, resource_arn=self.resource_arn)["tags"]

    def initial(self) -> dict[str, Any]:
        """The tags as they are."""
        return {"tags": self.current()}

    def edited(self) -> tuple[str, Any]:
        """All of them."""
        return self.resource_arn, sorted((tag["tagKey"], tag["tagValue"]) for tag in self.current())

    def perform(self) -> str:
        """Remove what is gone, add what is new or changed; answers it in words."""
        before = {tag["tagKey"]: tag["tagValue"] for tag in self.current()}
        after = {tag["tagKey"]: tag["tagValue"] for tag in self.form.cleaned_data["tags"]}
        gone = sorted(before.keys() - after.keys())
        changed = [key for key in after if before.get(key) != after[key]]
        if gone:
            operations.untag_resource(self.caller, resource_arn=self.resource_arn, tag_keys=gone)
        if changed:
            tags = [{"tagKey": key, "tagValue": after[key]} for key in changed]
            operations.tag_resource(self.caller, resource_arn=self.resource_arn, tags=tags)
        added = sum(key not in before for key in changed)
        parts = [(added, "added"), (len(changed) - added, "changed"), (len(gone), "removed")]
        return ", ".join(f"{count} {word}" for count, word in parts if count) or "nothing changed"

    def code_calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The call that adds and changes."""
        tags = self.form.cleaned_data.get("tags", []) if self.form.is_valid() else []
        return [("tag_resource", {"resource_arn": self.resource_arn, "tags": tags})]

    def success(self, answer: Any) -> None:
        """How many of each."""
        flash(self.request, "success", "Tags saved:", f"{answer}.")

    def success_url(self, answer: Any) -> str:
        """Back to the resource."""
        return self.back()

    def cancel_url(self) -> str:
        """Back to the resource."""
        return self.back()

    def context(self) -> dict[str, Any]:
        """Whose tags they are."""
        return super().context() | {"resource_arn": self.resource_arn, "description": jobs.name_of(self.resource_arn)}


class GroupTags(ResourceTags):
    """The tags of a dataset group."""

    section = "overview"

    @property
    def resource_arn(self) -> str:
        """The group of the address."""
        return str(self.group["datasetGroupArn"])

    def back(self) -> str:
        """The overview, where the tags are."""
        return f"{self.url('dataset_groups:overview')}?tab=tags"
