// The picture: time downwards, a lane a processor, one row a step. A row's place depends on its number alone, so nothing
// moves from step to step. Shape tells what colour tells.

import { s } from "./dom.mjs";

export const ROW = 48;
const HEAD = 30;
const WIDTHS = [[3, 132], [5, 108], [8, 84], [16, 54]];
/** Lanes that are narrower have small letters. */
const NARROW = 70;
/** And these the name of the ring above what stands in them. */
const TIGHT = 90;
const RINGS = 6;

/** How wide a lane is, by how many there are. */
export const laneWidth = (lanes) => WIDTHS.find(([most]) => lanes <= most)?.[1] ?? 54;

export class Picture {
  /** `lanes` are the processors' names, `row(i)` gives `cells` and `marks` of a row, `last(i, ring)` the token before. */
  constructor(lanes, rows) {
    this.lanes = lanes;
    this.rows = rows;
    this.wide = laneWidth(lanes.length);
    this.width = this.wide * lanes.length + 8;
    this.narrow = this.wide < NARROW;
    this.letter = this.narrow ? 5.6 : 6.2;
  }

  x(lane) {
    return 4 + this.wide * lane + this.wide / 2;
  }

  /** The names of the lanes. */
  head() {
    const names = this.lanes.map((name, lane) => s("text", { x: this.x(lane), y: 19, class: "lane-name" }, this.clipped(name)));
    return s("svg", { width: this.width, height: HEAD, viewBox: `0 0 ${this.width} ${HEAD}`, "aria-hidden": "true" }, names);
  }

  /** The picture without its rows: layers that these are put into, one above the other. */
  frame(height) {
    const layer = () => s("g");
    const layers = [layer(), layer(), layer(), layer()];
    const chosen = s("rect", { x: 0, width: this.width, height: ROW - 2, class: "chosen" });
    const box = { width: this.width, height, viewBox: `0 0 ${this.width} ${height}`, "aria-hidden": "true" };
    const svg = s("svg", { ...box, class: this.narrow ? "picture narrow" : "picture" }, defs(), layers[0], chosen, layers.slice(1));
    return { svg, layers, chosen };
  }

  /** What a row has in each layer: bands, paths, how processors stand, what happens. */
  row(i) {
    return [this.bands(i), this.paths(i), this.standings(i), this.marks(i)].map((one) => s("g", {}, one));
  }

  /** The picture of the first rows, whole. */
  whole(count) {
    const { svg, layers, chosen } = this.frame(ROW * count);
    chosen.remove();
    for (let i = 0; i < count; i++) this.row(i).forEach((part, at) => layers[at].append(part));
    return svg;
  }

  /** Text that fits: without its last words if it is too long, and then cut. */
  clipped(text, room = this.wide - 6) {
    const most = Math.max(3, Math.floor(room / this.letter));
    let words = text;
    while (words.length > most && words.includes(" ")) words = words.slice(0, words.lastIndexOf(" "));
    return words.length > most ? `${words.slice(0, most - 1)}…` : words;
  }

  bands(i) {
    const { cells } = this.rows.at(i);
    const before = i ? this.rows.at(i - 1).cells : null;
    return cells.map((cell, lane) => this.band(cell, before?.[lane], lane, ROW * i));
  }

  band(cell, before, lane, y) {
    const begins = !before || before.band !== cell.band || before.ring !== cell.ring;
    const x = this.x(lane) - this.wide / 2 + 3;
    const wide = this.wide - 6;
    const tone = cell.ring === null || cell.ring === undefined ? "" : ` ring-${cell.ring % RINGS}`;
    return [
      s("line", { x1: this.x(lane), x2: this.x(lane), y1: y, y2: y + ROW, class: "lane" }),
      cell.band !== "none" && s("rect", { x, y, width: wide, height: ROW, class: `band ${cell.band}${tone}` }),
      cell.band === "between" && s("rect", { x, y, width: wide, height: ROW, class: "hatch", fill: "url(#between)" }),
      begins && cell.band !== "none" && s("line", { x1: x, x2: x + wide, y1: y + 0.75, y2: y + 0.75, class: `begins ${cell.band}` }),
    ];
  }

  standings(i) {
    const { cells, marks } = this.rows.at(i);
    const busy = new Set(marks.flatMap((mark) => mark.lanes ?? [mark.lane]));
    return cells.map((cell, lane) => this.standing(cell, lane, ROW * i, busy.has(lane)));
  }

  /** How a processor stands: gate, handles, token, queue, and the name of its ring. */
  standing(cell, lane, y, busy) {
    const left = this.x(lane) - this.wide / 2 + (this.narrow ? 6 : 9);
    const at = y + ROW - 12;
    const drawn = [];
    let x = left;
    if (cell.gate) {
      drawn.push(gate(cell.gate, x + 5, at));
      x += 15;
    }
    for (const plugged of cell.handles ?? []) {
      drawn.push(s("path", { d: `M${x} ${at + 5}h8l-4 -9z`, class: plugged ? "plugged" : "unplugged" }));
      x += 11;
    }
    const queue = cell.queued || cell.old || cell.half ? `${"▪".repeat(cell.queued)}${cell.old ? "▫" : ""}${cell.half ? "◐" : ""}` : "";
    if (cell.turn) {
      drawn.push(s("path", { d: `M${x + 4} ${at - 5}l5 5l-5 5l-5 -5z`, class: "turn" }));
      x += 12;
    }
    if (queue) drawn.push(s("text", { x, y: at + 4, class: "queue" }, queue));
    const name = { down: "down", between: cell.label ?? `→ r${cell.ring}`, regular: cell.label ?? `r${cell.ring}` }[cell.band];
    const right = this.x(lane) + this.wide / 2 - 7;
    if (name && this.wide < TIGHT && !busy) drawn.push(s("text", { x: right, y: y + 14, class: "ring-name" }, this.clipped(name)));
    if (name && this.wide >= TIGHT) drawn.push(s("text", { x: right, y: at + 4, class: "ring-name" }, this.clipped(name, Math.max(26, right - x - 4))));
    return drawn;
  }

  paths(i) {
    return this.rows.at(i).marks.map((mark) => {
      const y = ROW * i + 15;
      if (mark.from && (mark.kind === "token" || mark.kind === "delivers")) {
        const { row, lane } = mark.from;
        const at = mark.kind === "token" ? 0 : 9;
        return s("path", { d: `M${this.x(lane)} ${ROW * row + 15 + at}L${this.x(mark.lane)} ${y + at}`, class: `path ${mark.how || mark.priority}` });
      }
      if (mark.kind === "sends" || mark.kind === "delivers") return this.flight(mark, y);
      return null;
    });
  }

  /** A message on its way from its sender to each member. */
  flight(mark, y) {
    const others = (mark.to ?? []).filter((lane) => lane !== mark.lane);
    if (!others.length) return null;
    const from = Math.min(mark.lane, ...others);
    const to = Math.max(mark.lane, ...others);
    const tip = (lane) => {
      const side = lane < mark.lane ? 1 : -1;
      return s("path", { d: `M${this.x(lane)} ${y + 9}l${8 * side} -4v8z`, class: `tip ${mark.priority}` });
    };
    return [
      s("line", { x1: this.x(from), x2: this.x(to), y1: y + 9, y2: y + 9, class: `flight ${mark.priority}` }),
      others.map(tip),
    ];
  }

  marks(i) {
    const y = ROW * i + 15;
    return this.rows.at(i).marks.map((mark) => {
      switch (mark.kind) {
        case "token":
          return this.token(mark, y);
        case "forms":
          return this.forms(mark, y);
        case "sends":
        case "delivers":
          return this.message(mark, y);
        case "crash":
          return [s("path", { d: `M${this.x(mark.lane) - 7} ${y - 7}l14 14m0 -14l-14 14`, class: "crash" })];
        default:
          return mark.lane === null ? null : this.label(mark.label, mark.lane, y, `does ${mark.how ?? ""}`);
      }
    });
  }

  label(text, lane, y, kind) {
    const says = this.clipped(text);
    const wide = Math.min(this.wide - 4, says.length * this.letter + 10);
    return [
      s("rect", { x: this.x(lane) - wide / 2, y: y - 10, width: wide, height: 17, rx: 4, class: `box ${kind}` }),
      s("text", { x: this.x(lane), y: y + 3, class: `label ${kind}` }, says),
    ];
  }

  /** The token at a member: a box with one cell a member, filled if its bit is set. */
  token(mark, y) {
    const down = Math.ceil(mark.members.length / 8) || 1;
    const across = Math.ceil(mark.members.length / down);
    const size = Math.min(11, Math.floor((this.wide - 8) / across), down > 1 ? 8 : 11);
    const wide = across * size + 6;
    const high = down * size + 6;
    const left = this.x(mark.lane) - wide / 2;
    const cells = mark.members.map((member, i) =>
      s("rect", {
        x: left + 3.5 + (i % across) * size, y: y - high / 2 + 3.5 + Math.floor(i / across) * size, width: size - 1, height: size - 1,
        class: `bit ${mark.bits[i] ? "set" : "unset"}${member === mark.lane ? " own" : ""}`,
      }));
    const strike = mark.how === "rejected" && s("line", { x1: left - 3, x2: left + wide + 3, y1: y + high / 2 + 2, y2: y - high / 2 - 2, class: "strike" });
    const passed = mark.how === "passed" && s("path", { d: `M${left + wide + 2} ${y - 4}l6 4l-6 4z`, class: "passes" });
    return [s("rect", { x: left, y: y - high / 2, width: wide, height: high, rx: 3, class: `token ${mark.how}` }), cells, strike, passed];
  }

  forms({ lanes, ring, label }, y) {
    if (!lanes.length) return null;
    const [first, last] = [Math.min(...lanes), Math.max(...lanes)].map((lane) => this.x(lane));
    const tone = `ring-${(ring ?? 0) % RINGS}`;
    const says = label ?? `r${ring} forms`;
    const middle = (first + last) / 2;
    const wide = says.length * 6.2 + 10;
    return [
      s("line", { x1: first, x2: last, y1: y + 7, y2: y + 7, class: `forms ${tone}` }),
      lanes.map((lane) => s("circle", { cx: this.x(lane), cy: y + 7, r: 4.5, class: `joins ${tone}` })),
      s("rect", { x: middle - wide / 2, y: y - 12, width: wide, height: 14, rx: 7, class: "box plain" }),
      s("text", { x: middle, y: y - 2, class: "label plain" }, says),
    ];
  }

  /** A message where it is sent or delivered: a square of recovery priority, a circle of any other. */
  message(mark, y) {
    const x = this.x(mark.lane);
    const shape = mark.priority === "recovery"
      ? s("rect", { x: x - 5, y: y + 4, width: 10, height: 10, class: `message recovery ${mark.kind}` })
      : s("circle", { cx: x, cy: y + 9, r: 5.5, class: `message ${mark.priority} ${mark.kind}` });
    return [s("text", { x, y: y - 1, class: "label bare" }, this.clipped(mark.label)), shape];
  }
}

function gate(how, x, y) {
  if (how === "open") return s("circle", { cx: x, cy: y, r: 5, class: "gate open" });
  return [
    s("rect", { x: x - 5.5, y: y - 5.5, width: 11, height: 11, rx: 1.5, class: "gate closed" }),
    s("line", { x1: x - 3, x2: x + 3, y1: y, y2: y, class: "gate-bar" }),
  ];
}

function defs() {
  const line = s("line", { x1: 0, x2: 0, y1: 0, y2: 7, class: "hatching" });
  return s("defs", {}, s("pattern", { id: "between", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line));
}
