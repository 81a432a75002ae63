// What the picture shows of a step of a machine: how each processor stands, and what moves.
//
// A row is one step, drawn as it leaves the state. `cells` has for each lane its configuration, gate, handles and queue;
// `marks` has what happens: a token with its bitmap, a message, a ring that forms, a crash. A variable that a machine
// does not have is not drawn.

const TOKENS = { visit: "visit", sole_visit: "visit", late_visit: "late", pass_on: "passed", reject: "rejected" };
const SENDS = {
  originate: "normal", begin_long: "normal", finish_long: "normal", finish_rest: "normal",
  send_recovery: "recovery", send_leftover: "recovery", send_stale: "recovery",
};
const SHORT = {
  queue_recovery: "queue", queue_between: "queue", send_recovery: "send", send_leftover: "send old", begin_long: "begin",
  finish_long: "finish", originate: "send", deliver_nodejoin: "deliver", deliver_add_node: "deliver", deliver_normal: "deliver",
};
const has = (bitmap, p) => ((bitmap >> p) & 1) === 1;

export class Scene {
  constructor(machine) {
    this.machine = machine;
    this.lanes = Array.from({ length: machine.data.processors }, (_, i) => `p${i}`);
    this.where = new Map(machine.slots.map((slot, i) => [slot.name, i]));
    this.of = (variable) => machine.slots.flatMap((slot, i) => (slot.variable === variable ? [{ slot: i, at: slot.at }] : []));
    this.rings = this.of("installed");
    this.handles = this.of("plugged");
  }

  /** The value of a set by its name, such as `bits[r0]`; null if the machine has no such set. */
  set(state, name) {
    const slot = this.where.get(name);
    return slot === undefined ? null : state[slot];
  }

  /** How each processor stands in a state. */
  cells(state) {
    return this.lanes.map((_, p) => ({ ...this.configuration(state, p), ...this.readiness(state, p) }));
  }

  configuration(state, p) {
    const inside = (name) => has(this.set(state, name) ?? 0, p);
    if (inside("down")) return { band: "down", ring: null };
    const installed = this.rings.find(({ slot }) => has(state[slot], p));
    if (installed) return { band: "regular", ring: installed.at[0] };
    const next = this.of("pending").find(({ slot }) => has(state[slot], p));
    return next ? { band: "between", ring: next.at[0] } : { band: "none", ring: null };
  }

  readiness(state, p) {
    const inside = (name) => has(this.set(state, name) ?? 0, p);
    const configured = this.rings.some(({ slot }) => has(state[slot], p));
    return {
      gate: this.where.has("gate") && configured ? (inside("gate") ? "open" : "closed") : inside("gate") ? "open" : null,
      handles: this.handles.flatMap(({ slot, at }) => {
        const registered = inside(`handles[h${at[0]}]`) || has(state[slot], p);
        return registered ? [has(state[slot], p)] : [];
      }),
      turn: inside("turn"),
      queued: Number(inside("queued")) + Number(inside("queued_two")),
      old: inside("leftover"),
      half: inside("half"),
    };
  }

  /** What moves in a step: nothing at the start. */
  marks({ step, before, after }) {
    if (!step) return [];
    const { p, r, c, members } = step.arguments;
    const ring = r === undefined ? null : r;
    if (step.action === "form_ring") return [{ kind: "forms", ring, lanes: this.within(members) }];
    if (p === undefined) return [{ kind: "other", lane: null, label: this.machine.words(step) }];
    if (step.action === "crash" || step.action === "restart") return [{ kind: step.action, lane: p, label: step.action }];
    if (TOKENS[step.action]) return [this.token(step, after)];
    if (SENDS[step.action]) {
      const to = this.within(this.set(before, `member[r${r}]`) ?? 0);
      return [{ kind: "sends", priority: SENDS[step.action], lane: p, ring, to, label: SHORT[step.action] ?? "send" }];
    }
    const shown = Object.entries(this.machine.shown(step)).filter(([name]) => name === "r" || name === "h");
    return [{ kind: "does", lane: p, label: [SHORT[step.action] ?? step.action, ...shown.map(([, one]) => one)].join(" ") }];
  }

  token(step, after) {
    const { p, r, c } = step.arguments;
    const name = step.action === "late_visit" ? `copy[c${c}, r${r}]` : `bits[r${r}]`;
    const bits = this.set(after, name) ?? 0;
    const members = this.within(this.set(after, `member[r${r}]`) ?? 0);
    return { kind: "token", how: TOKENS[step.action], lane: p, ring: r, bits: members.map((member) => has(bits, member)), members };
  }

  within(bitmap) {
    return this.lanes.flatMap((_, p) => (has(bitmap, p) ? [p] : []));
  }
}
