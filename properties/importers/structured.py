"""A structured log as events, by a mapping: JSON in lines, or spans as OpenTelemetry's file exporter writes them.

An item is an object of a line; or a span, an event of a span, or a log record. Its attributes are its own, of an
event of a span also the span's, then those of its resource; `@name` is what it is called. A process that no event says
to start starts where it is first seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Attributes
from functools import partial
from typing import Any, cast

import msgspec

from properties.history.events import Event, Line, Meta, Start
from properties.history.ledger import refusals_of
from properties.importers.logs import MOST_BYTES, Place
from properties.importers.mapping import EventRule, Field, Mapping, Source
from properties.importers.naming import ImportFaultError
from properties.importers.reader import Kind, LogFacts

Item = Attributes[str, Any]
NAMES = frozenset({"process", "message", "sender", "of", "handle", "service"})
"""Fields that are names: a number is written as one."""
DIGITS = r"[0-9]{1,18}"
LISTS = frozenset({"members", "left", "joined", "keys"})
MISSING = object()


class StructuredReader:
    """One log; its processes are named in it."""

    wanted = re.compile(rb"\S")
    inside = False

    def __init__(self, mapping: Mapping) -> None:
        self.facts, self.mapping = LogFacts(), mapping
        self.started: set[str] = set()
        self.file = ""
        self.refusals = refusals_of(frozenset(mapping.observes))
        self.kept: list[tuple[Any, Event]] = []
        """Events that wait to be put in order."""

    def take(self, line: str, place: Place) -> Iterator[Event]:
        """The events of a line, or none yet if they are to be put in order."""
        self.file = place.file
        for item in self._items(line, place):
            rule = next((one for one in self.mapping.rules if _matches(item, one)), None)
            if rule is None:
                self.facts.left_out["an item that no event of the mapping matches"] += 1
                continue
            event = self._event(rule, item, line, place)
            if self.mapping.order is None:
                yield from self._begun(event)
            else:
                self.kept.append((_value(self.mapping.order, "order", item, _fault(place)), event))

    def finish(self) -> Iterator[Event]:
        """What was put in order; items that are equal in it stay as they are in the log."""
        try:
            self.kept.sort(key=lambda one: one[0])
        except TypeError as error:
            raise ImportFaultError(self.file, f"order: values of different types: {error}") from error
        for _, event in self.kept:
            yield from self._begun(event)

    def _begun(self, event: Event) -> Iterator[Event]:
        if event.process not in self.started and not isinstance(event, Start):
            place, _, text = event.note.partition(": ")
            yield Start(event.process, 0, incarnation=1, note=f"{place}: first seen: {text}")
        self.started.add(event.process)
        yield event

    def _items(self, line: str, place: Place) -> Iterator[Item]:
        found = _json(line, self.mapping, place)
        if found is None:
            self.facts.left_out["a line without JSON"] += 1
        elif self.mapping.layout == "lines":
            yield found
        else:
            yield from _of_otlp(found, place)

    def _event(self, rule: EventRule, item: Item, line: str, place: Place) -> Event:
        fault = _fault(place)
        fields: dict[str, Any] = {"event": rule.event, "seq": 0, "note": place.note(line)}
        for name, source in {"process": self.mapping.process, **rule.fields}.items():
            value = _value(source, f"{rule.event}: {name}", item, fault)
            if value is not MISSING:
                fields[name] = _named(name, value)
        if rule.event == "start":
            fields.setdefault("incarnation", 1)
        try:
            event: Meta | Event = msgspec.convert(fields, Line)
        except msgspec.ValidationError as error:
            raise fault(f"{rule.event}: {error}") from error
        if isinstance(event, Meta):
            raise fault("meta is no event")
        refused = self.refusals.get(type(event))
        if refused and (reason := refused(event)):
            raise fault(f"{rule.event}: {reason}")
        return event


def _fault(place: Place) -> partial[ImportFaultError]:
    return partial(ImportFaultError, place.file, line=place.line)


def _json(line: str, mapping: Mapping, place: Place) -> dict[str, Any] | None:
    """The object in a line; None if it has none and such lines are skipped."""
    fault = _fault(place)
    before, brace, rest = line.partition("{")
    if brace and before.strip() and not mapping.text_before:
        raise fault("text before `{`; a mapping with `text_before = true` takes the line from there on")
    try:
        if not brace:
            raise fault('no `{` in the line; a mapping with `foreign = "skip"` leaves such lines out')
        return msgspec.json.decode(brace + rest, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        if mapping.foreign == "skip":
            return None
        behind = " behind the text before `{`" if before.strip() else ""
        long = f"; of a line only {MOST_BYTES:,} bytes are read" if len(line) >= MOST_BYTES else ""
        raise fault(f"not JSON{behind}: {error}{long}") from error
    except ImportFaultError:
        if mapping.foreign == "skip":
            return None
        raise


def _of_otlp(found: dict[str, Any], place: Place) -> Iterator[Item]:
    """Spans and log records in a line of a file exporter, and the events of spans."""
    fault = _fault(place)
    if not found.keys() & {"resourceSpans", "resourceLogs"}:
        raise fault("neither `resourceSpans` nor `resourceLogs`: not what a file exporter of OpenTelemetry writes")
    try:
        for resource in (*found.get("resourceSpans", ()), *found.get("resourceLogs", ())):
            shared = _attributes(resource.get("resource", {}))
            for scope in resource.get("scopeSpans", ()):
                for span in scope.get("spans", ()):
                    yield from _of_span(span, shared)
            for scope in resource.get("scopeLogs", ()):
                for record in scope.get("logRecords", ()):
                    name = record.get("eventName") or _plain(record.get("body", {}))
                    yield {**shared, **_attributes(record), "@name": name, "@time": int(record.get("timeUnixNano", 0))}
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise fault(f"not OTLP JSON: {error}") from error


def _of_span(span: dict[str, Any], shared: Item) -> Iterator[Item]:
    own = {**shared, **_attributes(span)}
    begins, ends = int(span.get("startTimeUnixNano", 0)), int(span.get("endTimeUnixNano", 0))
    yield {**own, "@name": span["name"], "@time": begins, "@end": ends}
    for event in span.get("events", ()):
        yield {**own, **_attributes(event), "@name": event["name"], "@time": int(event.get("timeUnixNano", 0))}


def _attributes(of: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: _plain(one["value"]) for one in of.get("attributes", ())}


def _plain(value: dict[str, Any]) -> Any:
    """OpenTelemetry's value as JSON has it: whole numbers are texts there."""
    match value:
        case {"intValue": number}:
            return int(number)
        case {"arrayValue": array}:
            return [_plain(one) for one in array.get("values", ())]
        case {"kvlistValue": pairs}:
            return {one["key"]: _plain(one["value"]) for one in pairs.get("values", ())}
        case _:
            return next(iter(value.values()), None)


def _matches(item: Item, rule: EventRule) -> bool:
    return all(_attribute(item, name) == wanted for name, wanted in rule.when.items())


def _attribute(item: Item, name: str) -> Any:
    """An attribute by its whole name, else by the names of objects in each other, with dots between."""
    if name in item:
        return item[name]
    found: Any = item
    for part in name.split("."):
        found = cast("dict[str, Any]", found).get(part, MISSING) if isinstance(found, dict) else MISSING
    return found


def _value(source: Source, what: str, item: Item, fault: partial[ImportFaultError]) -> Any:
    """What a field is; ImportFaultError if the item lacks it."""
    if isinstance(source, list):
        return [_value(one, what, item, fault) for one in source]
    field = Field(source) if isinstance(source, str) else source
    if field.attribute is None:
        return field.value
    value = _attribute(item, field.attribute)
    if value is MISSING or value is None:
        if field.optional:
            return MISSING
        raise fault(f"no attribute {field.attribute!r}, which the mapping takes for {what}")
    if field.pattern is not None:
        value = _grouped(field.pattern, value, what, fault)
    return _split(value, field.separator) if field.separator is not None else value


def _grouped(pattern: str, value: Any, what: str, fault: partial[ImportFaultError]) -> Any:
    found = re.fullmatch(pattern, str(value))
    if found is None:
        raise fault(f"{value!r} does not match the pattern that the mapping has for {what}")
    groups = found.groups()
    return list(groups) if len(groups) > 1 else groups[0] if groups else found[0]


def _split(value: Any, separator: str) -> list[str]:
    return [part.strip() for part in str(value).split(separator) if part.strip()]


def _named(name: str, value: Any) -> Any:
    """A value as the history's field has it: names are texts, and a ring is a name and a number."""
    if name in NAMES:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    items = _items_of(value)
    if name in LISTS and items:
        return [_member(one) for one in items]
    if name in ("ring", "out_of") and len(items) == 2:
        number = items[1]
        return [str(items[0]), int(number) if isinstance(number, str) and re.fullmatch(DIGITS, number) else number]
    return value


def _items_of(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _member(one: Any) -> Any:
    return str(one) if isinstance(one, int) and not isinstance(one, bool) else one


def mapped(mapping: Mapping) -> Kind:
    """The kind of log that a mapping describes."""
    return Kind(
        "the mapping", mapping.source or "a structured log", partial(StructuredReader, mapping),
        facets=tuple(mapping.observes),
    )  # fmt: skip
