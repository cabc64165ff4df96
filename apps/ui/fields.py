"""Fields with the console's rules and messages (V-NAME, V-TAGS, V-INT, ...); the operations check all of it again."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.ui import widgets

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}")
NAME_CONSTRAINT = "1–63 characters, no spaces, a–z A–Z 0–9 _ -"
NAME_MESSAGE = "Use 1–63 letters, digits, hyphens or underscores, starting with a letter or digit."
ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/\S+")
KEY = re.compile(r"arn:aws\S*:kms:\S*:\d{12}:key/\S+")
LOCATION = re.compile(r"s3://[^/\s]+/\S*")
TAG = re.compile(r"[\w\s.:/=+@-]*")


class Described:
    """What a field says beside its label: description above, info link, narrow width, label only for screen readers.

    ``unmarked`` leaves "optional" away where it would mislead.
    """

    def __init__(
        self,
        *args: Any,
        description: str = "",
        info: str = "",
        narrow: bool = False,
        label_hidden: bool = False,
        unmarked: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.description = description
        self.info = info
        self.narrow = narrow
        self.label_hidden = label_hidden
        self.unmarked = unmarked


class TextField(Described, forms.CharField):
    """One line. ``mono`` for ARNs and ids, ``placeholder``, ``suffix``."""

    def __init__(self, *, placeholder: str = "", suffix: str = "", mono: bool = False, **kwargs: Any):
        attrs = {"placeholder": placeholder} if placeholder else {}
        kwargs.setdefault("widget", widgets.TextInput(attrs, suffix=suffix, mono=mono))
        super().__init__(**kwargs)


class TextAreaField(Described, forms.CharField):
    def __init__(self, *, mono: bool = False, **kwargs: Any):
        kwargs.setdefault("widget", widgets.Textarea(mono=mono))
        super().__init__(**kwargs)


class PasswordField(Described, forms.CharField):
    def __init__(self, *, autocomplete: str = "current-password", **kwargs: Any):
        super().__init__(widget=widgets.PasswordInput({"autocomplete": autocomplete}), strip=False, **kwargs)


class NameField(TextField):
    """V-NAME."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("help_text", NAME_CONSTRAINT)
        kwargs.setdefault("narrow", True)
        kwargs.setdefault("error_messages", {"required": "Enter a name."})
        super().__init__(**kwargs)
        self.widget.attrs["maxlength"] = 63

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not NAME.fullmatch(value):
            raise ValidationError(NAME_MESSAGE)


class RoleField(TextField):
    """V-ROLE."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            mono=True, placeholder=kwargs.pop("placeholder", "arn:aws:iam::123456789012:role/Name"), **kwargs
        )

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and (len(value) > 256 or not ROLE.fullmatch(value)):
            raise ValidationError("Enter a role ARN such as arn:aws:iam::123456789012:role/Name.")


class KeyField(TextField):
    """V-KMS."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("required", False)
        super().__init__(mono=True, placeholder="arn:aws:kms:…", **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and (len(value) > 2048 or not KEY.fullmatch(value)):
            raise ValidationError("Enter a key ARN or leave the field empty.")


class LocationField(TextField):
    """V-S3-FILE; with ``folder`` also V-S3-DIR."""

    def __init__(self, *, folder: bool = False, **kwargs: Any):
        self.folder = folder
        super().__init__(mono=True, placeholder=kwargs.pop("placeholder", "s3://bucket/folder/file.csv"), **kwargs)

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value:
            return
        if len(value) > 256 or not LOCATION.fullmatch(value):
            raise ValidationError("Invalid data location. Use s3://bucket/folder/file.csv.")
        if self.folder and not value.endswith("/"):
            raise ValidationError(
                "End a folder path with /. Without it every object whose path starts with these characters is used."
            )


class IntegerField(Described, forms.IntegerField):
    """V-INT(a, b): whole numbers from ``min_value`` to ``max_value``."""

    def __init__(self, *, suffix: str = "", **kwargs: Any):
        kwargs.setdefault("widget", widgets.NumberInput(suffix=suffix))
        kwargs.setdefault("narrow", True)
        super().__init__(**kwargs)
        _one_message(self, f"Enter a whole number{_bounds(self)}.")


class NumberField(Described, forms.FloatField):
    """V-NUM(a, b): numbers from ``min_value`` to ``max_value``."""

    def __init__(self, *, suffix: str = "", **kwargs: Any):
        kwargs.setdefault("widget", widgets.NumberInput(suffix=suffix, whole=False))
        kwargs.setdefault("narrow", True)
        super().__init__(**kwargs)
        _one_message(self, f"Enter a number{_bounds(self)}.")


class ChoiceField(Described, forms.ChoiceField):
    """A select; ``widget`` may be RadioGroup or Tiles."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("widget", widgets.Select())
        super().__init__(**kwargs)


class TileField(ChoiceField):
    """Cards. ``about``: value -> {description, badge, chips, disabled_reason}; ``columns``: "", "two" or "three"."""

    def __init__(self, *, about: Mapping[str, Mapping[str, Any]] | None = None, columns: str = "", **kwargs: Any):
        super().__init__(widget=widgets.Tiles(about=about, columns=columns), **kwargs)


class RadioField(ChoiceField):
    """Round buttons to choose from; ``about`` and ``columns`` as in TileField."""

    def __init__(self, *, about: Mapping[str, Mapping[str, Any]] | None = None, columns: str = "", **kwargs: Any):
        super().__init__(widget=widgets.RadioGroup(about=about, columns=columns), **kwargs)


class MultipleField(Described, forms.MultipleChoiceField):
    """Many of a list."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("widget", widgets.MultiSelect())
        super().__init__(**kwargs)


class CheckField(Described, forms.BooleanField):
    """A tick box; ``toggle`` draws a switch."""

    def __init__(self, *, toggle: bool = False, **kwargs: Any):
        kwargs.setdefault("required", False)
        super().__init__(widget=widgets.Checkbox(look="toggle" if toggle else "check"), **kwargs)


class CodeField(Described, forms.CharField):
    """Code in the editor; ``language``: json, filter, python."""

    def __init__(self, *, language: str = "json", short: bool = False, **kwargs: Any):
        label = kwargs.get("label") or "Code"
        super().__init__(widget=widgets.CodeEditor(language, label, short), strip=False, **kwargs)


class TagsField(Described, forms.Field):
    """V-TAGS; gives [{"tagKey": ..., "tagValue": ...}, ...]."""

    def __init__(self, *, maximum: int = 50, **kwargs: Any):
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", "Tags")
        kwargs.setdefault("label_hidden", True)
        self.maximum = maximum
        super().__init__(widget=widgets.TagEditor(maximum), **kwargs)

    def clean(self, value: Iterable[dict[str, str]] | None) -> list[dict[str, str]]:
        tags = list(value or [])
        wrong: dict[int, str] = {}
        seen: set[str] = set()
        for at, tag in enumerate(tags):
            key, text = tag["tagKey"], tag["tagValue"]
            if not key:
                wrong[at] = "Enter a key."
            elif key in seen:
                wrong[at] = "Tag keys must be unique"
            elif key.lower().startswith("aws:") or text.lower().startswith("aws:"):
                wrong[at] = "Keys and values cannot start with aws:"
            elif len(key) > 128 or len(text) > 256:
                wrong[at] = "Keys have at most 128 characters, values at most 256."
            elif not TAG.fullmatch(key) or not TAG.fullmatch(text):
                wrong[at] = "Use letters, digits, spaces and _ . : / = + @ -"
            seen.add(key)
        self.widget.row_errors = wrong
        if len(tags) > self.maximum:
            raise ValidationError(f"A resource can have at most {self.maximum} tags")
        if wrong:
            raise ValidationError(list(dict.fromkeys(wrong.values())))
        return tags


def _bounds(field: Any) -> str:
    if field.min_value is not None and field.max_value is not None:
        return f" from {field.min_value:,} to {field.max_value:,}"
    if field.min_value is not None:
        return f" of at least {field.min_value:,}"
    return ""


def _one_message(field: Any, message: str) -> None:
    """The same words whatever is wrong with a number: what is allowed."""
    field.error_messages |= {"invalid": message, "required": message}
    for validator in field.validators:
        validator.message = message
