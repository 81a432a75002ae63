// What the page says of one step of a run: in words, set by set, claim by claim; its fate; the ways on; why not another.

import { because } from "./because.mjs";
import { h } from "./dom.mjs";
import { setsInWords } from "./machine.mjs";
import { asSet, membersOf } from "./notation.mjs";

const MOST_STRIP = 120;
const MOST_LISTED = 16;

const section = (title, id, ...children) => h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), children);
const afterRow = (i) => (i ? `after step ${i}` : "at the start");
const code = (...text) => h("code", {}, ...text);

/** A set element by element: what came is marked +, what went −. */
export function difference(before, after) {
  const all = membersOf(before | after);
  if (!all.length) return ["∅"];
  return all.map((name) => {
    const p = Number(name.slice(1));
    const was = (before >> p) & 1;
    const is = (after >> p) & 1;
    const sign = was === is ? "" : is ? "+" : "−";
    return h("span", { class: sign === "+" ? "came" : sign ? "went" : "stays" }, sign + name);
  });
}

/** The comparisons that decide a statement, with the values of their sets. */
function comparisons(said) {
  return h("ul", { class: "because" }, said.map((one) => {
    const values = setsInWords(one);
    return h("li", {}, code(one.says), values.length ? h("span", { class: "values" }, values.join(", ")) : null);
  }));
}

export function stepPanel(run, i) {
  const { machine } = run;
  if (!i) return section("Start", "step", h("p", {}, "The initial state. ", start(run)));
  const step = run.steps[i - 1];
  const action = machine.data.actions[step.action];
  const changes = machine.changes(run.states[i - 1], run.states[i], step);
  return section(
    `Step ${i} of ${run.length - 1}`, "step",
    h("p", {}, h("strong", {}, machine.words(step)), " ", machine.told(step)),
    notes(run, i),
    h("p", { class: "dim" }, `An action of the ${action.kind}. Source: ${action.source || "none"}. `, h("a", { href: action.link }, action.link)),
    changes.length
      ? h("table", { class: "changes" }, h("tbody", {}, changes.map((one) => changeRow(one, machine.slots[one.slot]))))
      : h("p", {}, "It changes nothing."),
  );
}

const start = (run) => `${run.machine.data.processors} processors; every set that is not empty is in the table below.`;

function changeRow(change, slot) {
  return h("tr", {}, h("th", { scope: "row" }, code(change.name)), h("td", {}, difference(change.before, change.after)),
    h("td", { class: "term" }, `= ${change.term}`, h("span", { class: "means" }, slot.means, slot.is_ghost ? "; a ghost: only claims read it" : "")));
}

/** What the page was told of this step alone: where an edit bites, where an implementation parts. */
function notes(run, i) {
  const told = run.forkedAt === null || i <= run.forkedAt ? run.data.notes[i] : null;
  return told ? h("pre", { class: "note" }, told.join("\n")) : null;
}

/** Every set that is not empty or was not, a cell a processor; the cells that decide the chosen claim are marked. */
export function statePanel(run, i, claim) {
  const { machine } = run;
  const { before, after } = run.moment(i);
  const deciding = decidingCells(run, i, claim);
  const rows = machine.slots.flatMap((slot, at) =>
    before[at] || after[at] || deciding.has(slot.name) ? [stateRow(slot, before[at], after[at], run.lanes, deciding)] : []);
  return section(
    "State", "state",
    h("table", { class: "cells" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "set"), run.lanes.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows)),
  );
}

function stateRow(slot, before, after, lanes, deciding) {
  const cells = lanes.map((name, p) => {
    const was = (before >> p) & 1;
    const is = (after >> p) & 1;
    const says = is ? (was ? "●" : "+●") : was ? "−○" : "·";
    return h("td", { class: `${is ? "in" : "out"}${was === is ? "" : is ? " came" : " went"}`, "aria-label": is ? `${name} in` : `${name} not in` }, says);
  });
  const marked = deciding.has(slot.name);
  return h("tr", { class: `${slot.is_ghost ? "ghost" : ""}${marked ? " decides" : ""}`, title: slot.means },
    h("th", { scope: "row" }, marked ? "▸ " : "", code(slot.name)), cells);
}

/** The sets that decide what the chosen claim says of a row. */
function decidingCells(run, i, id) {
  const found = new Set();
  for (const one of decisions(run, i, id)) for (const said of one.because) for (const cell of said.cells) found.add(cell.name.replace("'", ""));
  return found;
}

/** For each part of a claim, what decides it in a row: whether it holds, and the comparisons. */
export function decisions(run, i, id) {
  const claim = run.machine.program.claims.find((one) => one.id === id);
  if (!claim) return [];
  const { before, after, step } = run.moment(i);
  const violated = run.verdicts(i).get(id).violated;
  return claim.parts.flatMap((part) => {
    const wrong = violated.find((one) => one.label === part.label && one.term === part.term);
    if (wrong) return [{ part, holds: false, refused: wrong.refused, because: because(wrong.term, wrong.place, wrong.sorted) }];
    if (part.of === "enabled") return [{ part, holds: true, because: [] }];
    if (part.of === "states") return [{ part, holds: true, because: because(part.term, run.machine.place(after)) }];
    if (!step || (part.action && part.action !== step.action)) return [];
    const { sorted } = run.machine.actions.get(step.action);
    return [{ part, holds: true, because: because(part.term, run.machine.place(before, after, step), sorted) }];
  });
}

export function claimsPanel(run, i, chosen, choose) {
  const verdicts = run.verdicts(i);
  return section(
    "All claims", "claims",
    h("p", { class: "dim" }, "In this step. ◂ premise: the claim's premise is reached here. Ahead: about what can still be reached, which one state does not show."),
    h("ul", { class: "claims" }, run.data.claims.map((claim) => {
      const verdict = verdicts.get(claim.id);
      const broken = verdict.violated.length > 0;
      const says = claim.ahead && !broken ? "ahead" : broken ? "false" : "true";
      return h("li", { class: says },
        h("button", { type: "button", "aria-pressed": claim.id === chosen ? "true" : "false", click: () => choose(claim.id) },
          h("span", { class: "mark" }, { true: "✓ true", false: "✗ false", ahead: "– ahead" }[says]), " ", claim.id,
          verdict.reached ? h("span", { class: "reached", title: "its premise is reached here" }, " ◂ premise") : null),
        " ", h("span", { class: "sentence" }, claim.sentence));
    })),
  );
}

/** The chosen claim: at every step, and what decides it in this one. */
export function clausePanel(run, i, chosen) {
  const claim = run.data.claims.find((one) => one.id === chosen);
  if (!claim) return null;
  const found = decisions(run, i, claim.id);
  return section("The claim", "clause",
    h("p", {}, h("a", { href: claim.link }, claim.id), " ", claim.sentence),
    h("p", { class: "dim" }, `Source: ${claim.source}.`),
    Object.entries(claim.mail).map(([number, says]) => h("p", { class: "mail" }, `mail ${number}: ${says}`)),
    strip(run, i, claim.id),
    claim.ahead ? h("p", { class: "dim" }, "It is about what can still be reached, which one state does not show.") : null,
    found.length ? null : h("p", { class: "dim" }, "No part of it is about this step."),
    found.map((one) => h("div", { class: one.holds ? "part holds" : "part broken" },
      h("p", {}, one.holds ? "✓ " : "✗ ", one.part.label, one.refused ? `: ${run.machine.words(one.refused)} is refused` : ""),
      claim.statements[one.part.label]?.map((line) => h("p", { class: "notation" }, code(line))),
      comparisons(one.because), one.holds ? null : meanings(run, one.because))));
}

/** What the sets are that decide a statement. */
function meanings(run, said) {
  const names = new Set(said.flatMap((one) => one.cells.map((cell) => cell.name.replace("'", ""))));
  const slots = run.machine.slots.filter((slot) => names.has(slot.name));
  return h("ul", { class: "meanings" }, slots.map((slot) => h("li", {}, code(slot.name), ": ", slot.means)));
}

/** The claim at every step, as a row of small marks. */
function strip(run, i, id) {
  if (run.length > MOST_STRIP) return null;
  const cells = Array.from({ length: run.length }, (_, at) => {
    const broken = run.verdicts(at).get(id).violated.length > 0;
    return h("a", { href: `#step=${at}`, class: `${broken ? "false" : "true"}${at === i ? " here" : ""}`, "data-step": at, title: `${at}: ${broken ? "false" : "true"}` }, broken ? "✗" : "✓");
  });
  return h("p", { class: "strip" }, h("span", { class: "dim" }, "At each step:"), cells);
}

const away = (fate) => (fate.distance === null ? "out of reach" : fate.distance === 0 ? "here" : `${fate.distance} ${fate.distance === 1 ? "step" : "steps"} away`);

export function fatePanel(run, i) {
  const { fate } = run.data;
  if (fate.reason) return section("Fate", "fate", h("p", { class: "dim" }, fate.reason));
  if (!fate.rows.length) return null;
  const row = run.fate(i);
  const shown = row ? fateWords(row, run.violatesAt(i)) : [h("p", { class: "dim" }, "Computed for the recorded run and the steps beside it, not further along a fork.")];
  return section("Fate", "fate", shown, fateStrip(run, i), whenLost(run), h("p", { class: "dim" }, `Of all ${fate.states.toLocaleString("en")} states of the scope (up to renaming of processors, where that is allowed); ways on are steps that change something.`));
}

function fateWords({ here, avoid, choices }, violates) {
  if (violates) return [h("p", {}, h("strong", {}, "Violated in this step."), " ", anotherOne(here))];
  if (here.distance === 0) return [h("p", {}, h("strong", {}, "Violated."))];
  const lines = [h("p", {}, h("strong", {}, here.lost ? "Lost: " : here.distance === null ? "Safe: " : "Open: "),
    here.lost ? `every way on violates the clause, the nearest is ${away(here)}.`
      : here.distance === null ? "the violation can no longer be reached." : `the violation is ${away(here)}, and can be avoided.`)];
  if (avoid) lines.push(h("p", {}, "After ", code(avoid), choices[avoid].distance === null ? " it can no longer be reached." : ` it is ${away(choices[avoid])}, and can be avoided.`));
  return lines;
}

/** After a step that violates: the violation that may come next. */
const anotherOne = (here) => (here.distance === null ? "Another violation can no longer be reached."
  : `Another violation is ${away(here)}, and ${here.lost ? "every way on meets one" : "can be avoided"}.`);

/** From which step on the recorded run could not be saved any more. */
function whenLost(run) {
  const { rows } = run.data.fate;
  const found = rows.findIndex((_, at) => run.violatesAt(at, run.recorded));
  const wrong = found < 0 ? undefined : found;
  const at = rows.slice(0, wrong).findIndex((row) => row.here.lost);
  const told = (step) => `step ${step}, ${run.machine.words(run.recorded[step - 1])}`;
  if (at === 0) return h("p", {}, "From the start on every way on meets it.");
  const last = at < 0 ? wrong : rows[at].here.distance === 0 ? at : undefined;
  if (last !== undefined) return h("p", {}, `It could be avoided at every step before ${told(last)}.`);
  return at < 0 ? null : h("p", {}, `Since ${told(at)}, every way on meets it; before, it could be avoided.`);
}

/** At each step how far off the violation is. */
function fateStrip(run, i) {
  const { rows } = run.data.fate;
  if (rows.length > MOST_STRIP) return null;
  const cell = ({ here }, at) => {
    const violated = here.distance === 0 || run.violatesAt(at, run.recorded);
    const says = violated ? "violated" : here.lost ? "lost" : here.distance === null ? "safe" : "open";
    const mark = violated ? "✗" : here.distance === null ? "∞" : here.distance;
    return h("a", { href: `#step=${at}`, "data-step": at, class: `${violated ? "lost" : says}${at === i ? " here" : ""}`, title: `${at}: ${says}` }, says === "lost" ? `[${mark}]` : mark);
  };
  return h("p", { class: "strip fates" }, h("span", { class: "dim" }, "Steps to the nearest violation, after each step:"), rows.map(cell));
}

export function choicesPanel(run, i, fork) {
  const { changing, idle, taken } = run.choices(i);
  const others = changing.filter((step) => run.machine.words(step) !== taken);
  return section(
    i === run.length - 1 ? "Ways on" : "Not taken", "choices",
    others.length ? h("p", { class: "dim" }, `Enabled ${afterRow(i)}${taken ? `, in place of ${taken}` : ""}. Press one to go on from there.`) : h("p", { class: "dim" }, "No other step changes anything here."),
    grouped(run, i, others, fork),
    idle.length ? h("details", {}, h("summary", {}, `${idle.length} more that change nothing`), h("ul", { class: "choices" }, idle.map((step) => choice(run, i, step, fork)))) : null,
  );
}

/** Many steps stand below their actions, folded away. */
function grouped(run, i, steps, fork) {
  const list = (some) => h("ul", { class: "choices" }, some.map((step) => choice(run, i, step, fork)));
  if (steps.length <= MOST_LISTED) return list(steps);
  const names = [...new Set(steps.map((step) => step.action))];
  return names.map((name) => {
    const some = steps.filter((step) => step.action === name);
    return some.length === 1 ? list(some) : h("details", {}, h("summary", {}, `${name}: ${some.length} ways`), list(some));
  });
}

function choice(run, i, step, fork) {
  const words = run.machine.words(step);
  const fate = run.fate(i)?.choices[words];
  const over = run.fate(i)?.here.distance === 0;
  const mark = !fate || over ? null : h("span", { class: "dim" }, fate.violates ? " violates" : fate.lost ? ` lost, ${away(fate)}` : ` ${away(fate)}`);
  return h("li", {}, h("button", { type: "button", class: "fork", click: () => fork(step) }, words), mark);
}

/** What is asked about, whole: an action, and what is not chosen of its parameters. */
export function askedStep(machine, asked) {
  const action = machine.actions.get(asked.action) ?? machine.actions.values().next().value;
  return { action: action.name, arguments: Object.fromEntries(action.parameters.map((one) => [one.name, asked.arguments[one.name] ?? (one.kind === "processors" ? machine.everybody : 0)])) };
}

/** Why another action is refused, or not: a form, and each guard part with what decides it. */
export function whyNotPanel(run, i, asked, ask, fork) {
  const { machine } = run;
  const step = askedStep(machine, asked);
  const action = machine.actions.get(step.action);
  const pick = (more) => ask({ action: step.action, arguments: { ...step.arguments, ...more } });
  const names = [...machine.actions.keys()];
  return section(
    "Why not?", "why-not",
    h("p", { class: "dim" }, `Asked of the state ${afterRow(i)}.`),
    h("p", {},
      h("label", {}, "action ", h("select", { name: "action", change: (event) => ask({ action: event.target.value, arguments: {} }) },
        names.map((name) => h("option", { value: name, selected: name === action.name }, name)))),
      action.parameters.map((one) => parameterChoice(one, step.arguments[one.name], machine, (given) => pick({ [one.name]: given })))),
    guardAnswer(run, i, step, fork),
  );
}

function parameterChoice(parameter, given, machine, pick) {
  if (parameter.kind === "processors") {
    const one = (p) => h("label", { class: "member" }, h("input", { type: "checkbox", checked: ((given >> p) & 1) === 1, change: () => pick(given ^ (1 << p)) }), `p${p}`);
    return h("span", { class: "members" }, ` ${parameter.name} `, Array.from({ length: machine.data.processors }, (_, p) => one(p)));
  }
  const letter = parameter.kind === "processor" ? "p" : parameter.sort.letter;
  return h("label", {}, ` ${parameter.name} `, h("select", { name: parameter.name, change: (event) => pick(Number(event.target.value)) },
    machine.choices(parameter).map((value) => h("option", { value, selected: value === given }, `${letter}${value}`))));
}

function guardAnswer(run, i, step, fork) {
  const { machine } = run;
  const state = run.states[i];
  const parts = machine.guard(step, state);
  const refusing = parts.findIndex((part) => !part.holds);
  const says = refusing < 0
    ? h("p", { class: "answer" }, code(machine.words(step)), " is enabled here. ", h("button", { type: "button", class: "fork", click: () => fork(step) }, "take it"))
    : h("p", { class: "answer" }, code(machine.words(step)), " is refused here: not true that ", h("strong", {}, parts[refusing].label), ".");
  return [says, h("ul", { class: "guard" }, parts.map((part, at) => h("li", { class: part.holds ? "holds" : at === refusing ? "refuses first" : "refuses" },
    h("p", {}, part.holds ? "✓ " : "✗ ", part.label), comparisons(machine.explained(part, step, state)))))];
}

/** Every action that no choice of parameters enables, with the guard part that refuses. */
export function accountPanel(run) {
  return run.data.account.length ? section("Why the run is as it is", "account", h("pre", {}, run.data.account.join("\n"))) : null;
}

export const asWords = asSet;
