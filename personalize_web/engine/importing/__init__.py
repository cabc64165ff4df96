"""Files to columns: a bad row is named by its line, and nothing of a bad file is kept."""

from personalize_web.engine.importing.checking import check_files
from personalize_web.engine.importing.job import PHASES, import_files, many_event_types, too_large
from personalize_web.engine.importing.outcome import BadRow, BadRows, ImportSummary, SourceFile
from personalize_web.engine.importing.preflight import Preflight, preflight

__all__ = [
    "PHASES",
    "BadRow",
    "BadRows",
    "ImportSummary",
    "Preflight",
    "SourceFile",
    "check_files",
    "import_files",
    "many_event_types",
    "preflight",
    "too_large",
]
