// The comparisons that decide a statement, as they are true, with the values of their sets: properties/explain/values.py
// once more, in the page, so that a step that nobody recorded is explained too.

import { textOf } from "./notation.mjs";
import { not, rewritten, value } from "./terms.mjs";

/** The elements of an index's sort, each as the indices that put it in the index's place. */
function* elementsOf(index) {
  for (let i = 0; i < index.sort.size; i++) yield { [index.name]: index.sort.element(i) };
}

function* deciding(term, place) {
  switch (term.kind) {
    case "not":
      yield* deciding(term.parts[0], place);
      return;
    case "both":
      for (const part of term.parts) if (value(part, place) === value(term, place)) yield* deciding(part, place);
      return;
    case "every": {
      const cases = [...elementsOf(term.index)].map((one) => rewritten(term.parts[0], one));
      const failing = cases.filter((one) => !value(one, place));
      for (const one of failing.length ? failing.slice(0, 1) : cases) yield* deciding(one, place);
      return;
    }
    case "fact":
      return;
    default:
      yield value(term, place) ? term : not(term);
  }
}

/** The variables in a term; of those below a quantifier, the ones that are not empty. */
function* variablesOf(term, place) {
  if (term.kind === "variable") {
    yield term;
  } else if (term.kind === "anyOf" || term.kind === "every") {
    for (const one of elementsOf(term.index)) {
      for (const found of variablesOf(rewritten(term.parts[0], one), place)) if (value(found, place)) yield found;
    }
  } else {
    for (const part of term.parts) yield* variablesOf(part, place);
  }
}

/** The sets that are compared, each before the variables in it; what has no variable needs no value. */
function* sides(comparison, place) {
  const of = comparison.kind === "not" ? comparison.parts[0] : comparison;
  if (!["within", "equal", "several"].includes(of.kind)) return;
  for (const side of of.parts) {
    const variables = [...variablesOf(side, place)];
    if (variables.length || side.kind === "anyOf") yield* [side, ...variables];
  }
}

/** A statement with the elements that stand for the parameters in it. */
export function filled(term, place, sorted) {
  const indices = {};
  for (const [name, sort] of Object.entries(sorted)) indices[name] = sort.element(place.indices[name]);
  return rewritten(term, indices);
}

/**
 * Why a statement is as it is: comparisons that are true, each once, with their sets by notation and the variables in
 * them. `sorted` has the sort of each parameter that is an index.
 */
export function because(term, place, sorted = {}) {
  const found = new Map();
  for (const one of deciding(filled(term, place, sorted), place)) {
    const sets = new Map();
    const cells = [];
    for (const side of sides(one, place)) {
      sets.set(textOf(side, place.chosen), value(side, place));
      if (side.kind === "variable") cells.push({ name: textOf(side), primed: side.family.primed });
    }
    found.set(textOf(one, place.chosen), { says: textOf(one, place.chosen), sets, cells });
  }
  return [...found.values()];
}
