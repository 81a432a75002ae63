"""Links, bridges and addresses, told to the kernel by pyroute2.

The one thing that it does not give is the descriptor of a TAP device, which is opened here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Generator, Iterable

from pyroute2 import IPRoute, NetlinkError, NetNS

from properties.corosync.laboratory.configuration import address, mac
from properties.corosync.laboratory.namespaces import TUN_DEVICE, LaboratoryError, Place

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
PERMANENT = 0x80
"""A neighbour that is never asked for (NUD_PERMANENT)."""


@contextlib.contextmanager
def told() -> Generator[IPRoute]:
    """The kernel, in the namespace of this process; what it refuses is an error of the laboratory."""
    with IPRoute() as kernel:
        yield from _refusals(kernel)


@contextlib.contextmanager
def told_in(place: Place) -> Generator[IPRoute]:
    """The kernel, in a node's namespace."""
    with NetNS(f"/proc/{place.holder.pid}/ns/net") as kernel:
        yield from _refusals(kernel)


def _refusals(kernel: IPRoute) -> Generator[IPRoute]:
    try:
        yield kernel
    except NetlinkError as error:
        raise LaboratoryError(f"a link: {error}") from error


def number(kernel: IPRoute, name: str) -> int:
    """The number of an interface; one that is not there is an error."""
    found = kernel.link_lookup(ifname=name)
    if not found:
        raise LaboratoryError(f"there is no interface {name}")
    return found[0]


def add_bridge(kernel: IPRoute, name: str) -> int:
    """A bridge that forwards at once; its number."""
    kernel.link("add", ifname=name, kind="bridge", br_forward_delay=0)
    bridge = number(kernel, name)
    kernel.link("set", index=bridge, state="up")
    return bridge


def add_cable(kernel: IPRoute, name: str, place: Place) -> int:
    """A pair of interfaces: this one here, the other one as eth0 there; the number of this one."""
    kernel.link("add", ifname=name, kind="veth", peer={"ifname": "eth0", "net_ns_pid": place.holder.pid})
    here = number(kernel, name)
    kernel.link("set", index=here, state="up")
    return here


def add_tap(kernel: IPRoute, name: str, place: Place) -> int:
    """A TAP device as eth0 there; it lives as long as its descriptor, which is what is returned."""
    descriptor = os.open(TUN_DEVICE, os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    kernel.link("set", index=number(kernel, name), net_ns_pid=place.holder.pid, ifname="eth0")
    return descriptor


def furnish(node: int, others: Iterable[int], place: Place) -> None:
    """An address, and the hardware addresses of the others: or a lost frame could also be a lost ARP."""
    with told_in(place) as kernel:
        kernel.link("set", index=number(kernel, "lo"), state="up")
        index = number(kernel, "eth0")
        kernel.link("set", index=index, address=mac(node))
        kernel.addr("add", index=index, address=address(node), prefixlen=24)
        kernel.link("set", index=index, state="up")
        for other in others:
            kernel.neigh("replace", dst=address(other), lladdr=mac(other), ifindex=index, state=PERMANENT)
