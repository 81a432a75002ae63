"""Random short runs of rings: loss, partitions, crashes and pauses, from one seed, and a quiet end."""

from __future__ import annotations

from random import Random

from ring_network import Network, Recoverer

from reference.ring.effects import Guarantee
from reference.rings import ProcessorId

PAUSES_US = [100, 500, 2_000, 10_000, 60_000, 150_000]
SIZES_BYTES = [3, 3, 3, 2_000, 6_000]


def a_run(seed: int) -> Network:
    """A run with faults, then without any until all that live are in one ring and nothing happens any more."""
    random = Random(f"run {seed}")
    network = Network(
        random.choice([2, 3, 3, 4, 5]),
        seed,
        loss=random.choice([0, 0.02, 0.1, 0.25]),
        service=random.choice([None, Recoverer, Recoverer]),
    )
    network.doubled, network.latest_us = random.choice([0, 0.1]), random.choice([100, 300, 2_000])
    network.run(random.choice([1_000, 30_000, 100_000]))
    for _ in range(random.randint(20, 50)):
        _disturb(network, random)
        network.run(random.choice(PAUSES_US))
    _calm(network)
    return network


def _disturb(network: Network, random: Random) -> None:
    living = [id for id in network.ids if network.nodes[id].alive]
    dead = [id for id in network.ids if not network.nodes[id].alive]
    chosen = random.choice(living)
    match random.choices(range(8), [60, 10, 10, 6, 9, 3, 3, 3])[0]:
        case 0:
            _load(network, random, living)
        case 1:
            parts = [random.randrange(3) for _ in network.ids]
            network.split(*([id for id, at in zip(network.ids, parts, strict=True) if at == part] for part in range(3)))
        case 2:
            network.heal()
        case 3 if len(living) > 1:
            network.crash(chosen)
        case 4 if dead:
            network.boot(random.choice(dead))
        case 5:
            network.pause(chosen)
        case 6 if network.paused:
            network.resume(random.choice(sorted(network.paused)))
        case _:
            _lose(network, random)


def _load(network: Network, random: Random, living: list[ProcessorId]) -> None:
    for _ in range(random.randint(1, 8)):
        node, priority, size = (
            network.nodes[random.choice(living)],
            random.choice([0, 1, 1, 2, 3]),
            random.choice(SIZES_BYTES),
        )
        if node.gmi.gmi_send_ok(priority, size):
            node.mcast(bytes(size), priority, random.choice(list(Guarantee)))


def _lose(network: Network, random: Random) -> None:
    """Cut one way between two, or lose most of one kind of datagram, or nothing more than usual."""
    one, other, kind = random.choice(network.ids), random.choice(network.ids), random.choice([2, 3, 4])
    network.lost = random.choice(
        [
            lambda sender, receiver, datagram: (sender, receiver) == (one, other),
            lambda sender, receiver, datagram: datagram[3] == kind and network.random.random() < 0.6,
            lambda sender, receiver, datagram: False,
        ]
    )


def _calm(network: Network) -> None:
    network.heal()
    network.lost = lambda sender, receiver, datagram: False
    network.loss, network.doubled, network.latest_us = 0, 0, 300
    for id in list(network.paused):
        network.resume(id)
    network.run_until(network.settled)
    network.run(100_000)
    for id in network.ids:
        if network.nodes[id].alive:
            network.recording.ended(id, quiescent=network.settled())
