"""What a node is told by its configuration file: TOML, read strictly.

A key that nobody knows, a value of another type and a node that contradicts itself are errors that name the file and
the key. Names of files are taken from the folder of the configuration file.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Meta

from reference.errors import LocalProtocolError
from reference.node.disk.errors import NodeError, unknown
from reference.ring.settings import Settings
from reference.rings import MEMBERS_MAX, PROCESSOR_MAX, ProcessorId

FRAGMENT_BYTES = 1300
"""Of a message in one datagram, so that it fits an Ethernet frame with all that is around it."""
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Address(NamedTuple):
    """An IP address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class NodeSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who the node is, and where it keeps what it must remember."""

    id: Annotated[int, Meta(ge=0, le=PROCESSOR_MAX)]
    cluster: Text
    state: Text
    name: str = ""
    socket: str = ""
    recovery_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 0


class NetworkSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it listens, who the others are, and what protects what goes between them."""

    address: Text
    peers: dict[str, str] = {}
    multicast: str = ""
    key: str = ""
    without_key: bool = False


class RecordSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is recorded, if anything."""

    history: str = ""
    journal: str = ""


class LogSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the log looks."""

    format: Literal["text", "json"] = "text"


SECTIONS: dict[str, type[Any]] = {
    "node": NodeSection,
    "network": NetworkSection,
    "ring": Settings,
    "record": RecordSection,
    "log": LogSection,
}


@dataclass(frozen=True)
class Configuration:
    """One node, as its file says."""

    me: ProcessorId
    cluster: str
    name: str
    state: Path
    socket: Path
    recovery_us: int
    address: Address
    peers: dict[ProcessorId, Address]
    multicast: Address | None
    key: Path | None
    settings: Settings
    history: Path | None
    journal: Path | None
    log_as_json: bool


def read(path: Path) -> Configuration:
    """The configuration in this file; NodeError says what is wrong with it."""
    try:
        return _configuration(tomllib.loads(path.read_text()), path.parent)
    except OSError as error:
        raise NodeError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NodeError(f"{path}: not text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise NodeError(f"{path}: {error}") from error
    except NodeError as error:
        raise NodeError(f"{path}: {error}") from error


def _configuration(said: dict[str, Any], folder: Path) -> Configuration:
    for name in said:
        if name not in SECTIONS:
            raise NodeError(unknown("section", name, SECTIONS))
    node, network = _section(said, "node", NodeSection), _section(said, "network", NetworkSection)
    record, log = _section(said, "record", RecordSection), _section(said, "log", LogSection)
    me = ProcessorId(node.id)
    state = folder / node.state
    return Configuration(
        me, node.cluster, node.name or f"node{me}", state,
        folder / node.socket if node.socket else state / "socket",
        node.recovery_ms * 1000, address("network.address", network.address), _peers(network, me),
        _multicast(network), _key(network, folder), _settings(said),
        folder / record.history if record.history else None, folder / record.journal if record.journal else None,
        log.format == "json",
    )  # fmt: skip


def _section(said: dict[str, Any], name: str, kind: type[Any]) -> Any:
    given = said.get(name, {})
    if not isinstance(given, dict):
        raise NodeError(f"{name}: is a section, [{name}]")
    values = cast("dict[str, Any]", given)
    known = [field.name for field in fields(kind)] if kind is Settings else [*kind.__struct_fields__]
    for key in values:
        if key not in known:
            raise NodeError(f"[{name}] {unknown('key', key, known)}")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise NodeError(f"[{name}] {_said_plainly(str(error))}") from error
    except LocalProtocolError as error:
        raise NodeError(f"[{name}] {error.what}") from error


def _said_plainly(error: str) -> str:
    """`id: Expected `int`, got `str``, where msgspec says it the other way round."""
    if found := re.fullmatch(r"(.*) - at `\$\.?(.*)`", error):
        return f"{found[2].replace('[...]', ', a value')}: {found[1]}"
    return error.replace("Object missing required field", "there is no key")


def _settings(said: dict[str, Any]) -> Settings:
    return _section({"ring": {"fragment_bytes": FRAGMENT_BYTES, **said.get("ring", {})}}, "ring", Settings)


def address(key: str, text: str) -> Address:
    """`127.0.0.1:5405` or `[::1]:5405`; no names, which would have to be asked for."""
    host, _, port = text.rpartition(":")
    try:
        ip = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise NodeError(f"{key}: {text!r} is no IP address with a port, such as 192.0.2.1:5405") from None
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise NodeError(f"{key}: {text!r} has no port from 1 to 65535")
    return Address(str(ip), int(port))


def _peers(network: NetworkSection, me: ProcessorId) -> dict[ProcessorId, Address]:
    peers = dict[ProcessorId, Address]()
    for number, where in network.peers.items():
        if not number.isascii() or not number.isdigit() or int(number) > PROCESSOR_MAX:
            raise NodeError(f"network.peers: {number!r} is not the number of a node")
        if int(number) in peers:
            raise NodeError(f"network.peers: {int(number)} is there twice")
        if int(number) != me:
            peers[ProcessorId(int(number))] = address(f"network.peers.{number}", where)
    if len(peers) >= MEMBERS_MAX:
        raise NodeError(f"network.peers: at most {MEMBERS_MAX - 1} others")
    return peers


def _multicast(network: NetworkSection) -> Address | None:
    if not network.multicast:
        return None
    group = address("network.multicast", network.multicast)
    if not ipaddress.ip_address(group.host).is_multicast:
        raise NodeError(f"network.multicast: {group.host} is no multicast address")
    if ipaddress.ip_address(group.host).version != 4:
        raise NodeError(f"network.multicast: {group.host}: only IPv4 groups can be joined")
    return group


def _key(network: NetworkSection, folder: Path) -> Path | None:
    if network.key and network.without_key:
        raise NodeError("network: a key, and without_key = true; take one of them")
    if not network.key and not network.without_key:
        raise NodeError("network: no key (ringplug node --new-key FILE makes one; without_key = true does without)")
    return folder / network.key if network.key else None
