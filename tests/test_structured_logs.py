"""Structured logs by a mapping: JSON in lines, OpenTelemetry's spans, and what is wrong with a line or a mapping."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from properties.history.events import Configuration
from properties.importers.imported import Imported
from properties.importers.importing import import_logs
from properties.importers.mapping import read_mapping
from properties.importers.naming import ImportFaultError
from properties.importers.structured import mapped
from tests.command import ringplug
from tests.log_lines import verdicts

LINES = """
format = "ringplug-mapping-1"
layout = "lines"
text_before = true
observes = ["regular", "originate", "deliver", "sender"]
process = "node"
source = "a broker"

[[event]]
is = "configuration"
when = { what = "view" }
kind = { value = "regular" }
ring = ["view.by", "view.number"]
members = { attribute = "members", separator = "," }

[[event]]
is = "originate"
when = { what = "sent" }
message = "id"

[[event]]
is = "deliver"
when = { what = "got" }
message = "id"
sender = "from"
"""
VIEW = '12:00 INFO  view {"what":"view","node":1,"view":{"by":1,"number":4},"members":"1, 2"}\n'
SENT = '12:01 DEBUG {"what":"sent","node":1,"id":"m1"}\n'
GOT = '12:02 DEBUG {"what":"got","node":2,"id":"m1","from":1}\n'
OTHER = VIEW.replace('"node":1', '"node":2')


class Mapped:
    """A mapping in a directory, and logs that are read by it."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.count = directory, 0

    def mapping(self, text: str = LINES) -> Path:
        path = self.directory / "my.toml"
        path.write_text(text)
        return path

    def read(self, log: str, mapping: str = LINES, name: str = "app.log") -> Imported:
        self.count += 1
        out = self.directory / str(self.count)
        out.mkdir()
        (self.directory / name).write_text(log)
        kind = mapped(read_mapping(self.mapping(mapping)))
        return import_logs(kind, [str(self.directory / name)], out, quiescent=True)


@pytest.fixture
def logs(tmp_path: Path) -> Mapped:
    return Mapped(tmp_path)


def test_json_behind_text_becomes_a_history(logs: Mapped) -> None:
    found = logs.read(VIEW + SENT + OTHER + GOT)
    assert found.history.processes == ("1", "2")
    for process, kind in (("1", "Originate"), ("2", "Deliver")):
        own = [type(event).__name__ for event in found.history.events() if event.process == process]
        assert own == ["Start", "Configuration", kind, "End"]
    decided = verdicts(found)
    assert (decided["EVS-1.1"], decided["RING-S3"], decided["EVS-3"]) == ("ok", "ok", "violated")
    places = [(type(one.event).__name__, Path(one.file).name, one.line) for one in found.history.read()]
    assert ("Originate", "app.log", 2) in places


@pytest.mark.parametrize(
    ("line", "changed", "says"),
    [
        pytest.param(VIEW, ("text_before = true\n", ""), "app.log:1: text before `{`", id="text"),
        pytest.param("no JSON here\n", ("", ""), "app.log:1: no `{` in the line", id="none"),
        pytest.param("{x} " + VIEW, ("", ""), "app.log:1: not JSON", id="braces"),
        pytest.param("a {x} " + VIEW, ("", ""), "app.log:1: not JSON behind the text before `{`", id="braces-behind"),
        pytest.param(VIEW + SENT.replace('"id"', '"ID"'), ("", ""),
                     "app.log:2: no attribute 'id', which the mapping takes for originate: message", id="lacking"),
        pytest.param(VIEW.replace("4", '"four"'), ("", ""), "app.log:1: configuration: Expected `int`", id="int"),
        pytest.param(VIEW, ('members = { attribute = "members", separator = "," }',
                            'members = { attribute = "members", pattern = "<(.*)>", separator = "," }'),
                     "'1, 2' does not match the pattern that the mapping has for configuration: members", id="pattern"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_as_the_mapping_says_is_named(
    line: str, changed: tuple[str, str], says: str, logs: Mapped
) -> None:
    with pytest.raises(ImportFaultError) as refused:
        logs.read(line, LINES.replace(*changed) if changed[0] else LINES)
    assert says in str(refused.value)


def test_foreign_lines_are_left_out_where_the_mapping_says_so(logs: Mapped) -> None:
    found = logs.read("no JSON\nsome {braces}\n" + VIEW + '{"what":"else"}\n', 'foreign = "skip"' + LINES)
    assert dict(found.left_out) == {
        "a line without JSON": 2, "an item that no event of the mapping matches": 1
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('format = "ringplug-mapping-1"', 'format = "2"'), "format is '2'; this version reads 'ringplug-mapping-1'"),
        (('"regular", ', '"reguler", '), "observes: unknown 'reguler'; near it: regular"),
        (('is = "deliver"', 'is = "delivery"'), "event 3: is: unknown 'delivery'; near it: deliver"),
        (('sender = "from"', 'sendr = "from"'), "event 3 (deliver): unknown 'sendr'; near it: sender"),
        (('"deliver", ', ""), "event 3 is 'deliver', which observes does not name"),
        (('when = { what = "got" }', ""), "event 3: `when` says which attributes"),
        (('layout = "lines"', 'layout = "csv"'), "Invalid enum value 'csv'"),
        (('layout = "lines"', "layout ="), "not TOML: Invalid value (at line 3, column 9)"),
        (('{ value = "regular" }', '{ vale = "regular" }'), "unknown field `vale`"),
        (('{ value = "regular" }', '{ value = "regular", attribute = "a" }'), "`attribute` or `value`, one of them"),
        (('{ value = "regular" }', '{ attribute = "a", pattern = "(" }'), "pattern: missing )"),
    ],
)
def test_a_mapping_that_cannot_be_is_named(change: tuple[str, str], says: str, logs: Mapped) -> None:
    assert change[0] in LINES
    with pytest.raises(ImportFaultError) as refused:
        read_mapping(logs.mapping(LINES.replace(*change)))
    assert says in str(refused.value)


OTLP = """
format = "ringplug-mapping-1"
layout = "otlp"
observes = ["regular", "deliver", "queue"]
process = "service.instance.id"
order = "@time"

[[event]]
is = "configuration"
when = { "@name" = "view.installed" }
kind = { value = "regular" }
ring = { attribute = "view.id", pattern = '(\\w+)\\|(\\d+)' }
members = "view.members"

[[event]]
is = "queue"
when = { "@name" = "publish" }
message = "messaging.message.id"

[[event]]
is = "deliver"
when = { "@name" = "process" }
message = "messaging.message.id"
"""


def attribute(key: str, **value: object) -> dict[str, object]:
    return {"key": key, "value": value}


def span(name: str, at: int, *attributes: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "name": name,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + 1),
        "attributes": attributes,
        **more,
    }


def exported(process: str, *spans: dict[str, object]) -> str:
    """A line of a file exporter."""
    resource = {"attributes": [attribute("service.instance.id", stringValue=process)]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}) + "\n"


def test_spans_and_their_events_become_a_history_in_the_order_that_is_asked_for(logs: Mapped) -> None:
    members = attribute("view.members", arrayValue={"values": [{"stringValue": "a"}, {"intValue": "7"}]})
    view = span("view.installed", 10, attribute("view.id", stringValue="a|3"), members)
    got = {"name": "process", "timeUnixNano": "30", "attributes": [attribute("messaging.message.id", intValue="5")]}
    sent = span("publish", 20, attribute("messaging.message.id", intValue="5"), events=[got])
    found = logs.read(exported("a", sent, view), OTLP, "spans.jsonl")
    events = list(found.history.events())
    assert [type(event).__name__ for event in events] == ["Start", "Configuration", "Queue", "Deliver", "End"]
    assert verdicts(found)["EVS-1.3"] == "ok"
    configurations = [event for event in events if isinstance(event, Configuration)]
    assert [(one.ring, one.members) for one in configurations] == [(("a", 3), ("a", "7"))]


def test_what_is_no_export_of_spans_is_named(logs: Mapped) -> None:
    for text, says in (
        ('{"spans": []}\n', "neither `resourceSpans` nor"),
        ('{"resourceSpans": [7]}\n', "not OTLP JSON"),
    ):
        with pytest.raises(ImportFaultError, match=says):
            logs.read(text, OTLP)


def test_the_command_takes_a_mapping_and_names_the_line(logs: Mapped, tmp_path: Path) -> None:
    mapping, log = logs.mapping(), tmp_path / "app.log"
    log.write_text(VIEW + SENT + OTHER + GOT)
    done = ringplug("judge", "--from", mapping, log, "--claim", "EVS-1.3")
    assert (done.returncode, done.stdout.splitlines()[0].split()[:2]) == (0, ["claim", "verdict"])
    log.write_text("{}{")
    done = ringplug("judge", "--from", mapping, log)
    assert done.returncode == 3
    assert f"ringplug: {log}:1: not JSON" in done.stderr
    assert ringplug("judge", "--from", tmp_path / "no.toml", log).stderr.endswith(
        "no.toml: No such file or directory\n"
    )
