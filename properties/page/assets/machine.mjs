// The machine of a run: its steps, what refuses them and what they change, what each claim says of each step.

import { because, filled } from "./because.mjs";
import { asSet, membersOf, textOf } from "./notation.mjs";
import { slotOf, value } from "./terms.mjs";

/** With more processors than this, the sets of them are not gone through. */
const MOST_FOR_SETS = 5;

export class Machine {
  /** `program` is the recorded graph as terms, `data` has the scope and every slot: name, indices, initial value. */
  constructor(program, data) {
    this.program = program;
    this.data = data;
    this.everybody = 2 ** data.processors - 1;
    this.slots = data.slots;
    this.slotNames = data.slots.map((slot) => slot.name);
    this.initial = data.slots.map((slot) => slot.initial);
    this.actions = new Map(program.actions.map((action) => [action.name, prepared(action)]));
  }

  /** Where terms are read, before and after a step; `step` may be null. */
  place(now, then = now, step = null) {
    const place = { now, then, everybody: this.everybody, indices: {}, chosen: {} };
    if (step) {
      for (const parameter of this.actions.get(step.action).parameters) choose(place, parameter, step.arguments[parameter.name]);
    }
    return place;
  }

  /** Each guard part of a step in a state: its words, whether it holds. */
  guard(step, state) {
    const place = this.place(state, state, step);
    return this.actions.get(step.action).guard.map(([label, term]) => ({ label, holds: value(term, place), term }));
  }

  refusals(step, state) {
    return this.guard(step, state).filter((part) => !part.holds);
  }

  isEnabled(step, state) {
    return this.refusals(step, state).length === 0;
  }

  /** A guard part with the comparisons that decide it. */
  explained(part, step, state) {
    return because(part.term, this.place(state, state, step), this.actions.get(step.action).sorted);
  }

  /** The state after a step. */
  after(step, state) {
    const place = this.place(state, state, step);
    const changed = state.slice();
    for (const write of this.actions.get(step.action).effect) {
      for (const slot of slotsOf(write, place)) changed[slot] = value(write.value, place);
    }
    return changed;
  }

  /** The slots that differ, each with what it was and is, and of a step the term that is its new value. */
  changes(before, after, step = null) {
    const found = [];
    for (let slot = 0; slot < before.length; slot++) {
      if (before[slot] === after[slot]) continue;
      const term = step ? this.newValue(slot, step, before) : "";
      found.push({ slot, name: this.slotNames[slot], before: before[slot], after: after[slot], term });
    }
    return found;
  }

  newValue(wanted, step, state) {
    const place = this.place(state, state, step);
    const { effect, sorted } = this.actions.get(step.action);
    let says = "";
    for (const write of effect) {
      for (const slot of slotsOf(write, place)) {
        if (slot !== wanted) continue;
        const bound = write.whole ? Object.fromEntries(write.variable.parts.map((one) => [one.name, one.sort])) : {};
        says = textOf(filled(write.value, place, { ...sorted, ...bound }), place.chosen);
      }
    }
    return says;
  }

  /**
   * The steps of an action that a state enables, sets of processors left out if there are too many of them; where a
   * parameter is fresh, only the one with the lowest unused element. Parameters are chosen one after the other, and a
   * guard part is asked as soon as all that it speaks of is chosen.
   */
  *enabledSteps(action, state) {
    const { parameters, asked } = action;
    const machine = this;
    const place = this.place(state);
    const given = {};
    function* from(at) {
      if (at === parameters.length) {
        yield { action: action.name, arguments: { ...given } };
        return;
      }
      for (const choice of machine.choices(parameters[at])) {
        choose(place, parameters[at], choice);
        given[parameters[at].name] = choice;
        if (!asked[at + 1].every((part) => value(part, place))) continue;
        yield* from(at + 1);
        if (parameters[at].fresh) return;
      }
    }
    if (asked[0].every((part) => value(part, place))) yield* from(0);
  }

  choices(parameter) {
    const { processors } = this.data;
    if (parameter.kind === "processors") return range(processors > MOST_FOR_SETS ? 0 : 2 ** processors);
    return range(parameter.kind === "processor" ? processors : parameter.sort.size);
  }

  /** All steps that a state enables, and those among them that change nothing apart. */
  enabled(state) {
    const changing = [];
    const idle = [];
    for (const action of this.actions.values()) {
      for (const step of this.enabledSteps(action, state)) {
        (sameState(this.after(step, state), state) ? idle : changing).push(step);
      }
    }
    return { changing, idle };
  }

  /** A step in words: `visit p1 r0`. */
  words(step) {
    return [step.action, ...Object.values(this.shown(step))].join(" ");
  }

  /** A step's arguments as a reader sees them, by parameter. */
  shown(step) {
    const { parameters } = this.actions.get(step.action);
    return Object.fromEntries(parameters.map((one) => [one.name, argumentText(one, step.arguments[one.name])]));
  }

  /** What the action says of itself, with the step's arguments for its parameters. */
  told(step) {
    let says = this.data.actions[step.action].says;
    const unsaid = [];
    for (const [name, shown] of Object.entries(this.shown(step))) {
      const from = name === "p" ? says.replace(/\bP\b/g, "p") : says;
      const said = from.replace(new RegExp(`\\b${name}\\b`, "g"), shown);
      if (said === says) unsaid.push(`${name}: ${shown}`);
      says = said;
    }
    return unsaid.length ? `${says} (${unsaid.join(", ")})` : says;
  }

  /** A step from words such as `visit p1 r0` or `form_ring r0 {p0 p1}`; null if they are no step here. */
  parsed(words) {
    const [name, ...given] = words.match(/\{[^{}]*\}|\S+/g) ?? [""];
    const action = this.actions.get(name);
    if (!action || given.length !== action.parameters.length) return null;
    const all = action.parameters.map((one, i) => [one.name, argumentOf(one, given[i], this.data.processors)]);
    return all.some(([, one]) => one === null) ? null : { action: name, arguments: Object.fromEntries(all) };
  }

  /** A step as it stands in a trace. */
  saved(step) {
    const { parameters } = this.actions.get(step.action);
    const one = (parameter) => {
      const given = step.arguments[parameter.name];
      return parameter.kind === "processors" ? membersOf(given).map((name) => Number(name.slice(1))) : given;
    };
    return { action: step.action, arguments: Object.fromEntries(parameters.map((each) => [each.name, one(each)])) };
  }

  /** A step from how it stands in a trace. */
  loaded(step) {
    const { parameters } = this.actions.get(step.action);
    const bitmap = (given) => given.reduce((all, p) => all | (1 << p), 0);
    const one = (given) => (Array.isArray(given) ? bitmap(given) : given);
    return { action: step.action, arguments: Object.fromEntries(parameters.map((each) => [each.name, one(step.arguments[each.name])])) };
  }

  // Claims -------------------------------------------------------------------------------------------------------------

  /** The parts of a claim that a step violates: label, and the terms with the places in which they are false. */
  violated(claim, { before, after, step }) {
    const found = [];
    for (const part of claim.parts) {
      const where = this.falsified(part, before, after, step);
      if (where) found.push({ label: part.label, ...where });
    }
    return found;
  }

  /** Where a part is false, or null. */
  falsified(part, before, after, step) {
    if (part.of === "states") {
      const place = this.place(after);
      return value(part.term, place) ? null : { term: part.term, place, sorted: {} };
    }
    if (part.of === "steps") {
      if (!step || (part.action && part.action !== step.action)) return null;
      const place = this.place(before, after, step);
      const { sorted } = this.actions.get(step.action);
      return value(part.term, place) ? null : { term: part.term, place, sorted };
    }
    return this.refusedThoughDue(part, after);
  }

  /** Of a part that says when an action is enabled: a step that is refused though its premise holds. */
  refusedThoughDue(part, state) {
    const action = this.actions.get(part.action);
    for (const step of this.allSteps(action)) {
      const place = this.place(state, state, step);
      if (value(part.term, place) && !this.isEnabled(step, state)) {
        return { term: part.term, place, sorted: action.sorted, refused: step };
      }
    }
    return null;
  }

  *allSteps(action, at = 0, given = {}) {
    if (at === action.parameters.length) {
      yield { action: action.name, arguments: { ...given } };
      return;
    }
    const parameter = action.parameters[at];
    for (const choice of this.choices(parameter)) {
      yield* this.allSteps(action, at + 1, { ...given, [parameter.name]: choice });
    }
  }

  /** Whether a step, or the state after it, reaches the premise of a claim. */
  reaches(claim, { before, after, step }) {
    const premise = claim.premise;
    if (!premise) return false;
    if (premise.of === "states") return value(premise.term, this.place(after));
    if (!step || (premise.action && premise.action !== step.action)) return false;
    return value(premise.term, this.place(before, after, step));
  }
}

const range = (size) => Array.from({ length: size }, (_, i) => i);

export const sameState = (one, other) => one.every((bitmap, i) => bitmap === other[i]);

function choose(place, parameter, given) {
  if (parameter.kind === "index") place.indices[parameter.name] = given;
  else place.chosen[parameter.name] = parameter.kind === "processor" ? 1 << given : given;
}

/** An action, with the sorts of its parameters, and by number of parameters the guard parts that speak of no more. */
function prepared(action) {
  const sorted = {};
  for (const one of action.parameters) if (one.kind === "index") sorted[one.name] = one.sort;
  const names = action.parameters.map((one) => one.name);
  const asked = [[], ...names.map(() => [])];
  for (const [, part] of action.guard) {
    const read = parametersOf(part);
    asked[Math.max(0, ...names.map((name, i) => (read.has(name) ? i + 1 : 0)))].push(part);
  }
  return { ...action, sorted, asked };
}

/** The names of parameters and indices in a term. */
function parametersOf(term, found = new Set()) {
  if (term.kind === "index" || term.kind === "processor" || term.kind === "processors") found.add(term.name);
  for (const index of [term.left, term.right]) if (index) found.add(index.name);
  for (const part of term.parts) parametersOf(part, found);
  return found;
}

/** The slots that a write gives a value: one, or with `whole` every place of its variable, with its indices bound. */
function* slotsOf(write, place, at = 0) {
  if (!write.whole || at === write.variable.parts.length) {
    yield slotOf(write.variable, place);
    return;
  }
  const index = write.variable.parts[at];
  for (let i = 0; i < index.sort.size; i++) {
    place.indices[index.name] = i;
    yield* slotsOf(write, place, at + 1);
  }
}

function argumentText(parameter, given) {
  if (parameter.kind === "processors") return `{${membersOf(given).join(" ")}}`;
  return `${parameter.kind === "processor" ? "p" : parameter.sort.letter}${given}`;
}

function argumentOf(parameter, word, processors) {
  if (parameter.kind === "processors") {
    const members = (word.match(/^\{(.*)\}$/)?.[1] ?? "").split(/[\s,]+/).filter(Boolean);
    const numbers = members.map((one) => numberIn(one, "p", processors));
    return numbers.includes(null) || !/^\{.*\}$/.test(word) ? null : numbers.reduce((all, p) => all | (1 << p), 0);
  }
  if (parameter.kind === "processor") return numberIn(word, "p", processors);
  return numberIn(word, parameter.sort.letter, parameter.sort.size);
}

function numberIn(word, letter, size) {
  const found = word.match(/^([a-z])(\d{1,2})$/);
  return found && found[1] === letter && Number(found[2]) < size ? Number(found[2]) : null;
}

/** `gate = {p0}`: the sets of a comparison that its own words do not tell already. */
export function setsInWords(said) {
  return [...said.sets].map(([name, bitmap]) => `${name} = ${asSet(bitmap)}`).filter((words) => words !== said.says);
}
