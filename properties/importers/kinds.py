"""The kinds of logs by their names."""

from __future__ import annotations

from types import MappingProxyType

from properties.importers.corosync import COROSYNC
from properties.importers.galera import GALERA
from properties.importers.jgroups import JGROUPS

KINDS = MappingProxyType({kind.name: kind for kind in (COROSYNC, JGROUPS, GALERA)})
