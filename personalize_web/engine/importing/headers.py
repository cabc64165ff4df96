"""What the first bytes of a file and the names of its columns tell, in words that help."""

from collections.abc import Sequence

from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import parquet
from personalize_web.engine.importing.outcome import SourceFile
from personalize_web.engine.importing.scanning import read_header
from personalize_web.engine.schemas import Schema

_FORMATS = {
    b"\xff\xfe": "it is text in UTF-16. Save it as CSV with the encoding UTF-8",
    b"\xfe\xff": "it is text in UTF-16. Save it as CSV with the encoding UTF-8",
    b"\x1f\x8b": "it is compressed with gzip. Unpack it first",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd. Unpack it first",
    b"BZh": "it is compressed with bzip2. Unpack it first",
    b"PK\x03\x04": "it is a zip archive or a workbook. Unpack it, or save the sheet as CSV",
    b"Obj\x01": "it is an Avro file. Write it as CSV or Parquet",
    b"ORC": "it is an ORC file. Write it as CSV or Parquet",
}
_DELIMITERS = {";": "semicolons (;)", "\t": "tabs", "|": "vertical bars (|)", ":": "colons (:)"}


def header_of(file: SourceFile) -> tuple[str, ...]:
    """The column names of a CSV or Parquet file; raises :class:`DataError` where it is neither."""
    if parquet.is_parquet(file.path):
        return parquet.look(file).header
    with file.path.open("rb") as stream:
        head = stream.read(512)
    for magic, says in _FORMATS.items():
        if head.startswith(magic):
            raise DataError(f"{file.name} can't be read as CSV: {says}.")
    if b"\0" in head.split(b"\n", 1)[0]:
        raise DataError(
            f"{file.name} can't be read as CSV: its header has NUL characters, as text in UTF-16 has. Save it with the "
            "encoding UTF-8."
        )
    return read_header(file)[0]


def first_line(file: SourceFile) -> tuple[str, ...] | None:
    """The column names of a CSV file; None where it has no first line."""
    try:
        return read_header(file)[0]
    except DataError:
        return None


def problem_with(header: Sequence[str], schema: Schema) -> str | None:
    """What to say about a header that can't be imported; None where it can."""
    return missing_columns(header, schema) or repeated_columns(header, schema)


def missing_columns(header: Sequence[str], schema: Schema) -> str | None:
    """What to say about columns that the header lacks, with what may be the cause; None where it lacks none."""
    present = set(header)
    missing = [name for name in schema.names if name not in present]
    if not missing:
        return None
    return " ".join([lacking(missing) or "", *hints(header, missing)])


def lacking(missing: Sequence[str]) -> str | None:
    """The documented sentence about missing columns."""
    return f"Input CSV is missing the following columns:[{', '.join(missing)}]." if missing else None


def repeated_columns(header: Sequence[str], schema: Schema) -> str | None:
    """What to say about schema columns that the header names twice."""
    repeated = sorted({name for name in header if header.count(name) > 1 and name in schema.by_name})
    return f"Input CSV names the following columns more than once:[{', '.join(repeated)}]." if repeated else None


def hints(header: Sequence[str], missing: Sequence[str]) -> list[str]:
    """What may be the cause that columns are missing, and what to do."""
    if not missing:
        return []
    if len(header) == 1:
        for delimiter, said in _DELIMITERS.items():
            if delimiter in header[0]:
                return [f"It looks as if columns are separated by {said}; they must be separated by commas."]
        if len(missing) > 1:
            return ["The first line must name the columns, separated by commas."]
    if any(name.strip('"') in missing for name in header if name.startswith('"')):
        return ["Column names in the header must not be quoted: remove the double quotes."]
    near = {name.strip().upper().replace(" ", "_"): name for name in header}
    found = [f"Rename the column {near[name]} to {name}." for name in missing if name in near]
    if not found and header and all(name.lstrip("-").replace(".", "", 1).isdigit() or not name for name in header):
        return ["The first line has no column names; it must name the columns."]
    return found
