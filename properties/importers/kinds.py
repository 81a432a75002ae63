"""The kinds of logs by their names."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from properties.importers.corosync import COROSYNC
from properties.importers.galera import GALERA
from properties.importers.jgroups import JGROUPS
from properties.importers.mapping import read_mapping
from properties.importers.reader import Kind
from properties.importers.spread import SPREAD
from properties.importers.structured import mapped

KINDS = MappingProxyType({kind.name: kind for kind in (COROSYNC, JGROUPS, GALERA, SPREAD)})
"""Those that need no mapping."""


def kind_of(name: str) -> Kind:
    """The kind with this name, or that of the mapping in the file of this name; ImportFaultError if it cannot be."""
    return KINDS[name] if name in KINDS else mapped(read_mapping(Path(name)))
