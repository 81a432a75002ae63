"""JGroups' log as events: the views that members install, as Infinispan, Keycloak and WildFly log them.

A view is `[p0|3] (2) [p0, p1]`: creator, number, size, members by age. A member is named anew at each start of its
channel, so each life has a name of its own; the name that a line gives as its own counts if its views have it, for the
views of some versions say more than that. A merge says which views its subgroups were in: who was in the one that the
log's own process was in comes along. `Joined` and `Left` are not read: they are of the view before, and often wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from properties.history.events import Event, Ring
from properties.importers.logs import Place
from properties.importers.reader import OWN, Kind, Lives, LogFacts

WANTED = re.compile(rb"GMS\b.{0,80}?\baddress=|ISPN0000(?:7[89]|80)|\|\d+\] ?(?:\(\d+\) ?)?\[")
VIEW = re.compile(
    r"\[(?P<creator>[^\[\]|]+)\|(?P<number>\d{1,18})\] ?(?:\((?P<count>\d{1,9})\) ?)?\[(?P<members>[^\[\]]*)\]"
)
"""The first one of a merge is the whole, those of its parts stand behind it."""
INSTALLED = re.compile(
    r"(?:(?P<who>\S+): installing (?:view )?"
    r"|[Rr]eceived new(?:, MERGED)? cluster view(?: for channel \S+?)?: "
    r"|Connected '[^']*' channel\. '(?P<node>[^']+)' joined cluster '[^']*' with view: "
    r"|viewAccepted\S*:? |\*\* view: |new view(?: accepted)?: ?)(?:MergeView::)?$"
)
"""What stands before a view that is installed; a view that is refused, received or sent stands in other lines, too."""
ADDRESS = re.compile(
    r"GMS\b.{0,80}?\baddress=(?P<gms>[^,]+?)\s*(?:,|$)|ISPN000079: .*?local address is `?(?P<ispn>[^`,]+?)`?,"
)
CHANNEL = re.compile(r"GMS\b.{0,80}?\baddress=|ISPN000078")
ANEW = "A member started again under its old name and numbers its views anew: views are not compared by their ids."
GONE = re.compile(r"ISPN000080|Dis\w*onnecting '[^']*' channel\. '[^']+' leaving cluster")


class JGroupsReader:
    """One log, of one channel at a time."""

    wanted = WANTED
    inside = False

    def __init__(self) -> None:
        self.facts = LogFacts()
        self.lives = Lives(self.facts)
        self.count = 0
        self.begins = ""
        """A line says that a channel begins: another one, or one more on top of the same, as WildFly has them."""
        self.told: dict[Ring, int] = {}
        """In which life each view was told first."""

    @property
    def own(self) -> str:
        """The life that is under way."""
        return f"{OWN}{self.count}"

    def take(self, line: str, place: Place) -> Iterator[Event]:
        """The events of a line."""
        if CHANNEL.search(line) and self.own in self.lives.rings:
            self.begins = place.note(f"another channel begins: {line}")
        if found := ADDRESS.search(line):
            yield from self._is_called(found["gms"] or found["ispn"])
        elif GONE.search(line):
            yield from self.lives.end(self.own, place.note(line))
            self.count += 1
        elif view := VIEW.search(line):
            yield from self._view(view, line, place)

    def _is_called(self, name: str) -> Iterator[Event]:
        if self.begins and self.facts.said.get(self.own, name) != name:
            yield from self._begins_anew()
        self.facts.said[self.own] = name

    def _begins_anew(self) -> Iterator[Event]:
        """What began is another channel: its first view is not the one that was told last."""
        yield from self.lives.end(self.own, self.begins)
        self.begins = ""
        self.count += 1

    def _view(self, view: re.Match[str], line: str, place: Place) -> Iterator[Event]:
        installed = INSTALLED.search(line[: view.start()])
        members = _members(view)
        if installed is None:
            self.facts.left_out["a view in a line that does not say that it is installed"] += 1
        elif view["count"] and int(view["count"]) != len(members):
            self.facts.left_out["a view whose list of members is cut; a new life begins behind it"] += 1
            self.lives.lose(self.own)
        else:
            if self.begins and self.lives.rings.get(self.own) != _id(view):
                yield from self._begins_anew()
            self.begins = ""
            who = installed["who"] or installed["node"]
            if who in members:
                self.facts.said[self.own] = who
            self._is_told_anew(_id(view))
            yield from self._merged(view, line, place)
            yield from self.lives.install(self.own, _id(view), members, place, line)

    def _is_told_anew(self, id: Ring) -> None:
        """Who starts again under its old name numbers its views anew, so an id does not say which view it is."""
        if self.told.setdefault(id, self.count) != self.count:
            self.facts.without.add("ids")
            self.facts.says.add(ANEW)

    def _merged(self, view: re.Match[str], line: str, place: Place) -> Iterator[Event]:
        """Who comes along in a merge; one subgroup is no merge."""
        parts = list(VIEW.finditer(line, view.end()))
        before = self.lives.rings.get(self.own)
        if before in (None, _id(view)) or len(parts) < 2:
            return
        mine = next((one for one in parts if _id(one) == before), None)
        if mine is None:
            self.facts.left_out["a merge, of whose subgroups none was in the view before"] += 1
            return
        yield from self.lives.comes_out(self.own, _members(mine), place, line)

    def finish(self) -> Iterator[Event]:
        """A line says `p0` where views say `p0(v=16.0.8)`: that is who it is."""
        for own, said in self.facts.said.items():
            full = [name for name in self.facts.names.get(own, ()) if name.startswith(f"{said}(")]
            self.facts.said[own] = full[0] if len(full) == 1 else said
        yield from ()


def _id(view: re.Match[str]) -> tuple[str, int]:
    return view["creator"], int(view["number"])


def _members(view: re.Match[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in view["members"].split(",") if name.strip())


JGROUPS = Kind(
    "jgroups",
    "what members of JGroups logged",
    JGroupsReader,
    facets=("regular",),
    begins_anew=True,
    says=(
        "Numbers of views may begin anew where a member starts again: that they grow (RING-S2) is judged of each life.",
        "Who joined or left is not read, and neither are views that no line says to be installed.",
    ),
)
