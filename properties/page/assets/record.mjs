// A recorded history as the page steps through it: its rows were made when the page was, and nothing is computed here.

import { h } from "./dom.mjs";

export class Record {
  constructor(data) {
    this.data = data;
    this.lanes = data.lanes;
    this.length = data.rows.length;
    this.forkedAt = null;
    this.forkText = "";
    this.cells = data.lanes.map(() => ({ band: "none", ring: null, gate: null, handles: [], turn: false, queued: 0, old: false, half: false }));
    this.standing = this.everyRow();
  }

  /** How each process stands after each row: a row tells only what it changes. */
  everyRow() {
    let cells = this.cells;
    return this.data.rows.map((row) => {
      if (row.stands) {
        cells = cells.slice();
        cells[row.lane] = { ...cells[row.lane], ...row.stands };
      }
      return cells;
    });
  }

  at(i) {
    return { cells: this.standing[i], marks: this.data.rows[i].marks };
  }

  words(i) {
    return this.data.rows[i].words;
  }

  changesText(i) {
    return this.data.rows[i].detail;
  }

  /** The claims whose violation this row shows. */
  violatedAt(i) {
    return this.data.claims.filter((claim) => claim.rows.includes(i));
  }
}

const section = (title, id, ...children) => h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), children);

export function eventPanel(record, i) {
  const row = record.data.rows[i];
  return section(`Event ${i + 1} of ${record.length}`, "step",
    h("p", {}, h("strong", {}, row.words)), row.detail ? h("p", {}, row.detail) : null,
    row.where ? h("p", { class: "dim" }, row.where) : null, row.event ? h("pre", {}, row.event) : null);
}

export function verdictPanel(record, i, chosen, choose, go) {
  const told = record.data.claims.find((one) => one.id === chosen);
  return section("Claims", "claims",
    told ? h("div", { class: "claim" }, h("h3", {}, told.id, " ", told.sentence), h("p", {}, h("strong", {}, told.verdict), told.reason ? `: ${told.reason}` : ""),
      told.rows.length ? h("p", {}, "Shown by ", told.rows.map((at) => [h("a", { href: `#step=${at}`, "data-step": at, click: () => go(at) }, `event ${at + 1}`), " "])) : null,
      h("p", { class: "dim" }, `Source: ${told.source}.`),
      Object.entries(told.mail).map(([number, says]) => h("p", { class: "mail" }, `mail ${number}: ${says}`))) : null,
    h("ul", { class: "claims" }, record.data.claims.map((claim) => h("li", { class: { violated: "false", ok: "true" }[claim.verdict] ?? "ahead" },
      h("button", { type: "button", "aria-pressed": claim.id === chosen ? "true" : "false", click: () => choose(claim.id) },
        h("span", { class: "mark" }, `${{ violated: "✗", ok: "✓" }[claim.verdict] ?? "–"} ${claim.verdict}`), " ", claim.id,
        claim.rows.includes(i) ? h("span", { class: "reached" }, " ◂ here") : null),
      " ", h("span", { class: "sentence" }, claim.sentence)))));
}
