"""The filter and the promotion of a request: their fields, and what they become as arguments."""

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.ui.expressions import Choice, values
from apps.ui.forms import ChoiceField, IntegerField, TextField
from personalize_web.operations import ServiceError

FILTER, PROMOTION, PERCENT = "filter", "promotion", "promotion_percent"
NAME = "console-promotion"
LONGEST = 900
"""Characters of what is typed for a placeholder: with its quotes it is below the 1,000 of a request."""
LEFT_OUT = "Left empty, this part of the filter is not applied."


class Filtering(forms.Form):
    """The fields. ``about``: filters (Active ones for items), related (whether requests name an item)."""

    about: dict[str, Any]

    def add_filtering(self, *, promotes: bool) -> None:
        """A choice of filters and its values; with ``promotes`` a promotion too."""
        self._add(FILTER, "Filter name")
        if promotes:
            self.fields[PERCENT] = IntegerField(
                label="Percent promoted items", min_value=1, max_value=100, required=False, unmarked=True
            )
            self._add(PROMOTION, "Promotion filter")

    def _add(self, kind: str, label: str) -> None:
        self.fields[kind] = ChoiceField(label=label, required=False, unmarked=kind == PROMOTION)
        self.fields[kind].choices = [("", "None"), *((one.name, one.name) for one in self.offered)]
        chosen = self.chosen(kind)
        for name in chosen.placeholders if chosen else ():
            needed = chosen is not None and name in chosen.needed
            self.fields[f"{kind}-{name}"] = TextField(
                label=name,
                required=needed,
                unmarked=True,
                mono=True,
                max_length=LONGEST,
                help_text="Commas separate several values." if needed else LEFT_OUT,
                error_messages={"required": f"Enter a value for {name}."},
            )

    @property
    def offered(self) -> list[Choice]:
        """Filters that fit: with CurrentItem only where requests name an item."""
        found: Sequence[Choice] = self.about.get("filters", ())
        return [one for one in found if self.about.get("related") or not one.of_item]

    @property
    def hidden_filters(self) -> list[str]:
        """Names of filters that only related items take."""
        offered = {one.name for one in self.offered}
        return [one.name for one in self.about.get("filters", ()) if one.name not in offered]

    def chosen(self, kind: str) -> Choice | None:
        """The filter that stands in the form, of the request or of the promotion."""
        name = self.data.get(kind) if self.is_bound else self.initial.get(kind)
        return next((one for one in self.offered if one.name == name), None)

    def parts(self) -> dict[str, dict[str, Any]]:
        """For the template: each choice with its expression and the fields of its values."""
        return {
            kind: {
                "field": self[kind],
                "chosen": self.chosen(kind),
                "values": [self[name] for name in self.fields if name.startswith(f"{kind}-")],
            }
            for kind in (FILTER, PROMOTION)
            if kind in self.fields
        }

    @property
    def promotion_open(self) -> bool:
        """Whether anything of a promotion stands in the form."""
        return any(self[name].value() for name in (PERCENT, PROMOTION) if name in self.fields)

    def check_filtering(self, cleaned: dict[str, Any]) -> None:
        """A share needs a filter and a filter a share; what reads the user needs one."""
        if cleaned.get(PERCENT) and not cleaned.get(PROMOTION) and PROMOTION not in self.errors:
            self.add_error(PROMOTION, "Choose the filter that says what is promoted.")
        if cleaned.get(PROMOTION) and not cleaned.get(PERCENT) and PERCENT not in self.errors:
            self.add_error(PERCENT, "Enter a whole number from 1 to 100.")
        for kind in (FILTER, PROMOTION):
            chosen = self.chosen(kind)
            nobody = "user_id" in self.fields and "user_id" not in self.errors and not cleaned.get("user_id")
            if chosen and chosen.of_user and nobody:
                self.add_error("user_id", f"Enter a user ID: filter {chosen.name} reads what the user did or is.")

    def filtering_arguments(self) -> dict[str, Any]:
        """filter_arn, filter_values and promotions of the request, those that were given."""
        given = getattr(self, "cleaned_data", {})
        found: dict[str, Any] = {}
        chosen = self.chosen(FILTER) if given.get(FILTER) else None
        if chosen:
            found["filter_arn"] = chosen.arn
            found |= {"filter_values": each} if (each := self._values(FILTER)) else {}
        promoted = self.chosen(PROMOTION) if given.get(PROMOTION) and given.get(PERCENT) else None
        if promoted:
            promotion = {"name": NAME, "percentPromotedItems": given[PERCENT], "filterArn": promoted.arn}
            each = self._values(PROMOTION)
            found["promotions"] = [promotion | ({"filterValues": each} if each else {})]
        return found

    def _values(self, kind: str) -> dict[str, str]:
        return {
            name.removeprefix(f"{kind}-"): values(text)
            for name, text in self.cleaned_data.items()
            if name.startswith(f"{kind}-") and text
        }

    def field_of(self, error: ServiceError) -> str | None:
        """Beside which field an error belongs that names a filter, its values or a promotion."""
        at_fault = error.field or ""
        if at_fault.startswith("promotions"):
            return PROMOTION
        if not at_fault.startswith("filter"):
            return None
        promoted, filtered = (self.chosen(kind) for kind in (PROMOTION, FILTER))
        kind = PROMOTION if promoted and (filtered is None or promoted.arn in error.message) else FILTER
        first = next((name for name in self.fields if name.startswith(f"{kind}-")), kind)
        return first if at_fault.startswith("filter_values") else kind
