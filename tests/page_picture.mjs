// The picture that a page draws, as text: `node page_picture.mjs FOLDER`, which has `program.mjs` beside the page's own
// modules and `told.json`, the data of the page. Of the browser it needs elements alone, and makes its own.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

globalThis.Node = class {
  constructor(tag) {
    Object.assign(this, { tag, attributes: [], children: [] });
  }
  setAttribute(name, value) {
    this.attributes.push([name, value]);
  }
  append(...children) {
    this.children.push(...children);
  }
  remove() {
    this.removed = true;
  }
  plain() {
    return { tag: this.tag, attributes: Object.fromEntries(this.attributes), text: this.text, children: this.children.filter((one) => one.tag && !one.removed).map((one) => one.plain()), words: this.children.filter((one) => !one.tag).map((one) => one.text).join("") };
  }
};
globalThis.document = {
  createElementNS: (_, tag) => new Node(tag),
  createTextNode: (text) => Object.assign(new Node(""), { text }),
};

const folder = resolve(process.argv[2]);
const load = (name) => import(pathToFileURL(join(folder, name)).href);
const { program } = await load("program.mjs");
const { Machine } = await load("machine.mjs");
const { Run } = await load("run.mjs");
const { Picture } = await load("picture.mjs");
const data = JSON.parse(readFileSync(join(folder, "told.json"), "utf8"));
const run = new Run(new Machine(program, data.machine), data);
console.log(JSON.stringify(new Picture(run.lanes, run).whole(run.length).plain()));
