"""The lines of a fault script: what each may say, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from reference.priorities import Priority
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

UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000}
NUMBER = r"\d+(?:\.\d+)?"
TIME = rf"{NUMBER}(?:us|ms|s)"
AT = rf"(?:at (?P<at>{TIME}) )?"
WHILE = rf"(?: from (?P<at>{TIME}) to (?P<until>{TIME}))?"
FOREVER_US = 10**15
LONGEST_LINE, LONGEST_NUMBER = 400, 15
"""Characters of a line, and digits of a number."""


class ScriptError(Exception):
    """A script cannot be run: which line, and why."""

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {why}" if line else why)


@dataclass(frozen=True)
class Setting:
    """A line that says something of the whole run."""

    name: str
    value: object


@dataclass(frozen=True)
class ClockSetting:
    """A line that says which clock a processor has."""

    processor: ProcessorId
    clock: Clock


class Words:
    """The parts of a line that its form has found."""

    def __init__(self, found: re.Match[str]) -> None:
        self._found = found

    def text(self, name: str) -> str:
        """A part; empty if it is not there."""
        return self._found.groupdict().get(name) or ""

    def us(self, name: str, without: int = 0) -> int:
        """A time."""
        text = self.text(name)
        return microseconds(text) if text else without

    def processor(self, name: str = "who") -> ProcessorId:
        """A processor."""
        return ProcessorId(int(self.text(name)))

    def groups(self) -> Groups:
        """Processors, in groups."""
        groups = [group.replace(",", " ").split() for group in self.text("groups").split("|")]
        if not all(groups):
            raise ScriptError("a group is empty")
        return tuple(tuple(ProcessorId(int(one)) for one in group) for group in groups)


Said = Fault | Setting | ClockSetting
Means = Callable[[Words], Said]


@dataclass(frozen=True)
class Form:
    """A kind of line: how it looks, with which word it begins, and what it means."""

    like: str
    begins: str
    pattern: str
    means: Means


FORMS: list[Form] = []


def _form(like: str, begins: str, pattern: str) -> Callable[[Means], Means]:
    def enter(means: Means) -> Means:
        FORMS.append(Form(like, begins, pattern, means))
        return means

    return enter


def read_line(words: str) -> Said:
    """What a line says."""
    if len(words) > LONGEST_LINE or re.search(rf"\d{{{LONGEST_NUMBER + 1}}}", words):
        raise ScriptError(f"a line has at most {LONGEST_LINE} characters, and a number {LONGEST_NUMBER} digits")
    for form in FORMS:
        if found := re.fullmatch(form.pattern, words):
            return form.means(Words(found))
    named = [form.like for form in FORMS if re.match(rf"(at \S+ )?{form.begins}\b", words)]
    if named:
        raise ScriptError(f"{words!r} is not like {' nor '.join(map(repr, named))}")
    begins = ", ".join(dict.fromkeys(form.begins for form in FORMS))
    raise ScriptError(f"{words!r} is nothing that a script says; a line begins with {begins}")


def microseconds(text: str) -> int:
    """A time in microseconds."""
    found = re.fullmatch(rf"({NUMBER})(us|ms|s)", text)
    if not found:
        raise ScriptError(f"{text!r} is no time, such as 1.5s, 20ms or 300us")
    exact = Decimal(found[1]) * UNITS_US[found[2]]
    if exact != int(exact):
        raise ScriptError(f"{text} is not a whole number of microseconds")
    return int(exact)


# Settings.


def _number(name: str) -> None:
    @_form(f"{name} NUMBER", name, rf"{name} (?P<number>\d+)")
    def means(words: Words) -> Said:  # pyright: ignore[reportUnusedFunction]
        return Setting(name, int(words.text("number")))


for _name in ("members", "seed", "load", "messages"):
    _number(_name)


@_form("lasts TIME", "lasts", rf"lasts (?P<time>{TIME})")
def _lasts(words: Words) -> Said:
    return Setting("lasts_us", words.us("time"))


@_form("delay TIME to TIME", "delay", rf"delay (?P<low>{TIME}) to (?P<high>{TIME})")
def _delay(words: Words) -> Said:
    return Setting("delay_us", (words.us("low"), words.us("high")))


@_form("ends 1,2 | 3,4", "ends", r"ends (?P<groups>\d[\d, |]*)")
def _ends(words: Words) -> Said:
    return Setting("cliques", words.groups())


@_form("clock PROCESSOR RATEppm [TIME]", "clock", rf"clock (?P<who>\d+) (?P<rate>[+-]?\d+)ppm(?: (?P<offset>{TIME}))?")
def _clock(words: Words) -> Said:
    return ClockSetting(words.processor(), Clock(int(words.text("rate")), words.us("offset")))


# Faults.

GROUPS = r"partition (?P<groups>\d[\d, |]*)"


@_form(
    "partition 1,2 | 3,4 from TIME to TIME moving every TIME",
    "partition",
    rf"{GROUPS} from (?P<at>{TIME}) to (?P<until>{TIME}) moving every (?P<every>{TIME})",
)
def _moving(words: Words) -> Said:
    return MovingPartition(words.us("at"), words.groups(), words.us("every"), words.us("until"))


@_form("[at TIME] partition 1,2 | 3,4", "partition", rf"{AT}{GROUPS}")
def _partition(words: Words) -> Said:
    return Partition(words.us("at"), words.groups())


@_form("[at TIME] heal", "heal", rf"{AT}heal")
def _heal(words: Words) -> Said:
    return Heal(words.us("at"))


@_form("[at TIME] cut 1 -> 2", "cut", rf"{AT}cut (?P<sender>\d+) -> (?P<receiver>\d+)")
def _cut(words: Words) -> Said:
    return Cut(words.us("at"), words.processor("sender"), words.processor("receiver"))


@_form("[at TIME] deaf PROCESSOR", "deaf", rf"{AT}deaf (?P<who>\d+)")
def _deaf(words: Words) -> Said:
    return Deaf(words.us("at"), words.processor())


@_form("[at TIME] crash PROCESSOR [halfway]", "crash", rf"{AT}crash (?P<who>\d+)(?P<halfway> halfway)?")
def _crash(words: Words) -> Said:
    return Crash(words.us("at"), words.processor(), bool(words.text("halfway")))


@_form(
    "[at TIME] restart PROCESSOR [without its number]",
    "restart",
    rf"{AT}restart (?P<who>\d+)(?P<amnesic> without its number)?",
)
def _restart(words: Words) -> Said:
    return Restart(words.us("at"), words.processor(), bool(words.text("amnesic")))


@_form("[at TIME] pause PROCESSOR", "pause", rf"{AT}pause (?P<who>\d+)")
def _pause(words: Words) -> Said:
    return Pause(words.us("at"), words.processor())


@_form("[at TIME] resume PROCESSOR", "resume", rf"{AT}resume (?P<who>\d+)")
def _resume(words: Words) -> Said:
    return Resume(words.us("at"), words.processor())


def _weather(kind: Literal["loss", "duplication", "reordering"]) -> None:
    @_form(f"{kind} PROBABILITY [from TIME to TIME]", kind, rf"{kind} (?P<probability>{NUMBER}){WHILE}")
    def means(words: Words) -> Said:  # pyright: ignore[reportUnusedFunction]
        return Weather(words.us("at"), words.us("until", FOREVER_US), kind, float(words.text("probability")))


_weather("loss")
_weather("duplication")
_weather("reordering")


@_form(
    "lateness PROBABILITY by TIME [from TIME to TIME]",
    "lateness",
    rf"lateness (?P<probability>{NUMBER}) by (?P<by>{TIME}){WHILE}",
)
def _lateness(words: Words) -> Said:
    until_us, probability = words.us("until", FOREVER_US), float(words.text("probability"))
    return Weather(words.us("at"), until_us, "lateness", probability, words.us("by"))


PRIORITIES = "|".join(priority.name.lower() for priority in Priority)


@_form(
    "[at TIME] send PROCESSOR PRIORITY BYTES [safe]",
    "send",
    rf"{AT}send (?P<who>\d+) (?P<priority>{PRIORITIES}) (?P<bytes>\d+)(?P<safe> safe)?",
)
def _send(words: Words) -> Said:
    priority, size_bytes = Priority[words.text("priority").upper()], int(words.text("bytes"))
    return Message(words.us("at"), words.processor(), priority, size_bytes, bool(words.text("safe")))


# Writing a line.


def time_text(us: int) -> str:
    """A time, in the largest unit of which it is a whole number."""
    unit = next(unit for unit in ("s", "ms", "us") if us % UNITS_US[unit] == 0)
    return f"{us // UNITS_US[unit]}{unit}"


def groups_text(groups: Groups) -> str:
    """Groups as they are written."""
    return " | ".join(",".join(map(str, group)) for group in groups)


def line_of(fault: Fault) -> str:
    """A fault as its line."""
    at = f"at {time_text(fault.at_us)} "
    match fault:
        case Partition():
            return f"{at}partition {groups_text(fault.groups)}"
        case MovingPartition():
            until, every = time_text(fault.until_us), time_text(fault.every_us)
            begin = time_text(fault.at_us)
            return f"partition {groups_text(fault.groups)} from {begin} to {until} moving every {every}"
        case Heal():
            return f"{at}heal"
        case Cut():
            return f"{at}cut {fault.sender} -> {fault.receiver}"
        case Deaf():
            return f"{at}deaf {fault.processor}"
        case Crash():
            return f"{at}crash {fault.processor}{' halfway' if fault.halfway else ''}"
        case Restart():
            return f"{at}restart {fault.processor}{' without its number' if fault.amnesic else ''}"
        case Pause():
            return f"{at}pause {fault.processor}"
        case Resume():
            return f"{at}resume {fault.processor}"
        case Weather():
            late = f" by {time_text(fault.by_us)}" if fault.kind == "lateness" else ""
            during = f" from {time_text(fault.at_us)} to {time_text(fault.until_us)}"
            return f"{fault.kind} {fault.probability:g}{late}{'' if fault.until_us == FOREVER_US else during}"
        case Message():
            priority, safe = Priority(fault.priority).name.lower(), " safe" if fault.is_safe else ""
            return f"{at}send {fault.processor} {priority} {fault.size_bytes}{safe}"
