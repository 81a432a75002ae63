// What a page says of steps against what Python says: `node page_words.mjs FOLDER`, which has `program.mjs` beside the
// page's own modules and `told.json`: states, and for each step in them its guard, its changes and its words.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const load = (name) => import(pathToFileURL(join(folder, name)).href);
const { program } = await load("program.mjs");
const { Machine } = await load("machine.mjs");
const { because } = await load("because.mjs");
const { membersOf, textOf } = await load("notation.mjs");
const told = JSON.parse(readFileSync(join(folder, "told.json"), "utf8"));
const machine = new Machine(program, told.machine);

let compared = 0;
function same(where, mine, theirs) {
  compared += 1;
  const [one, other] = [mine, theirs].map((each) => JSON.stringify(each));
  if (one !== other) throw new Error(`${where}\n  the page: ${one}\n  Python:   ${other}`);
}

const plain = (found) => found.map(({ says, sets }) => ({ says, sets: Object.fromEntries([...sets].map(([name, of]) => [name, membersOf(of)])) }));

for (const { state, steps } of told.rows) {
  for (const { step, words, says, guard, changes } of steps) {
    const mine = machine.loaded(step);
    same(words, machine.words(mine), words);
    same(words, machine.told(mine), says);
    same(words, machine.parsed(words), mine);
    same(words, machine.saved(mine), step);
    const parts = machine.guard(mine, state).map((part) => ({ part: part.label, holds: part.holds, because: plain(machine.explained(part, mine, state)) }));
    same(words, parts, guard);
    if (!parts.every((part) => part.holds)) continue;
    const found = machine.changes(state, machine.after(mine, state), mine);
    same(words, found.map(({ name, before, after, term }) => ({ set: name, before: membersOf(before), after: membersOf(after), term })), changes);
  }
}
for (const { id, clauses } of told.claims) {
  const claim = program.claims.find((one) => one.id === id);
  same(id, claim.parts.map((part) => [part.label, textOf(part.term)]), clauses);
}
for (const { id, moment, violated } of told.judged) {
  const claim = program.claims.find((one) => one.id === id);
  const { before, after, step } = { ...moment, step: moment.step && machine.loaded(moment.step) };
  const found = machine.violated(claim, { before, after, step });
  same(id, found.map(({ label, term, place, sorted }) => ({ label, because: plain(because(term, place, sorted)) })), violated);
}
console.log(JSON.stringify({ compared }));
