"""Fault scripts: a run as text, one line a setting or a fault, and back.

`docs/simulator.md` describes the language. What is wrong with a script is said with its line. Whether a fault finds
what it is meant for (a crash of a processor that is down does nothing) is left to the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reference.rings import ProcessorId
from reference.simulator.clocks import Clock
from reference.simulator.faults import (
    Crash,
    Cut,
    Deaf,
    Fault,
    Groups,
    Heal,
    Message,
    MovingPartition,
    Partition,
    Pause,
    Restart,
    Resume,
    Weather,
)
from reference.simulator.lines import ClockSetting, ScriptError, Setting, groups_text, line_of, read_line, time_text

MEMBERS_MOST = 32
MESSAGE_BYTES_MOST = 256 * 1024


@dataclass(frozen=True)
class Script:
    """One run: how many processors, for how long, under which load, on which network, with which faults."""

    members: int = 3
    seed: int = 1
    lasts_us: int = 10_000_000
    """How long there are faults and load; then all is healed, and the run goes on until nothing more happens."""
    load: int = 40
    """How many messages a second all services together send."""
    messages: int = 1_000_000
    """The most that they send in all."""
    delay_us: tuple[int, int] = (2_000, 5_000)
    """How long a datagram takes, at least and at most."""
    cliques: Groups = ()
    """Who hears whom at the quiet end: all of a clique each other; none, all do."""
    clocks: tuple[tuple[ProcessorId, Clock], ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def processors(self) -> tuple[ProcessorId, ...]:
        """All of them; the first is 1."""
        return tuple(ProcessorId(number) for number in range(1, self.members + 1))

    def text(self) -> str:
        """The script as it is written."""
        return "".join(f"{line}\n" for line in [*_settings(self), *map(line_of, self.faults)])


def parse(text: str) -> Script:
    """A script from its text."""
    script, faults, clocks, said = Script(), list[tuple[int, Fault]](), dict[ProcessorId, Clock](), dict[str, int]()
    lines = dict[str, int]()
    for number, line in enumerate(text.splitlines(), 1):
        words = " ".join(line.partition("#")[0].split())
        if not words:
            continue
        lines[words.partition(" ")[0]] = number
        try:
            found = read_line(words)
        except ScriptError as error:
            raise ScriptError(str(error), number) from None
        match found:
            case Setting():
                if found.name in said:
                    raise ScriptError(f"said before, in line {said[found.name]}", number)
                said[found.name] = number
                script = replace(script, **{found.name: found.value})
            case ClockSetting():
                clocks[found.processor] = found.clock
            case _:
                faults.append((number, found))
    script = replace(script, clocks=tuple(sorted(clocks.items(), key=lambda one: one[0])))
    for number, fault in faults:
        if why := _wrong(fault, script):
            raise ScriptError(why, number)
    script = replace(script, faults=tuple(fault for _, fault in faults))
    try:
        return checked(script)
    except ScriptError as error:
        raise ScriptError(str(error), lines.get(re.split("[ :]", str(error))[0])) from None


def checked(script: Script) -> Script:
    """The script, if it can be run."""
    low, high = script.delay_us
    for wrong, why in (
        (not 1 <= script.members <= MEMBERS_MOST, f"members {script.members} is not 1 to {MEMBERS_MOST}"),
        (not 0 < low <= high, "delay: the least is at least 1us, and not above the most"),
        (script.lasts_us < 1, "lasts: not a time"),
        (script.cliques and _named(script.cliques) != list(script.processors), "ends: not each processor once"),
        (any(number not in script.processors for number, _ in script.clocks), "clock: no such processor"),
        (any(clock.rate_ppm <= -1_000_000 for _, clock in script.clocks), "clock: it would go back"),
    ):
        if wrong:
            raise ScriptError(why)
    for fault in script.faults:
        if why := _wrong(fault, script):
            raise ScriptError(f"{line_of(fault)}: {why}")
    return script


def _named(groups: Groups) -> list[ProcessorId]:
    return sorted(processor for group in groups for processor in group)


def processors_of(fault: Fault) -> tuple[ProcessorId, ...]:
    """The processors that a fault names."""
    match fault:
        case Partition() | MovingPartition():
            return tuple(processor for group in fault.groups for processor in group)
        case Cut():
            return fault.sender, fault.receiver
        case Deaf() | Crash() | Restart() | Pause() | Resume() | Message():
            return (fault.processor,)
        case Heal() | Weather():
            return ()


def _wrong(fault: Fault, script: Script) -> str:
    named = processors_of(fault)
    for processor in named:
        if processor not in script.processors:
            return f"there is no processor {processor}, only 1 to {script.members}"
    if len(set(named)) < len(named):
        return f"processor {max(named, key=named.count)} is named twice"
    match fault:
        case Weather(probability=p) if p > 1:
            return f"{p} is no probability"
        case Weather() | MovingPartition() if fault.until_us <= fault.at_us:
            return "it ends before it begins"
        case MovingPartition(every_us=0):
            return "it moves every 0s"
        case Message(size_bytes=size) if size > MESSAGE_BYTES_MOST:
            return f"{size} bytes are more than {MESSAGE_BYTES_MOST}"
        case _:
            return ""


def _settings(script: Script) -> Iterator[str]:
    low, high = script.delay_us
    yield f"members {script.members}"
    yield f"seed {script.seed}"
    yield f"lasts {time_text(script.lasts_us)}"
    yield f"load {script.load}"
    if script.messages != Script.messages:
        yield f"messages {script.messages}"
    if script.delay_us != Script.delay_us:
        yield f"delay {time_text(low)} to {time_text(high)}"
    if script.cliques:
        yield f"ends {groups_text(script.cliques)}"
    for processor, clock in script.clocks:
        yield f"clock {processor} {clock.rate_ppm:+}ppm {time_text(clock.offset_us)}"
