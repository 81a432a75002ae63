// The page: what is chosen (a step, a claim, a search, a fork), kept in the address, moved by keys, and drawn.

import { fill, h } from "./dom.mjs";
import { Machine } from "./machine.mjs";
import { accountPanel, askedStep, choicesPanel, claimsPanel, clausePanel, difference, fatePanel, statePanel, stepPanel, whyNotPanel } from "./panels.mjs";
import { Picture, ROW } from "./picture.mjs";
import { Record, eventPanel, verdictPanel } from "./record.mjs";
import { Run } from "./run.mjs";

/** Up to so many rows all are drawn; of more, those that are seen. */
const MOST_ROWS = 240;
const AROUND = 12;
const MOST_PRINTED = 600;

const byId = (id) => document.getElementById(id);

export class Page {
  constructor(data, program) {
    this.data = data;
    this.run = data.kind === "run" ? new Run(new Machine(program, data.machine), data) : new Record(data);
    this.step = data.first ?? this.run.length - 1;
    this.claim = data.claim ?? "";
    this.query = "";
    this.asked = { action: "", arguments: {} };
    this.scroller = byId("scroller");
    this.readAddress();
    this.listen();
    this.draw({ scroll: true });
  }

  // The address -------------------------------------------------------------------------------------------------------

  readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    if (this.data.kind === "run") this.run.forkText = given.get("fork") ?? "";
    if (given.has("step")) this.step = this.clamped(Number(given.get("step")));
    if (this.data.claims.some((one) => one.id === given.get("claim"))) this.claim = given.get("claim");
    this.query = given.get("q") ?? "";
    if (this.data.kind === "run") this.asked = this.run.machine.parsed(given.get("ask") ?? "") ?? this.asked;
  }

  writeAddress() {
    const told = new URLSearchParams({ step: this.step });
    if (this.claim) told.set("claim", this.claim);
    if (this.query) told.set("q", this.query);
    if (this.run.forkText) told.set("fork", this.run.forkText);
    if (this.asked.action) told.set("ask", this.run.machine.words(askedStep(this.run.machine, this.asked)));
    this.written = `#${told}`;
    if (location.hash !== this.written) history.replaceState(null, "", this.written);
  }

  clamped(step) {
    return Math.min(this.run.length - 1, Math.max(0, Number.isFinite(step) ? Math.trunc(step) : 0));
  }

  // What can be done --------------------------------------------------------------------------------------------------

  go(step, anew = false) {
    this.step = this.clamped(step);
    this.draw({ scroll: true, anew });
  }

  choose(claim) {
    this.claim = claim;
    this.draw({ anew: false });
  }

  ask(asked) {
    this.asked = asked;
    this.draw({ anew: false });
    document.querySelector('#why-not select[name="action"]')?.focus();
  }

  fork(step) {
    if (this.run.fork(this.step, step)) this.go(this.step + 1, true);
  }

  back() {
    this.run.back();
    this.go(this.step, true);
  }

  search(query) {
    this.query = query;
    this.draw();
  }

  /** The rows whose words or changes have what is searched for. */
  matches(i) {
    return !this.query || `${this.run.words(i)} ${this.changesText(i)}`.toLowerCase().includes(this.query.toLowerCase());
  }

  /** To the next match, or before it with `by` -1; round and round. */
  next(by) {
    for (let n = 1; n <= this.run.length; n++) {
      const at = (((this.step + by * n) % this.run.length) + this.run.length) % this.run.length;
      if (this.matches(at)) return this.go(at);
    }
    return null;
  }

  save(name, text, type) {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  listen() {
    addEventListener("hashchange", () => {
      if (location.hash === this.written) return;
      this.readAddress();
      this.draw({ scroll: true });
    });
    addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeprint", () => this.drawPrinted());
    addEventListener("afterprint", () => this.draw());
    this.scroller.addEventListener("scroll", () => this.scrolled());
    byId("search").addEventListener("input", (event) => this.search(event.target.value));
    byId("help-button").addEventListener("click", () => byId("help").showModal());
    byId("help-close").addEventListener("click", () => byId("help").close());
    byId("save-picture").addEventListener("click", () => this.savePicture());
    byId("save-trace")?.addEventListener("click", () => this.save("trace.json", this.run.trace(), "application/json"));
    byId("back")?.addEventListener("click", () => this.back());
    document.body.addEventListener("click", (event) => {
      const to = event.target.closest?.("[data-step]");
      if (!to) return;
      event.preventDefault();
      this.go(Number(to.dataset.step));
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.target.matches?.("input[type=search]")) {
      if (event.key === "Enter") this.next(1);
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.target.matches?.("select, input, textarea")) return;
    const does = {
      ArrowDown: () => this.go(this.step + 1), ArrowRight: () => this.go(this.step + 1), j: () => this.go(this.step + 1),
      ArrowUp: () => this.go(this.step - 1), ArrowLeft: () => this.go(this.step - 1), k: () => this.go(this.step - 1),
      Home: () => this.go(0), End: () => this.go(this.run.length - 1),
      n: () => this.next(1), N: () => this.next(-1),
      "/": () => byId("search").focus(), "?": () => byId("help").showModal(),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }

  // What is drawn -----------------------------------------------------------------------------------------------------

  /** Draw all anew, as after a fork or a search; else what a step changes. */
  draw({ scroll = false, anew = true } = {}) {
    if (anew) this.begin();
    if (scroll) this.show();
    this.drawSeen();
    this.drawChosen();
    this.drawPanel();
    this.drawState();
    this.writeAddress();
  }

  begin() {
    this.picture = new Picture(this.run.lanes, this.run);
    this.frame = this.picture.frame(this.run.length * ROW);
    this.drawn = new Map();
    this.lit = null;
    byId("search").value = this.query;
    document.body.classList.toggle("wide", this.run.lanes.length > 6);
    fill(byId("lanes"), this.picture.head());
    fill(byId("picture"), this.frame.svg);
    fill(byId("steps"));
    byId("rows").style.height = `${this.run.length * ROW}px`;
  }

  /** Scroll so far that the chosen row is seen. */
  show() {
    const top = this.step * ROW;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop + ROW || top + 2 * ROW > scrollTop + clientHeight) this.scroller.scrollTop = Math.max(0, top - clientHeight / 2);
  }

  scrolled() {
    if (this.run.length <= MOST_ROWS) return;
    this.drawSeen();
    this.drawChosen();
  }

  drawSeen() {
    if (this.run.length <= MOST_ROWS) return this.drawRows(0, this.run.length);
    const seen = Math.ceil((this.scroller.clientHeight || 800) / ROW);
    const top = Math.floor(this.scroller.scrollTop / ROW);
    return this.drawRows(Math.max(0, top - AROUND), Math.min(this.run.length, top + seen + AROUND));
  }

  /** Put these rows on the page, and take the others off it. */
  drawRows(first, last) {
    for (const [i, { parts, item }] of this.drawn) {
      if (i >= first && i < last) continue;
      for (const one of [...parts, item]) one.remove();
      this.drawn.delete(i);
    }
    const list = byId("steps");
    let next = null;
    for (let i = last - 1; i >= first; i--) {
      if (!this.drawn.has(i)) {
        const parts = this.picture.row(i);
        parts.forEach((part, at) => this.frame.layers[at].append(part));
        this.drawn.set(i, { parts, item: list.insertBefore(this.item(i), next) });
      }
      next = this.drawn.get(i).item;
    }
    list.style.paddingTop = `${first * ROW}px`;
  }

  /** On paper are the first rows. */
  drawPrinted() {
    const count = Math.min(this.run.length, MOST_PRINTED);
    this.drawRows(0, count);
    this.frame.svg.setAttribute("height", ROW * count);
    this.frame.svg.setAttribute("viewBox", `0 0 ${this.picture.width} ${ROW * count}`);
  }

  /** Mark the chosen row, and no other. */
  drawChosen() {
    this.frame.chosen.setAttribute("y", ROW * this.step + 1);
    for (const i of [this.lit, this.step]) {
      const item = this.drawn.get(i)?.item;
      if (!item) continue;
      item.classList.toggle("here", i === this.step);
      item.querySelector("button").tabIndex = i === this.step ? 0 : -1;
      if (i === this.step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    this.lit = this.step;
  }

  item(i) {
    const wrong = this.isBroken(i);
    const noted = this.noted(i);
    const kinds = [this.matches(i) ? "" : "unmatched", this.run.forkedAt !== null && i > this.run.forkedAt ? "forked" : "", wrong ? "broken" : "", noted ? "noticed" : ""];
    return h("li", { class: kinds.filter(Boolean).join(" "), "aria-setsize": this.run.length, "aria-posinset": i + 1 },
      h("button", { type: "button", "data-step": i, tabindex: i === this.step ? 0 : -1 }, h("span", { class: "number" }, i + (this.data.kind === "history" ? 1 : 0)), " ", h("span", { class: "words" }, this.run.words(i)),
        wrong ? h("span", { class: "wrong" }, " ✗", h("span", { class: "said" }, ` ${this.brokenBy(i)}`)) : null, noted),
      h("span", { class: "what" }, this.changesOf(i)));
  }

  /** Whether the run's own claim is false here, or of a history any is. */
  isBroken(i) {
    return this.data.kind === "history" ? this.run.violatedAt(i).length > 0 : this.run.isBroken(i, this.data.claim);
  }

  /** Of a run that the claim is violated; of a history which claims the event is shown for. */
  brokenBy(i) {
    return this.data.kind === "history" ? this.run.violatedAt(i).map((one) => one.id).join(" ") : "violated";
  }

  /** A sign in the list at a step that something is told of: where an edit bites, where an implementation parts. */
  noted(i) {
    const told = this.data.kind === "run" && (this.run.forkedAt === null || i <= this.run.forkedAt) ? this.data.notes[i] : null;
    return told ? h("span", { class: "noted" }, " ◂", h("span", { class: "said" }, told[0].startsWith("The edit") ? " the edit bites" : " diverged")) : null;
  }

  changesOf(i) {
    if (this.data.kind === "history") return this.run.changesText(i);
    const all = this.run.changes(i).filter((one) => !this.run.machine.slots[one.slot].is_ghost);
    return all.map((one) => [h("span", { class: "set" }, one.name, " ", difference(one.before, one.after).map((part) => [part, " "])), " "]);
  }

  changesText(i) {
    if (this.data.kind === "history") return this.run.changesText(i);
    return this.run.changes(i).map((one) => one.name).join(" ");
  }

  drawPanel() {
    const { run, step, claim } = this;
    if (this.data.kind === "history") {
      fill(byId("panel"), eventPanel(run, step), verdictPanel(run, step, claim, (id) => this.choose(id), (at) => this.go(at)), this.summary());
      return;
    }
    const fork = (taken) => this.fork(taken);
    fill(byId("panel"),
      stepPanel(run, step), clausePanel(run, step, claim), fatePanel(run, step), choicesPanel(run, step, fork),
      whyNotPanel(run, step, this.asked, (asked) => this.ask(asked), fork),
      claimsPanel(run, step, claim, (id) => this.choose(id)), statePanel(run, step, claim), accountPanel(run));
  }

  summary() {
    const lines = this.data.account ?? [];
    return lines.length ? h("section", { id: "account" }, h("h2", {}, "In all"), h("pre", {}, lines.join("\n"))) : null;
  }

  drawState() {
    const forked = this.run.forkedAt !== null;
    byId("forked")?.toggleAttribute("hidden", !forked);
    if (forked) byId("forked-from").textContent = `after step ${this.run.forkedAt}`;
    byId("where").textContent = `${this.run.words(this.step)}: ${this.data.kind === "history" ? `${this.step + 1} of ${this.run.length}` : `${this.step} of ${this.run.length - 1}`}`;
  }

  savePicture() {
    const drawn = this.picture.whole(Math.min(this.run.length, MOST_PRINTED));
    drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
    style.textContent = byId("picture-style").textContent;
    drawn.prepend(style);
    this.save("run.svg", new XMLSerializer().serializeToString(drawn), "image/svg+xml");
  }
}
