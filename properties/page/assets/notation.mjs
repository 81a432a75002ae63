// Terms as set notation, in the words of SPEC.md: the same text that model/language/notation.py makes of them.

import { not, value } from "./terms.mjs";

const ATOM = 0;
const TERM = 1;
const RELATION = 2;
const CONNECTIVE = 3;
const QUANTIFIED = 4;
const OPPOSITES = { "=": "≠", "∈": "∉", "⊆": "⊈", "≤": ">" };

/** A piece of notation: how loosely it binds, the operation that joins its parts, whether it is a single {p}. */
const phrase = (text, loose = ATOM, more = {}) => ({ text, loose, joint: "", one: false, ...more });
const inside = (of, loosest) => (of.loose > loosest ? `(${of.text})` : of.text);

/** A relation of two sides, and its opposite. */
const related = (left, symbol, right) => phrase(`${left} ${symbol} ${right}`, RELATION, { opposite: `${left} ${OPPOSITES[symbol]} ${right}` });

function joined(left, joint, right) {
  const first = left.joint === joint ? left.text : inside(left, ATOM);
  return phrase(`${first} ${joint} ${inside(right, ATOM)}`, TERM, { joint });
}

const subscript = (digit) => (digit === "_" ? "" : "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]);

/** An index's name; a bound one has a subscript. */
export const indexName = (index) =>
  index.name.includes("_") ? index.name.replace(/[_0-9]/g, subscript) : index.name;

/** The processors of a bitmap, by name. */
export function membersOf(bitmap) {
  const found = [];
  for (let i = 0; bitmap >> i; i++) if ((bitmap >> i) & 1) found.push(`p${i}`);
  return found;
}

/** `{p0, p1}`, or `∅`. */
export const asSet = (bitmap) => (bitmap ? `{${membersOf(bitmap).join(", ")}}` : "∅");

const braces = (bitmap) => `{${membersOf(bitmap).join(", ")}}`;

/** A term in notation; parameters that are chosen are written as their processors. */
export const textOf = (term, chosen = {}) => read(term, chosen).text;

function read(term, chosen) {
  const part = (i) => read(term.parts[i], chosen);
  switch (term.kind) {
    case "nobody":
      return phrase("∅");
    case "everybody":
      return phrase("everybody");
    case "those":
      return phrase(braces(term.bitmap));
    case "variable": {
      const at = term.parts.map(indexName).join(", ");
      return phrase(at ? `${term.family.id}[${at}]` : term.family.id);
    }
    case "processor":
      return phrase(term.name in chosen ? braces(chosen[term.name]) : `{${term.name}}`, ATOM, { one: true });
    case "processors":
      if (!(term.name in chosen)) return phrase(term.name);
      return phrase(chosen[term.name] ? braces(chosen[term.name]) : "∅");
    case "union":
      return joined(part(0), "∪", part(1));
    case "common":
      return joined(part(0), "∩", part(1));
    case "without":
      return joined(part(0), "∖", part(1));
    case "when":
      return phrase(`${inside(part(1), ATOM)} if ${inside(part(0), RELATION)}`, CONNECTIVE);
    case "anyOf":
      return phrase(`⋃${indexName(term.index)} ${inside(part(0), ATOM)}`, TERM);
    default:
      return readTruth(term, chosen);
  }
}

function readTruth(term, chosen) {
  const part = (i) => read(term.parts[i], chosen);
  switch (term.kind) {
    case "fact":
      return phrase(term.known ? "true" : "false");
    case "within": {
      const outer = inside(part(1), TERM);
      const inner = part(0);
      return inner.one ? related(inner.text.slice(1, -1), "∈", outer) : related(inside(inner, TERM), "⊆", outer);
    }
    case "equal":
      return related(inside(part(0), TERM), "=", inside(part(1), TERM));
    case "several":
      return phrase(`|${part(0).text}| ≥ 2`, RELATION, { opposite: `|${part(0).text}| ≤ 1` });
    case "same":
      return related(indexName(term.left), "=", indexName(term.right));
    case "atMost":
      return related(indexName(term.left), "≤", indexName(term.right));
    case "both": {
      const left = part(0);
      const first = left.joint === "∧" ? left.text : inside(left, RELATION);
      return phrase(`${first} ∧ ${inside(part(1), RELATION)}`, CONNECTIVE, { joint: "∧" });
    }
    case "every":
      return phrase(`∀${indexName(term.index)}: ${part(0).text}`, QUANTIFIED);
    case "not":
      return readNot(term.parts[0], chosen);
    default:
      throw new Error(`no term: ${term.kind}`);
  }
}

function readNot(of, chosen) {
  if (of.kind === "both") {
    const [premise, conclusion] = of.parts;
    const says = [premise, not(conclusion)].map((one) => inside(read(one, chosen), RELATION));
    return phrase(says.join(" ⇒ "), CONNECTIVE);
  }
  if (of.kind === "every") {
    return phrase(`∃${indexName(of.index)}: ${read(not(of.parts[0]), chosen).text}`, QUANTIFIED);
  }
  const says = read(of, chosen);
  return says.opposite ? phrase(says.opposite, RELATION, { opposite: says.text }) : phrase(`¬${inside(says, ATOM)}`, TERM);
}

/** The value of a set as words. */
export const valueText = (term, place) => asSet(value(term, place));
