// A run of a machine as the page steps through it: the recorded steps, or some of them and then steps chosen here.

import { Scene } from "./scene.mjs";
import { sameState } from "./machine.mjs";

export class Run {
  constructor(machine, data) {
    this.machine = machine;
    this.data = data;
    this.scene = new Scene(machine);
    this.lanes = this.scene.lanes;
    this.recorded = data.steps.map((step) => machine.loaded(step));
    this.take(this.recorded, null);
  }

  /** Begin again with these steps; from `forkedAt` on they are not the recorded ones. */
  take(steps, forkedAt) {
    this.steps = steps;
    this.forkedAt = forkedAt;
    this.states = [this.machine.initial];
    for (const step of steps) this.states.push(this.machine.after(step, this.states.at(-1)));
    this.drawn = [];
    this.judged = new Map();
    this.broken = new Map();
    this.tokens = this.tokensBefore();
  }

  /** Rows are states: the start, and the one after each step. */
  get length() {
    return this.states.length;
  }

  /** The step that led to a row, with the states around it. */
  moment(i) {
    return { step: i ? this.steps[i - 1] : null, before: this.states[Math.max(0, i - 1)], after: this.states[i] };
  }

  words(i) {
    return i ? this.machine.words(this.steps[i - 1]) : "start";
  }

  changes(i) {
    return i ? this.machine.changes(this.states[i - 1], this.states[i]) : [];
  }

  /** For each row with a token, where that token was before: a row and a lane. */
  tokensBefore() {
    const last = new Map();
    return this.states.map((_, i) => {
      const [mark] = this.scene.marks(this.moment(i)).filter((one) => one.kind === "token");
      if (!mark) return null;
      const key = mark.how === "late" ? `late ${mark.ring}` : `${mark.ring}`;
      const before = last.get(key) ?? null;
      last.set(key, { row: i, lane: mark.lane });
      return before;
    });
  }

  /** What the picture shows of a row. */
  at(i) {
    this.drawn[i] ??= {
      cells: this.scene.cells(this.states[i]),
      marks: this.scene.marks(this.moment(i)).map((mark) => ({ ...mark, from: this.tokens[i] })),
    };
    return this.drawn[i];
  }

  // Forks --------------------------------------------------------------------------------------------------------------

  /** Go another way after row i; false if the step is not enabled there. */
  fork(i, step) {
    if (!this.machine.isEnabled(step, this.states[i])) return false;
    const common = this.forkedAt === null ? i : Math.min(i, this.forkedAt);
    const next = this.recorded[i];
    const isRecorded = this.forkedAt === null && next && this.machine.words(next) === this.machine.words(step);
    if (!isRecorded) this.take([...this.steps.slice(0, i), step], common);
    return true;
  }

  back() {
    this.take(this.recorded, null);
  }

  /** The fork in an address: the row that it leaves from, and its steps. */
  get forkText() {
    if (this.forkedAt === null) return "";
    return `${this.forkedAt}:${this.steps.slice(this.forkedAt).map((step) => this.machine.words(step)).join(";")}`;
  }

  /** Take the fork of an address; what is no step there is left out. */
  set forkText(text) {
    const [, at, words] = text.match(/^(\d+):(.*)$/) ?? [];
    if (at === undefined || Number(at) > this.recorded.length) return this.back();
    this.take(this.recorded.slice(0, Number(at)), Number(at));
    for (const one of words.split(";").filter(Boolean)) {
      const step = this.machine.parsed(one);
      if (!step || !this.machine.isEnabled(step, this.states.at(-1))) break;
      this.take([...this.steps, step], Number(at));
    }
  }

  /** The run as a trace file. A claim is named where the end of the run violates it. */
  trace() {
    const { claim, shows } = this.shown();
    const head = { ...this.data.trace, steps: this.steps.map((step) => this.machine.saved(step)), claim, shows };
    return `${JSON.stringify(head, null, 1)}\n`;
  }

  shown() {
    if (this.forkedAt === null) return { claim: this.data.trace.claim, shows: this.data.trace.shows };
    const mine = this.machine.program.claims.find((claim) => claim.id === this.data.trace.claim);
    const [violated] = mine ? this.machine.violated(mine, this.moment(this.length - 1)) : [];
    return violated ? { claim: mine.id, shows: violated.label } : { claim: null, shows: null };
  }

  // Claims, fate, choices ----------------------------------------------------------------------------------------------

  /** What each claim says of a row, by id: the parts that are violated, and whether its premise is reached. */
  verdicts(i) {
    if (!this.judged.has(i)) {
      const moment = this.moment(i);
      const one = (claim) => ({ violated: this.machine.violated(claim, moment), reached: this.machine.reaches(claim, moment) });
      this.judged.set(i, new Map(this.machine.program.claims.map((claim) => [claim.id, one(claim)])));
    }
    return this.judged.get(i);
  }

  /** Whether a claim is false in a row. */
  isBroken(i, id) {
    const claim = this.machine.program.claims.find((one) => one.id === id);
    if (!claim) return false;
    if (!this.broken.has(i)) this.broken.set(i, this.machine.violated(claim, this.moment(i)).length > 0);
    return this.broken.get(i);
  }

  /** The fate of a row and of its choices, if it was computed: a fork's first state is a choice of the recorded run. */
  fate(i) {
    const { rows } = this.data.fate;
    if (this.forkedAt === null || i <= this.forkedAt) return rows[i] ?? null;
    const here = i === this.forkedAt + 1 ? rows[this.forkedAt]?.choices[this.words(i)] : undefined;
    return here ? { here, choices: {}, avoid: null } : null;
  }

  /** Whether the step to a row of these steps is itself the violation, as far as fate is known there. */
  violatesAt(i, steps = this.steps) {
    const row = steps === this.recorded ? this.data.fate.rows[i - 1] : this.fate(i - 1);
    return i > 0 && (row?.choices[this.machine.words(steps[i - 1])]?.violates ?? false);
  }

  /** The steps that can be taken after a row, but for the one that is. */
  choices(i) {
    const { changing, idle } = this.machine.enabled(this.states[i]);
    const taken = this.steps[i] ? this.machine.words(this.steps[i]) : "";
    return { changing, idle, taken };
  }

  isIdle(i) {
    return i > 0 && sameState(this.states[i - 1], this.states[i]);
  }
}
