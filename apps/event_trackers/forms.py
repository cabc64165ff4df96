"""The form of a new event tracker."""

from apps.ui.forms import NameField, OperationForm, TagsField


class EventTrackerForm(OperationForm):
    """F29, step 1."""

    name = NameField(label="Tracker name")
    tags = TagsField()

    def prepare(self) -> None:
        """A name to begin with."""
        self.initial.setdefault("name", f"{self.about['group']['name'][:55]}-events")
