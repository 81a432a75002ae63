"""The nodes that the membership service knows, and the digest by which two tables are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from reference.rings import NUMBER_MAX, ProcessorId
from reference.services.executive_messages import Body

TEXT_LENGTH_MAX = 255
TimeUs = Annotated[int, Meta(ge=0, le=NUMBER_MAX)]
Text = Annotated[str, Meta(max_length=TEXT_LENGTH_MAX)]


class Node(Body, frozen=True):
    """What a nodejoin tells of a processor: when it booted, its name, its address.

    Source: mail M10
    """

    processor: ProcessorId
    boot_time_us: TimeUs
    name: Text
    address: Text

    @property
    def age_key(self) -> tuple[int, ProcessorId]:
        """The oldest node is the smallest: by boot time, then by id.

        Source: openais evt.c:998
        """
        return self.boot_time_us, self.processor


class NodeTable:
    """The nodes of a cluster by processor; this one's own is always known."""

    def __init__(self, mine: Node) -> None:
        self.mine = mine
        self._nodes = {mine.processor: mine}

    def __contains__(self, processor: ProcessorId) -> bool:
        return processor in self._nodes

    def __iter__(self) -> Iterator[Node]:
        return (self._nodes[processor] for processor in sorted(self._nodes))

    def get(self, processor: ProcessorId) -> Node | None:
        """The node, or None."""
        return self._nodes.get(processor)

    def put(self, node: Node) -> None:
        """Know a node."""
        self._nodes[node.processor] = node

    def keep(self, processors: Collection[ProcessorId]) -> None:
        """Forget all but these and one's own.

        Source: CLM-S3; corosync 2ab885ab
        """
        kept = {*processors, self.mine.processor}
        self._nodes = {processor: node for processor, node in self._nodes.items() if processor in kept}

    def snapshot(self) -> Mapping[ProcessorId, Node]:
        """The table as it is now."""
        return dict(self._nodes)


def digest(content: object) -> str:
    """A short name of any plain content: equal contents have equal ones."""
    return hashlib.blake2s(msgspec.msgpack.encode(content), digest_size=8).hexdigest()
