"""The part of a form that says which columns are trained on: left out by name, or taken by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui.forms import OperationForm, RadioField
from apps.ui.training_columns import DatasetColumns

EXCLUDED, INCLUDED = "excludedDatasetColumns", "includedDatasetColumns"
COLUMNS = "columns-"
MODE = "column_mode"


class ColumnsForm(OperationForm):
    """Tick boxes of the training columns. ``about``: columns (DatasetColumns)."""

    column_mode = RadioField(
        label="Columns that are added to a schema later",
        choices=[(EXCLUDED, "Train on them too"), (INCLUDED, "Do not train on them")],
        about={
            EXCLUDED: {"description": "The columns without a tick are kept as the ones to leave out."},
            INCLUDED: {"description": "The ticked columns are kept as the only ones to train on."},
        },
        initial=EXCLUDED,
        required=False,
        unmarked=True,
        columns="two",
    )

    def prepare(self) -> None:
        super().prepare()
        self.column_groups: tuple[DatasetColumns, ...] = self.about["columns"]
        if not any(group.choices for group in self.column_groups):
            del self.fields[MODE]

    def columns(self) -> list[dict[str, Any]]:
        """The tick boxes, as they were left."""
        return [
            {
                "title": group.title,
                "name": self._key(group),
                "columns": [
                    {"column": each, "checked": each.used if each.locked else each.name in self.kept(group)}
                    for each in group.columns
                ],
            }
            for group in self.column_groups
        ]

    def kept(self, group: DatasetColumns) -> set[str]:
        """Names of the ticked columns of a dataset."""
        if self.is_bound:
            getlist = getattr(self.data, "getlist", None)
            return set(getlist(self._key(group)) if getlist else self.data.get(self._key(group), []))
        given = self.initial.get(COLUMNS + group.dataset_type)
        return set(group.choices) if given is None else set(given)

    def training_data_config(self) -> dict[str, dict[str, list[str]]]:
        """``trainingDataConfig``; empty when every column is trained on."""
        if self.cleaned_data.get(MODE) == INCLUDED:
            return {
                INCLUDED: {
                    group.dataset_type: [name for name in group.choices if name in self.kept(group)]
                    for group in self.column_groups
                    if group.choices
                }
            }
        left = self.left_out()
        return {EXCLUDED: left} if left else {}

    def left_out(self) -> dict[str, list[str]]:
        """Dataset type -> columns without a tick."""
        return {
            group.dataset_type: left
            for group in self.column_groups
            if (left := [name for name in group.choices if name not in self.kept(group)])
        }

    def _key(self, group: DatasetColumns) -> str:
        return self.add_prefix(COLUMNS + group.dataset_type)


def initial(config: Mapping[str, Any], groups: Sequence[DatasetColumns]) -> dict[str, Any]:
    """What :class:`ColumnsForm` begins with for a ``trainingDataConfig``."""
    excluded, included = config.get(EXCLUDED) or {}, config.get(INCLUDED) or {}
    return {
        MODE: INCLUDED if included else EXCLUDED,
        **{
            COLUMNS + group.dataset_type: [
                name
                for name in group.choices
                if (
                    name in included[group.dataset_type]
                    if group.dataset_type in included
                    else name not in excluded.get(group.dataset_type, [])
                )
            ]
            for group in groups
        },
    }
