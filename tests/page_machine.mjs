// The machine of a page against every transition that the search took: `node page_machine.mjs FOLDER`.
//
// The folder has `program.mjs` beside the page's own modules, `told.json` (the machine, and the steps of the search),
// and `states.bin`: the slots of all states, then for each step where it is enabled and what it makes of its slots.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const load = (name) => import(pathToFileURL(join(folder, name)).href);
const { program } = await load("program.mjs");
const { Machine } = await load("machine.mjs");
const told = JSON.parse(readFileSync(join(folder, "told.json"), "utf8"));
const bytes = readFileSync(join(folder, "states.bin"));
const machine = new Machine(program, told.machine);

let at = 0;
const column = () => bytes.subarray(at, (at += told.states));
const fields = told.slots.map(column);
const steps = new Map(
  told.steps.map((step) => [machine.words(machine.loaded(step)), { enabled: column(), after: step.slots.map((slot) => [slot, column()]) }]),
);
if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes are left over`);

let transitions = 0;
for (let row = 0; row < told.states; row++) {
  const state = machine.initial.slice();
  told.slots.forEach((slot, i) => (state[slot] = fields[i][row]));
  const { changing, idle } = machine.enabled(state);
  const mine = new Set();
  for (const step of [...changing, ...idle]) {
    const words = machine.words(step);
    const theirs = steps.get(words);
    const wanted = state.slice();
    if (!theirs?.enabled[row]) throw new Error(`state ${row}: ${words} is enabled in the page alone`);
    for (const [slot, after] of theirs.after) wanted[slot] = after[row];
    const found = machine.after(step, state);
    if (found.some((bitmap, slot) => bitmap !== wanted[slot])) throw new Error(`state ${row}: ${words} leads elsewhere`);
    mine.add(words);
  }
  for (const [words, theirs] of steps) {
    if (theirs.enabled[row] && !mine.has(words)) throw new Error(`state ${row}: ${words} is missing in the page`);
  }
  transitions += changing.length;
}
console.log(JSON.stringify({ states: told.states, transitions }));
