"""A mapping: which attribute of a structured log is the process, the ring, the message. Written by its user, in TOML.

It is strict: what it does not know is an error, and so is a line that lacks what the mapping says to be there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import msgspec

from properties.history.events import EVENTS, FACETS, Facet
from properties.importers.naming import ImportFaultError

FORMAT = "ringplug-mapping-1"
KINDS = {kind.__name__.lower(): kind for kind in EVENTS}
OF_EVERY_EVENT = ("process", "time_ms")
GIVEN = ("note", "seq")
"""Fields that the import fills."""
Scalar = str | int | float | bool


class Field(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where a field's value comes from."""

    attribute: str | None = None
    value: Scalar | list[Scalar] | None = None
    """The same in every event."""
    pattern: str | None = None
    """A regular expression for the whole text of the attribute: its groups are the value, of several a list."""
    separator: str | None = None
    """What stands between the items of a list that is a text."""
    optional: bool = False
    """An event that lacks the attribute lacks the field."""


Source = str | list[str] | Field
"""An attribute, several of them as a list, or more that is to be said."""


class EventRule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which items of the log are events of a kind, and what their fields are."""

    event: str
    when: dict[str, Scalar]
    """Attributes that such an item has, with these values."""
    fields: dict[str, Source] = {}


class Mapping(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a mapping file says."""

    format: str
    layout: Literal["lines", "otlp"]
    """JSON, one object a line; or the lines that a file exporter of OpenTelemetry writes."""
    observes: list[Facet]
    process: Source
    rules: list[EventRule]
    text_before: bool = False
    """A line may have text before its `{`."""
    foreign: Literal["refuse", "skip"] = "refuse"
    """What becomes of a line without JSON."""
    order: Source | None = None
    """What the events of one process are in order of; without it, the order of the lines."""
    source: str = ""


class MappingFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file: `event` is a list of tables, whose keys beside `is` and `when` are fields."""

    format: str
    layout: str
    observes: list[str]
    process: Source
    event: list[dict[str, object]]
    text_before: bool = False
    foreign: str = "refuse"
    order: Source | None = None
    source: str = ""


def read_mapping(path: Path) -> Mapping:
    """The mapping in a file; ImportFaultError says what is wrong with it."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text()), MappingFile)
        if read.format != FORMAT:
            raise MappingError(f"format is {read.format!r}; this version reads {FORMAT!r}")
        for facet in read.observes:
            _known(facet, FACETS, "observes")
        rules = [_rule(one, f"event {i}", read.observes) for i, one in enumerate(read.event, 1)]
        fields = {name: getattr(read, name) for name in read.__struct_fields__ if name != "event"}
        return msgspec.convert({**fields, "rules": rules}, Mapping, from_attributes=True)
    except OSError as error:
        raise ImportFaultError(str(path), error.strerror or "cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportFaultError(str(path), f"not TOML: {error}") from error
    except (msgspec.ValidationError, MappingError) as error:
        raise ImportFaultError(str(path), str(error)) from error


class MappingError(ValueError):
    """What a mapping says cannot be."""


def _rule(table: dict[str, object], where: str, observes: list[str]) -> EventRule:
    """One kind of event; its fields are those of the history's event."""
    said = dict(table)
    kind = _known(str(said.pop("is", "")), KINDS, f"{where}: is")
    when = msgspec.convert(said.pop("when", {}), dict[str, Scalar])
    if not when:
        raise MappingError(f"{where}: `when` says which attributes have which values, and must not be empty")
    allowed = [*OF_EVERY_EVENT, *(name for name in KINDS[kind].__struct_fields__ if name not in GIVEN)]
    for name in said:
        _known(name, allowed, f"{where} ({kind})")
    if kind in FACETS and kind not in observes:
        raise MappingError(f"{where} is {kind!r}, which observes does not name")
    fields = {name: msgspec.convert(value, Source) for name, value in said.items()}
    for name, source in fields.items():
        _check(source, f"{where} ({kind}): {name}")
    return EventRule(kind, when, fields)


def _check(source: Source, where: str) -> None:
    if not isinstance(source, Field):
        return
    if (source.attribute is None) == (source.value is None):
        raise MappingError(f"{where}: `attribute` or `value`, one of them")
    try:
        re.compile(source.pattern or "")
    except re.error as error:
        raise MappingError(f"{where}: pattern: {error}") from error


def _known(name: str, names: Iterable[str], where: str) -> str:
    known = list(names)
    if name in known:
        return name
    near = get_close_matches(name, known, 1)
    others = f"near it: {near[0]}" if near else f"there are {', '.join(known)}"
    raise MappingError(f"{where}: unknown {name!r}; {others}")
