"""A new action cannot escape a claim: what says nothing of it is open, and ghosts follow what it writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model.delivery.state import DeliveryState
from model.language.machine import Edit, Ghost, Guard, Kind, Missed, Rule, Text
from model.language.mistakes import TextError
from model.language.sets import Processor, Truth, any_of, exists, some, within
from model.language.sorts import Handle, Ring, Seat
from model.machines import DELIVERY, MACHINES, PLUG
from model.plug.machine import RECOVERY_PLUG
from model.plug.state import PlugState
from model.services.actions import ADD_NODE, ServicesState
from model.variants.variant import VARIANTS, Variant
from properties.catalogue.claim import REGISTERED, Claim, Least, Part, Reach, claim
from properties.catalogue.overlooked import overlooked
from properties.catalogue.scopes import NamedScope
from properties.check.job import ENGINES, Job
from properties.check.task import SECOND_SOLVER
from properties.check.verdict import Open, Verdict, Violated
from properties.claims import CLAIMS
from properties.explicit.exhaustive import explore
from properties.sampling.tries import Tries
from tests.command import refused, ringplug

SCOPE = NamedScope(2, 1, 1, frozenset({"recovery-queue"}))


def installed_somewhere(now: PlugState, p: Processor) -> Guard:
    yield "p has installed a ring", within(p, any_of(Ring, lambda r: now.installed[r]))


def expel(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """The environment throws p out of ring r: it is no member any more.

    Source: against everything.
    """
    yield "p is a member of r", within(p, now.member[r])
    then.member[r] = now.member[r] - p


def drops_a_queue(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """And its recovery messages are gone."""
    yield from installed_somewhere(now, p)
    then.queued = now.queued - p
    then.queued_two = now.queued_two - p


def reinstalls(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P leaves whatever it has, and has r installed."""
    yield "r is pending at p", within(p, now.pending[r])
    then.installed.each(lambda x: now.installed[x] - p)
    then.queued, then.queued_two, then.leftover = now.queued - p, now.queued_two - p, now.leftover - p
    then.gate, then.turn = now.gate - p, now.turn - p


def swallows_a_leftover(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """What p kept of an older configuration is gone."""
    yield from installed_somewhere(now, p)
    then.leftover = now.leftover - p


def originates_by_the_way(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """A normal message leaves through no gate."""
    yield "p has installed r", within(p, now.installed[r])
    then.normal[r] = now.normal[r] | now.member[r]


def unplugs_by_itself(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """The plugs of p come out, and no service has called."""
    yield from installed_somewhere(now, p)
    then.plugged.each(lambda h: now.plugged[h] - p)


def with_one_more(write: object) -> Text:
    return replace(RECOVERY_PLUG, rules=(*RECOVERY_PLUG.rules, Rule(write, Kind.ENVIRONMENT)))  # pyright: ignore


@pytest.fixture
def variant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A variant that adds the action of the test's parameter."""
    rule = Rule(request.param, Kind.ENVIRONMENT)
    monkeypatch.setitem(VARIANTS, "mine", Variant("mine", "One's own.", adds=(rule,)))
    return "mine"


def decided(engine: str, id: str, variant: str) -> Verdict:
    scope = None if engine in ("inductive", SECOND_SOLVER) else SCOPE
    job = Job(engine=engine, scope=scope, variant=variant, claims=(id,), depth=8, tries=Tries(20, 60))
    (verdict,) = job.run()
    return verdict


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("variant", [drops_a_queue], indirect=True)
def test_a_claim_without_a_part_for_an_action_is_open_in_every_engine(engine: str, variant: str) -> None:
    verdict = decided(engine, "BAR-1", variant)
    assert isinstance(verdict, Open)
    assert not verdict.beside
    assert verdict.reason == "it has no part for the action drops_a_queue, and needs one for each"


@pytest.mark.parametrize("variant", [expel], indirect=True)
def test_a_violation_stands_though_an_action_was_overlooked(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(VARIANTS[variant], edits=VARIANTS["open-on-own-bit"].edits)
    monkeypatch.setitem(VARIANTS, variant, broken)
    assert isinstance(decided("exhaustive", "BAR-1", variant), Violated)


def test_the_command_line_says_which_action_was_overlooked() -> None:
    says = "it has no part for the action gmi_back_to_the_old_ring, and needs one for each"
    variant = ["--variant", "gmi-back-to-the-old-ring"]
    done = ringplug("check", "--claim", "BAR-1", "--engine", "inductive", *variant)
    assert done.returncode == 2
    assert f"BAR-1 open (inductive, any number): {says}" in done.stdout
    done = ringplug("trace", "BAR-1", *variant)
    assert (done.returncode, done.stdout) == (2, f"BAR-1 at 2/1/1 with no feature: open: {says}\n")


@pytest.mark.parametrize("write", [drops_a_queue, reinstalls, swallows_a_leftover])
def test_a_queue_that_is_dropped_breaks_what_is_said_of_kept_messages(write: object) -> None:
    """PLUG-H4 is not proved, and there is a run that violates it."""
    machine = with_one_more(write).record()
    scope = NamedScope(1, 1, 2, frozenset({"recovery-queue", "leftovers"}))
    small = with_one_more(write).record(scope.features)
    assert explore(small, scope.ground, [CLAIMS["PLUG-H4"]]).outcomes["PLUG-H4"].violation
    assert bool(overlooked(CLAIMS["PLUG-H4"], machine)) == (write is not drops_a_queue)


@pytest.mark.parametrize("variant", [drops_a_queue, reinstalls], indirect=True)
def test_with_a_queue_dropped_it_is_not_proved(variant: str) -> None:
    verdict = decided("inductive", "PLUG-H4", variant)
    assert isinstance(verdict, Open)
    assert verdict.reason.startswith("a leftover is what was kept: not kept by ")


def test_who_installs_a_ring_by_another_action_owes_every_handle() -> None:
    owes = VARIANTS["old-ring-is-installed-again"].edit(RECOVERY_PLUG).record().action("old_ring_is_installed_again")
    assert "owes" in owes.writes


def test_a_claim_about_originating_covers_every_action_that_originates() -> None:
    machine = with_one_more(originates_by_the_way).record()
    says = "it has no part for the action originates_by_the_way, which writes normal"
    assert {id for id, one in CLAIMS.items() if one.machine == PLUG and overlooked(one, machine) == says} == {
        "PLUG-S8", "PLUG-S10", "PLUG-S12",
    }  # fmt: skip


def signs_by_the_way(now: PlugState, then: PlugState, p: Processor, r: Ring) -> Guard:
    """P's bit is set, and no token has come."""
    yield "p has installed r", within(p, now.installed[r])
    then.bits[r] = now.bits[r] | p


def delivers_by_the_way(now: ServicesState, then: ServicesState, p: Processor, r: Ring) -> Guard:
    """The normal message of r is delivered at p, whatever came before it."""
    yield "the message is on its way to p", within(p, now.reads[r])
    then.reads[r] = now.reads[r] - p


def adds_a_node_by_the_way(now: ServicesState, then: ServicesState, p: Processor, i: Seat, r: Ring) -> Guard:
    """An add-node is delivered before the nodejoin."""
    yield "the add-node is on its way to p", within(p, now.coming[ADD_NODE, i, r])
    then.coming[ADD_NODE, i, r] = now.coming[ADD_NODE, i, r] - p


def installs_by_the_way(now: DeliveryState, then: DeliveryState, p: Processor, r: Ring) -> Guard:
    """P is back in a ring that it had."""
    yield "p had r", within(p, now.reached[r])
    then.installed[r] = now.installed[r] | p


@pytest.mark.parametrize(
    ("machine", "write", "ids"),
    [
        (PLUG, signs_by_the_way, {"PLUG-S5", "BAR-1"}),
        ("services", delivers_by_the_way, {"CLM-S1", "CLM-S4", "EVT-S1"}),
        ("services", adds_a_node_by_the_way, {"EVT-S1"}),
        (DELIVERY, installs_by_the_way, {"RING-S2"}),
    ],
)
def test_what_an_action_does_by_another_way_leaves_open_what_is_said_of_it(
    machine: str, write: object, ids: set[str]
) -> None:
    text = MACHINES[machine]
    more = replace(text, rules=(*text.rules, Rule(write, Kind.PROTOCOL))).record()  # pyright: ignore
    assert {id for id, one in CLAIMS.items() if one.machine == machine and overlooked(one, more)} == ids


def test_a_claim_about_named_actions_says_which_others_would_matter() -> None:
    """What a claim says of named actions alone, another could do; of RING-S4 none could: to reject is to do nothing."""
    named = [one for one in CLAIMS.values() if one.parts and all(part.at for part in one.parts)]
    assert len(named) > 10
    assert [one.id for one in named if not (one.covers_every_action or one.covers_writers_of)] == ["RING-S4"]
    for one in named:
        assert not {part.at for part in one.parts} & set(one.but), one.id
        written = {name for action in MACHINES[one.machine].record().actions for name in action.writes}
        assert set(one.covers_writers_of) <= written, one.id


def test_an_action_that_a_ghost_misses_leaves_open_the_claims_that_read_it() -> None:
    machine = with_one_more(unplugs_by_itself).record()
    (missed,) = machine.missed
    assert missed == Missed("owes it no more", "unplugs_by_itself", ("plugged",), frozenset({"owes"}))
    open_ = {id for id, one in CLAIMS.items() if one.machine == PLUG and not one.covers_every_action}
    assert {id for id in open_ if overlooked(CLAIMS[id], machine)} == {"PLUG-S3"}


def owes_something(now: PlugState, r: Ring) -> Truth:
    return some(now.owes[Handle("h")] & now.installed[r])


def anything(now: PlugState, r: Ring) -> Truth:
    return within(now.installed[r], now.installed[r])


def any_state(now: PlugState) -> Truth:
    return within(now.gate, now.gate)


def with_a_handle_owed(now: PlugState) -> Truth:
    return exists(Handle, lambda h: some(now.owes[h]))


def goal(premise: object, goal: object, stuck: object = None) -> Reach:
    return Reach(premise, goal, by=("visit",), lost="lost", stuck=stuck)  # pyright: ignore


@pytest.mark.parametrize(
    "said",
    [
        {"witness": Part("owes", with_a_handle_owed)},
        {"reach": goal(owes_something, anything)},
        {"reach": goal(anything, owes_something)},
        {"reach": goal(anything, anything, with_a_handle_owed)},
    ],
)
def test_so_it_does_the_claims_of_which_only_premise_or_goal_reads_it(said: dict[str, Any]) -> None:
    machine = with_one_more(unplugs_by_itself).record()
    mine = Claim("MINE-2", "Mine.", "", Least(1, 1, 1), "open-on-own-bit", parts=[Part("any", any_state)])
    assert not overlooked(mine, machine)
    assert "owes it no more" in (overlooked(replace(mine, **said), machine) or "")
    assert not overlooked(replace(mine, **said), RECOVERY_PLUG.record())


def test_so_does_an_edit_of_an_action_that_was_thought_of() -> None:
    def forgets(now: PlugState, then: PlugState, p: Processor) -> None:
        then.half = now.half - p

    machine = replace(RECOVERY_PLUG, edits=(*RECOVERY_PLUG.edits, Edit("restart", write=forgets))).record()
    assert {one.action for one in machine.missed} == {"restart"}
    assert overlooked(CLAIMS["PLUG-S13"], machine)
    assert not overlooked(CLAIMS["PLUG-S1"], machine)


def test_what_is_made_of_a_wrong_ghost_is_wrong_too() -> None:
    def copies(now: PlugState, then: PlugState) -> None:
        then.early = now.early | now.begun

    text = replace(RECOVERY_PLUG, ghosts=(*RECOVERY_PLUG.ghosts, Ghost(copies, watches=("half",))))
    edited = replace(text, rules=(*text.rules, Rule(write=half_is_lost, kind=Kind.ENVIRONMENT)))
    assert {name for one in edited.record().missed for name in one.remembers} == {"begun", "early"}


def half_is_lost(now: PlugState, then: PlugState, p: Processor) -> Guard:
    """A message is half sent no more."""
    yield from ()
    then.half = now.half - p


@pytest.mark.parametrize("name", MACHINES)
def test_no_action_of_ours_is_missed(name: str) -> None:
    machine = MACHINES[name].record()
    assert machine.missed == ()
    assert not [one.id for one in CLAIMS.values() if one.machine == name and overlooked(one, machine)]


def test_a_ghost_that_follows_named_actions_says_what_it_is_about() -> None:
    with pytest.raises(TypeError, match="the ghost drops a queue follows named actions"):
        Ghost(drops_a_queue, after=("leave",))  # pyright: ignore


def test_a_claim_of_ones_own_can_cover_every_action() -> None:
    try:
        mine = claim(
            "MINE-1", "Mine.", least=Least(1, 1, 1), mutant="", covers_every_action=True, but=("install",)
        )  # fmt: skip
        mine.at("visit")(lambda now, then, p: within(p, p))
        assert "no part for the action leave" in (overlooked(mine, RECOVERY_PLUG.record()) or "")
        with pytest.raises(TextError, match="has no action 'vist'; the nearest is 'visit'"):
            claim("MINE-3", "Mine.", least=Least(1, 1, 1), mutant="", but=("vist",))
    finally:
        del REGISTERED["MINE-1"]


@pytest.fixture
def one_action_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PLUG, "ordered"):
        text = MACHINES[name]
        monkeypatch.setitem(MACHINES, name, replace(text, rules=(*text.rules, Rule(expel, Kind.ENVIRONMENT))))


@pytest.mark.usefixtures("one_action_more")
@pytest.mark.parametrize(
    "command",
    [["lockstep", "--steps", "50"], ["lockstep", "--tour", "classes"], ["conform", "--steps", "5", "--", "true"]],
    ids=" ".join,
)
def test_lockstep_says_that_its_map_lacks_an_action(command: list[str]) -> None:
    assert refused(*command) == "ringplug: the map of lockstep lacks the action expel: properties/lockstep/events.py\n"
