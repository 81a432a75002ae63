"""The small language in which one walks through the machine, a line at a time: from a terminal, a file or a pipe.

Decides what a line of input means and what it answers. Leaves out the walk itself (`walk.py`); a saved walk is a trace
for `replay`.
"""

from __future__ import annotations

import os
import re
import reprlib
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from itertools import groupby, zip_longest
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from model.language.ground import Step
from properties.explain.walk import Walk, WalkError, not_enabled
from properties.files import write_whole
from properties.page.lanes import lane_rows
from properties.terminal.exit_codes import ALL_HOLD, BAD_INPUT
from properties.terminal.rows import PLAIN_WIDTH
from properties.traces.render import trace_lines, trace_title
from properties.traces.trace import show_changes, show_set, show_slot, show_step, write_trace
from properties.words import counted

NARROW, MOST_ROWS = 32, 12
"""Columns that the choices need to stand beside the lanes, and how many steps are drawn at most: the last ones."""
HELP = """\
an empty line, list   the enabled steps, numbered; steps that change nothing stand apart and have no number
NUMBER or STEP        take that step: `3`, or in words `visit p0 r0`, `form_ring r0 {p0 p1}`
why                   the actions that are not enabled with any parameters, and the guard parts that refuse them;
                      `(2 of 4)`: for so many choices of the parameters; without, for all
why STEP, why ACTION  the guard parts that refuse this step, or each step of this action
state                 every set that is not empty
undo [N]              take back the last step, or the last N
trace                 the steps so far
save FILE             write the steps so far as a trace
help                  these lines
quit                  end, as at the end of input; lines that start with # are comments"""


class Loop:
    """Obeys one line after another."""

    def __init__(
        self, walk: Walk, say: Callable[[str], None], width: int = PLAIN_WIDTH, *, lanes: bool = False
    ) -> None:
        self.walk, self.say, self.width, self.lanes, self.is_over = walk, say, width, lanes, False
        self.words = {show_step(step): step for step in walk.ground.steps}
        self.plain = {"list": self._list, "state": self._state, "trace": self._trace, "help": self._help,
                      "quit": self._quit}  # fmt: skip
        self.with_rest = {"why": self._why, "undo": self._undo, "save": self._save}

    def obey(self, line: str) -> None:
        """Do what the line asks; WalkError says what is wrong with it."""
        word, rest = [*line.split(maxsplit=1), "", ""][:2]
        if word in self.with_rest:
            self.with_rest[word](rest.strip())
        elif word in self.plain or not word:
            if rest:
                raise WalkError(f"{word} takes nothing after it")
            self.plain[word or "list"]()
        elif word.isdecimal():
            self._take(self._numbered(line.strip()))
        else:
            self._take(self._step(line))

    def completions(self, typed: str) -> list[str]:
        """The words that the last one in this beginning of a line can become."""
        *before, start = typed.split(" ")
        steps = [show_step(step) for step in self.walk.enabled()]
        lines = [*self.plain, *self.with_rest, *steps, *(f"why {step}" for step in self.words)]
        at = len(before)
        begun = (words for words in (line.split(" ") for line in lines) if len(words) > at and words[:at] == before)
        return list(dict.fromkeys(words[at] for words in begun if words[at].startswith(start)))

    def _list(self) -> None:
        if not self.lanes:
            for line in self._choices(self.width):
                self.say(line)
            return
        names, *rows = lane_rows(self.walk.ground, self.walk.played)
        lanes = [names, *rows[-MOST_ROWS:]]
        left = max(map(len, lanes)) + 3
        beside = self.width - left >= NARROW
        choices = list(self._choices(self.width - left if beside else self.width))
        both = zip_longest(lanes, choices, fillvalue="") if beside else ((one, "") for one in [*lanes, *choices])
        for lane, choice in both:
            self.say(f"{lane:<{left}}{choice}".rstrip())

    def _choices(self, width: int) -> Iterator[str]:
        """The enabled steps, on lines of this width."""
        (moves, idle), number = self.walk.moves(), 0
        for _, steps in groupby(moves, key=lambda step: step.action.name):
            yield from _in_lines("  ", [f"{(number := number + 1)} {show_step(step)}" for step in steps], "   ", width)
        if not moves:
            yield "no step changes the state"
        groups = [_short(list(steps)) for _, steps in groupby(idle, key=lambda step: step.action.name)]
        if groups:
            yield from _in_lines("changing nothing: ", groups, "; ", width)

    def _cells(self, heading: str, cells: Sequence[str], between: str) -> None:
        for line in _in_lines(heading, cells, between, self.width):
            self.say(line)

    def _numbered(self, text: str) -> Step:
        (moves, _), number = self.walk.moves(), _count(text)
        if not 1 <= number <= len(moves):
            raise WalkError(f"no step has the number {number}; the list has {counted(len(moves), 'step')}")
        return moves[number - 1]

    def _step(self, words: str) -> Step:
        words = re.sub(r"\{[^{}]*\}", lambda found: _in_order(found[0]), " ".join(words.split()))
        if words in self.words:
            return self.words[words]
        action = words.partition(" ")[0]
        if same := self._of_action(action):
            raise WalkError(f"no step {_quoted(words)}; {action} goes from `{same[0]}` to `{same[-1]}`")
        raise WalkError(f"{_quoted(action)} is neither a command nor an action here; `help` lists both")

    def _of_action(self, action: str) -> list[str]:
        return [words for words, step in self.words.items() if step.action.name == action]

    def _take(self, step: Step) -> None:
        self.walk = self.walk.take(step)
        changes = show_changes(self.walk.ground, self.walk.played[-1])
        self.say(f"{len(self.walk.played):3}  {show_step(step)}   {'  '.join(changes) or '(changes nothing)'}")

    def _why(self, words: str) -> None:
        if words:
            for step in map(self._step, self._of_action(words) or [words]):
                refused = self.walk.refusals(step)
                self.say(not_enabled(step, refused) if refused else f"{show_step(step)} is enabled")
            return
        refusals = list(self.walk.refused())
        width = max((len(one.action) for one in refusals), default=0)
        self.say("not enabled, because it is not true that:" if refusals else "every action has an enabled step")
        for one in refusals:
            self._cells(f"  {one.action:<{width}}  ", one.words, "; ")

    def _state(self) -> None:
        sets, declared = self.walk.sets(), self.walk.ground.machine.state.declared
        for slot, bitmap in sets.items():
            note = "  (never changes)" if slot in self.walk.ground.known else ""
            ghost = "  (ghost)" if declared[slot[0]].ghost else ""
            self.say(f"{show_slot(self.walk.ground, slot)} {show_set(bitmap)}{note or ghost}")
        if not sets:
            self.say("every set is empty")

    def _undo(self, count: str) -> None:
        before = self.walk.played
        self.walk = self.walk.undo(_count(count or "1"))
        for number in range(len(before), len(self.walk.played), -1):
            self.say(f"undone {number:3}  {show_step(before[number - 1].step)}")

    def _trace(self) -> None:
        for line in trace_lines(self.walk.trace()) if self.walk.played else ["no step taken"]:
            self.say(line)

    def _save(self, file: str) -> None:
        if not file:
            raise WalkError("save takes the name of a file")
        try:
            write_whole(Path(os.path.expanduser(file)), write_trace(self.walk.trace()))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise WalkError(f"{_quoted(file)}: {reason}") from error
        self.say(f"saved {counted(len(self.walk.played), 'step')}: {file}")

    def _help(self) -> None:
        for line in HELP.splitlines():
            self.say(line)
        actions = (" ".join((one.name, *one.parameters)) for one in self.walk.ground.machine.actions)
        self._cells("actions: ", list(actions), ", ")

    def _quit(self) -> None:
        self.is_over = True


def run(
    walk: Walk, stream: TextIO | None, say: Callable[[str], None], complain: Callable[[str], None], *,
    lanes: bool = False,
) -> int:  # fmt: skip
    """Obey the lines of a stream to its end, and give the exit code; mistakes made at a terminal do not count.

    A process without standard input has no stream.
    """
    at_terminal = stream is not None and stream is sys.stdin and stream.isatty() and sys.stdout.isatty()
    width, mistakes = shutil.get_terminal_size().columns if at_terminal else PLAIN_WIDTH, 0
    loop = Loop(walk, say, width, lanes=lanes)
    _tolerate(stream)
    for number, line in enumerate(_typed(loop) if at_terminal else stream or (), 1):
        try:
            if not line.lstrip().startswith("#"):
                loop.obey(line)
        except WalkError as error:
            mistakes += 1
            complain(str(error) if at_terminal else f"line {number}: {error}")
        if loop.is_over:
            break
    return BAD_INPUT if mistakes and not at_terminal else ALL_HOLD


def _tolerate(stream: object) -> None:
    """Bytes that are no text are a mistake of their line, not the end."""
    if isinstance(stream, TextIOWrapper):
        cast("TextIOWrapper[BinaryIO]", stream).reconfigure(errors="backslashreplace")


def _typed(loop: Loop) -> Iterator[str]:
    """The lines that somebody types; the prompt has the number of steps taken."""
    _edit_lines(loop)
    loop.say(f"{trace_title(loop.walk.trace())}; `help` lists the commands")
    loop.obey("trace" if loop.walk.played else "list")
    while True:
        try:
            line = input(f"{len(loop.walk.played)}> ")
        except (KeyboardInterrupt, EOFError) as error:
            loop.say("")
            if isinstance(error, EOFError):
                return
            continue
        yield line


def _edit_lines(loop: Loop) -> None:
    """History and completion, where Python has them."""
    try:
        import readline
    except ImportError:
        return
    found: list[str] = []

    def complete(_word: str, index: int) -> str | None:
        if index == 0:
            found[:] = loop.completions(readline.get_line_buffer()[: readline.get_endidx()])
        return f"{found[index]} " if index < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")


def _in_lines(heading: str, cells: Sequence[str], between: str, width: int) -> Iterator[str]:
    """The cells on as many lines as they need; a line ends only after a cell or a comma."""
    whole = between.join(re.sub("(?<!,) ", "\xa0", cell) for cell in cells)
    wrapper = textwrap.TextWrapper(width, subsequent_indent="    ", break_long_words=False)
    yield from (line.replace("\xa0", " ") for line in wrapper.wrap(heading + whole))


def _short(steps: list[Step]) -> str:
    """Steps of one action: `reject p0 r0, p1 r0`."""
    return f"{steps[0].action.name} " + ", ".join(show_step(step).partition(" ")[2] for step in steps)


def _in_order(words: str) -> str:
    """A set as it is shown: `{p0 p1}`, also if it was written `{ p1, p0 }`."""
    members = set(words.strip("{}").replace(",", " ").split())
    return "{" + " ".join(sorted(members, key=lambda one: (len(one), one))) + "}"


def _count(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise WalkError(f"{_quoted(text)} is not a number")
    return int(text)


def _quoted(text: str) -> str:
    """What somebody wrote, on one line and not too long."""
    short = reprlib.Repr()
    short.maxstring = 80
    return short.repr(text)
