"""Controls drawn by the console's own templates; each names the template in templates/widgets/."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.template import TemplateDoesNotExist


class ComponentRenderer(TemplatesSetting):
    """Our widgets from templates/, anything else from Django's own."""

    def get_template(self, template_name: str) -> Any:
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return DjangoTemplates().get_template(template_name)


class WithExtras:
    """Gives the template the widget's own settings beside those Django gives."""

    extras: tuple[str, ...] = ()

    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)  # type: ignore[misc]
        context["widget"] |= {extra: getattr(self, extra) for extra in self.extras}
        return context


class TextInput(WithExtras, forms.TextInput):
    """One line of text; ``suffix`` stands inside it at the right, ``mono`` is for ARNs and ids."""

    template_name = "widgets/input.html"
    extras = ("suffix", "mono")

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, suffix: str = "", mono: bool = False):
        super().__init__({"autocomplete": "off", "spellcheck": "false"} | dict(attrs or {}))
        self.suffix = suffix
        self.mono = mono


class NumberInput(TextInput):
    """A number; kept a text control, so that what was typed wrongly comes back with its message."""

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, suffix: str = "", whole: bool = True):
        super().__init__({"inputmode": "numeric" if whole else "decimal"} | dict(attrs or {}), suffix=suffix)


class PasswordInput(WithExtras, forms.PasswordInput):
    template_name = "widgets/input.html"


class DateTimeInput(WithExtras, forms.DateTimeInput):
    template_name = "widgets/input.html"
    input_type = "datetime-local"

    def __init__(self, attrs: Mapping[str, Any] | None = None):
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class Textarea(WithExtras, forms.Textarea):
    template_name = "widgets/textarea.html"
    extras = ("mono",)

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, mono: bool = False):
        super().__init__({"rows": 3} | dict(attrs or {}))
        self.mono = mono


class CodeEditor(WithExtras, forms.Textarea):
    """A text area that becomes an editor; ``language``: json, filter or python."""

    template_name = "widgets/code_editor.html"
    extras = ("language", "label", "short")

    def __init__(self, language: str = "json", label: str = "Code", short: bool = False):
        super().__init__()
        self.language = language
        self.label = label
        self.short = short


class Select(forms.Select):
    template_name = "widgets/select.html"


class MultiSelect(WithExtras, forms.SelectMultiple):
    """Many of a list, as a folding list of tick boxes; the chosen ones stand below as tokens."""

    template_name = "widgets/multiselect.html"
    extras = ("placeholder",)
    use_fieldset = True

    def __init__(self, placeholder: str = "None chosen"):
        super().__init__()
        self.placeholder = placeholder


class Checkbox(WithExtras, forms.CheckboxInput):
    """``look``: check or toggle."""

    template_name = "widgets/checkbox.html"
    extras = ("look",)

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, look: str = "check"):
        super().__init__(attrs)
        self.look = look


class Explained(WithExtras):
    """Choices with a description, a badge, chips or a reason why one cannot be chosen.

    ``about`` maps a value to any of description, badge, chips, disabled_reason.
    """

    extras = ("columns",)
    use_fieldset = True

    def __init__(self, *, about: Mapping[str, Mapping[str, Any]] | None = None, columns: str = ""):
        super().__init__()
        self.about = dict(about or {})
        self.columns = columns

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)  # type: ignore[misc]
        return option | dict(self.about.get(str(value), {}))


class RadioGroup(Explained, forms.RadioSelect):
    template_name = "widgets/radio_group.html"


class Tiles(Explained, forms.RadioSelect):
    """``columns``: empty, "two" or "three"."""

    template_name = "widgets/tiles.html"


class TagEditor(WithExtras, forms.Widget):
    """Rows of key and value, posted as <name>-key and <name>-value."""

    template_name = "widgets/tags.html"
    use_fieldset = True

    def __init__(self, maximum: int = 50):
        super().__init__()
        self.maximum = maximum
        self.row_errors: dict[int, str] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        if not hasattr(data, "getlist"):
            return data.get(name, [])
        pairs = zip(data.getlist(f"{name}-key"), data.getlist(f"{name}-value"), strict=False)
        return [
            {"tagKey": key.strip(), "tagValue": value.strip()} for key, value in pairs if key.strip() or value.strip()
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-key" not in data

    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        rows: Iterable[Mapping[str, str]] = value or []
        context["widget"] |= {
            "rows": [
                {"key": row["tagKey"], "value": row["tagValue"], "error": self.row_errors.get(at)}
                for at, row in enumerate(rows)
            ],
            "maximum": self.maximum,
        }
        return context
