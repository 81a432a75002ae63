"""The state graph of a small scope, for other tools; and what is out of reach decided on it in two other ways."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import networkx
import numpy as np

from model.language.sorts import Ring
from properties.catalogue.claim import Reach
from properties.explicit.liveness import about
from properties.explicit.search import Search
from properties.files import write_whole
from properties.traces.trace import show_slot, show_step

MOST_STATES = 100_000
Graph = Any
"""A directed graph of networkx."""
nx: Any = networkx
"""networkx, whose types are partial."""


def state_graph(search: Search) -> Graph:
    """Every state with its depth and its sets, every transition with its action."""
    graph = nx.MultiDiGraph()
    for first, block in search.blocks():
        fields = search.packing.unpack(block)
        for row in range(len(block[0])):
            graph.add_node(first + row, depth=search.depth(first + row), state=_sets(search, fields[:, row].tolist()))
    for _, step, before, after in search.edges(search.ground.steps):
        for source, target in zip(before.tolist(), after.tolist(), strict=True):
            graph.add_edge(source, target, action=step.action.name, step=show_step(step))
    return graph


def write_graph(graph: Graph, path: Path) -> None:
    """Write the graph as GraphML."""
    written = BytesIO()
    nx.write_graphml(graph, written)
    write_whole(path, written.getvalue())


def _sets(search: Search, bitmaps: list[int]) -> str:
    """The sets of a state that are not empty."""
    members = {slot: bitmap for slot, bitmap in zip(search.ground.slots, bitmaps, strict=True) if bitmap}
    n = search.ground.scope.processors
    return "; ".join(
        f"{show_slot(search.ground, slot)} {{{' '.join(f'p{i}' for i in range(n) if bitmap >> i & 1)}}}"
        for slot, bitmap in members.items()
    )


def lost_on_graph(search: Search, graph: Graph, reach: Reach) -> tuple[set[int], set[int]]:
    """The states where the premise holds and the goal is out of reach: by ancestors, and by components."""
    helpful = nx.DiGraph()
    helpful.add_nodes_from(graph)
    helpful.add_edges_from((a, b) for a, b, action in graph.edges(data="action") if action in reach.by)
    by_ancestors, by_components = set[int](), set[int]()
    for (ring,) in search.ground.scope.places([Ring]):
        premise = set(np.flatnonzero(search.holds(about(reach.premise, ring))).tolist())
        goal = set(np.flatnonzero(search.holds(about(reach.goal, ring))).tolist())
        by_ancestors |= premise - _ancestors(helpful, goal)
        by_components |= premise - _through_components(helpful, goal)
    return by_ancestors, by_components


def _ancestors(graph: Graph, goal: set[int]) -> set[int]:
    """Everything from which the goal can be reached: one breadth-first search backwards."""
    start = object()
    backwards = graph.reverse()
    backwards.add_edges_from((start, state) for state in goal)
    return set(nx.descendants(backwards, start)) if goal else set()


def _through_components(graph: Graph, goal: set[int]) -> set[int]:
    """The same by strongly connected components, each after those that it leads to."""
    components = nx.condensation(graph)
    good: set[int] = set()
    for component in reversed(list(nx.topological_sort(components))):
        members = components.nodes[component]["members"]
        if members & goal or any(after in good for after in components.successors(component)):
            good.add(component)
    return {state for component in good for state in components.nodes[component]["members"]}
