"""Every transition of a machine in a scope, with its class, and a way to every state that an implementation can go.

An implementation's turn is one call, so a recovery message that is queued within a turn cannot be sent in it. Ways to
states avoid such calls where they can.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.language.ground import Bitmaps, Step
from properties.explicit.columns import Columns, Mask
from properties.explicit.compiled import begin
from properties.lockstep.classes import Class, Numbers
from properties.lockstep.follower import ScopedMachine

NO_EDGE = -1
TURN_QUEUED = ("turn", "queued")


class Transitions:
    """All transitions, also those that change nothing, ordered by the state they leave."""

    def __init__(self, machine: ScopedMachine, progress: Callable[[str], None] | None = None) -> None:
        self.machine, self.ground, self.steps = machine, machine.ground, machine.ground.steps
        self.search = begin(self.ground, symmetry=False)
        self.search.run(progress=lambda report: progress(report.words) if progress else None)
        blocks = [self.search.packing.unpack(block) for _, block in self.search.blocks()]
        self.fields = np.concatenate(blocks, axis=1)
        self.classes: list[Class] = []
        self.source, self.target, self.step, self.class_of = self._edges()
        order = np.argsort(self.source, kind="stable")
        for name in ("source", "target", "step", "class_of"):
            setattr(self, name, getattr(self, name)[order])
        self.first = np.searchsorted(self.source, np.arange(self.state_count + 1))
        self.inside = self._inside_a_turn()
        self.parent, self.depth = self._ways()

    @property
    def state_count(self) -> int:
        """How many states are reachable."""
        return self.fields.shape[1]

    @property
    def changing_count(self) -> int:
        """How many transitions change something."""
        return int(np.count_nonzero(self.source != self.target))

    def state(self, number: int) -> Bitmaps:
        """The state with this number."""
        return tuple(self.fields[:, number].tolist())

    def way(self, state: int) -> list[Step]:
        """The steps of the way to a state."""
        steps = list[Step]()
        while (edge := int(self.parent[state])) != NO_EDGE:
            steps.append(self.steps[int(self.step[edge])])
            state = int(self.source[edge])
        return steps[::-1]

    def _edges(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        known = dict[Class, int]()
        parts: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []
        for first, block in self.search.blocks():
            columns = Columns(self.ground, self.search.packing.unpack(block))
            changed = {id(step): (rows, after) for step, rows, after in self.search.successors(block, self.steps)}
            for number, step in enumerate(self.steps):
                rows = np.flatnonzero(self._enabled(columns, step, len(block[0])))
                target = (rows + first).astype(np.int32)
                if id(step) in changed:
                    moved, after = changed[id(step)]
                    target[np.searchsorted(rows, moved)] = self.search.index.numbers(after)
                if len(rows):
                    source = (rows + first).astype(np.int32)
                    classes = self._classes(step, source, target, known)
                    parts.append((source, target, np.full(len(rows), number, np.int32), classes))
        self.classes = list(known)
        source, target, step, classes = (np.concatenate(one) for one in zip(*parts, strict=True))
        return source, target, step, classes

    def _enabled(self, columns: Columns, step: Step, count: int) -> Mask:
        enabled = np.ones(count, np.bool_)
        for part in step.search_guard:
            enabled &= columns.truth(part)
        return enabled

    def _classes(self, step: Step, source: Numbers, target: Numbers, known: dict[Class, int]) -> Numbers:
        which, classes = self.machine.classes.of_block(step, self.fields, source, target)
        numbers = np.array([known.setdefault(one, len(known)) for one in classes], np.int32)
        return numbers[which]

    def _inside_a_turn(self) -> Mask:
        """Of each transition, whether a recovery message is queued by a processor that has the turn and no other."""
        queues = np.array([step.action.name == "queue_recovery" for step in self.steps])
        p = np.array([step.arguments.get("p", 0) for step in self.steps])[self.step]
        has_turn, has_another = (self.fields[self.ground.slots[name, ()]][self.source] >> p & 1 for name in TURN_QUEUED)
        return queues[self.step] & (has_turn == 1) & (has_another == 0)

    def _ways(self) -> tuple[Numbers, Numbers]:
        """For each state the transition by which to come to it, and how long the way is; avoiding what is inside."""
        parent = np.full(self.state_count, NO_EDGE, np.int32)
        depth = np.full(self.state_count, -1, np.int32)
        depth[0] = 0
        self._spread(np.flatnonzero(~self.inside), parent, depth)
        self.directly_reached = depth >= 0
        self._spread(np.arange(len(self.source)), parent, depth)
        return parent, depth

    def _spread(self, edges: Numbers, parent: Numbers, depth: Numbers) -> None:
        """Breadth first along these transitions, from all states that have a way."""
        while True:
            edges = edges[depth[self.target[edges]] < 0]
            new = edges[depth[self.source[edges]] >= 0]
            if not len(new):
                return
            targets, first = np.unique(self.target[new], return_index=True)
            parent[targets] = new[first]
            depth[targets] = depth[self.source[new[first]]] + 1
