// The set language of the model, in JavaScript: terms, what they are worth in a state, and how they fold.
//
// A term is made once: equal terms are one object. The constructors give a simpler term where Python's do
// (model/language/terms.py and sets.py), so that both say the same words of the same statement. A set of processors is
// a number: bit i stands for processor i.

const made = new Map();

function term(kind, parts, more = {}) {
  const key = [kind, ...parts.map((part) => part.id), ...Object.values(more).map((one) => one?.id ?? String(one))].join(" ");
  if (!made.has(key)) made.set(key, Object.freeze({ kind, parts, ...more, id: `#${made.size}` }));
  return made.get(key);
}

// Indices: elements of handles, rings and other sorts ------------------------------------------------------------------

/** Sorts by name, each a function from a name (a parameter, a bound index) or a number (an element) to an index. */
export function sorts(sizes) {
  const all = {};
  for (const [name, size] of Object.entries(sizes)) {
    const sort = { id: name, name, size, letter: name[0].toLowerCase() };
    all[name] = (of) => {
      const value = typeof of === "number" ? of : null;
      return term("index", [], { sort, name: value === null ? of : `${sort.letter}${of}`, value });
    };
    all[name].sort = sort;
    sort.element = all[name];
  }
  return all;
}

/** Variables by name, each a function from indices to its set; `prime` is "'" for those after the step. */
export function families(places, prime = "") {
  const all = {};
  for (const [name, { first, sizes }] of Object.entries(places)) {
    const family = { id: name + prime, name, first, sizes, primed: prime !== "" };
    all[name] = (...at) => term("variable", at, { family });
  }
  return all;
}

// Sets -----------------------------------------------------------------------------------------------------------------

export const nobody = term("nobody", []);
export const everybody = term("everybody", []);
export const those = (bitmap) => (bitmap ? term("those", [], { bitmap }) : nobody);
export const processor = (name) => term("processor", [], { name });
export const processors = (name) => term("processors", [], { name });

const areThose = (left, right) => left.kind === "those" && right.kind === "those";

export function union(left, right) {
  if (left === nobody) return right;
  if (right === nobody || left === everybody) return left;
  if (areThose(left, right)) return those(left.bitmap | right.bitmap);
  return left === right ? left : term("union", [left, right]);
}

export function common(left, right) {
  if (left === nobody || right === nobody) return nobody;
  if (left === everybody) return right;
  if (right === everybody) return left;
  if (areThose(left, right)) return those(left.bitmap & right.bitmap);
  return left === right ? left : term("common", [left, right]);
}

export function without(left, right) {
  if (left === nobody || right === nobody) return left;
  if (right === everybody) return nobody;
  if (areThose(left, right)) return those(left.bitmap & ~right.bitmap);
  return left === right ? nobody : term("without", [left, right]);
}

export function when(condition, then) {
  if (condition.kind === "fact") return condition.known ? then : nobody;
  return then === nobody ? nobody : term("when", [condition, then]);
}

export const anyOf = (index, body) => (body === nobody ? nobody : term("anyOf", [body], { index }));

// Statements -----------------------------------------------------------------------------------------------------------

export const fact = (known) => term("fact", [], { known });
const YES = fact(true);
const NO = fact(false);

export function within(inner, outer) {
  if (inner === nobody || outer === everybody) return YES;
  if (areThose(inner, outer)) return fact((inner.bitmap & ~outer.bitmap) === 0);
  if (inner.kind === "those" && outer === nobody) return NO;
  return inner === outer ? YES : term("within", [inner, outer]);
}

export function equal(left, right) {
  const known = (one) => one.kind === "those" || one === nobody;
  if (left === right) return YES;
  return known(left) && known(right) ? NO : term("equal", [left, right]);
}

export function several(of) {
  if (of === nobody || of.kind === "processor") return NO;
  return of.kind === "those" ? fact((of.bitmap & (of.bitmap - 1)) !== 0) : term("several", [of]);
}

function compared(kind, left, right, holds) {
  if (left === right) return YES;
  if (left.value !== null && right.value !== null) return fact(holds(left.value, right.value));
  return term(kind, [], { left, right });
}

export const same = (left, right) => compared("same", left, right, (a, b) => a === b);
export const atMost = (left, right) => compared("atMost", left, right, (a, b) => a <= b);

export function not(of) {
  if (of.kind === "fact") return fact(!of.known);
  return of.kind === "not" ? of.parts[0] : term("not", [of]);
}

export function both(left, right) {
  if (left.kind === "fact") return left.known ? right : NO;
  if (right.kind === "fact") return right.known ? left : NO;
  return left === right ? left : term("both", [left, right]);
}

export const every = (index, body) => (body.kind === "fact" ? body : term("every", [body], { index }));

// What a term is in a place --------------------------------------------------------------------------------------------

/**
 * Where a term is read: `now` and `then` are states (a number for each slot), `indices` numbers by name, `chosen`
 * bitmaps by the name of a parameter, `everybody` the bitmap of all.
 */
const numberOf = (index, place) => (index.value === null ? place.indices[index.name] : index.value);

/** The slot of a variable: the last index changes fastest. */
export function slotOf(variable, place) {
  const { first, sizes } = variable.family;
  let slot = 0;
  for (let i = 0; i < sizes.length; i++) slot = slot * sizes[i] + numberOf(variable.parts[i], place);
  return first + slot;
}

function* elements(index, place) {
  const before = place.indices[index.name];
  for (let i = 0; i < index.sort.size; i++) {
    place.indices[index.name] = i;
    yield i;
  }
  place.indices[index.name] = before;
}

/** A set as a number, a statement as true or false. */
export function value(term, place) {
  const [left, right] = term.parts;
  switch (term.kind) {
    case "nobody":
      return 0;
    case "everybody":
      return place.everybody;
    case "those":
      return term.bitmap;
    case "variable":
      return (term.family.primed ? place.then : place.now)[slotOf(term, place)];
    case "processor":
    case "processors":
      return place.chosen[term.name];
    case "union":
      return value(left, place) | value(right, place);
    case "common":
      return value(left, place) & value(right, place);
    case "without":
      return value(left, place) & ~value(right, place);
    case "when":
      return value(left, place) ? value(right, place) : 0;
    case "anyOf": {
      let found = 0;
      for (const _ of elements(term.index, place)) found |= value(left, place);
      return found;
    }
    case "fact":
      return term.known;
    case "within":
      return (value(left, place) & ~value(right, place)) === 0;
    case "equal":
      return value(left, place) === value(right, place);
    case "several": {
      const of = value(left, place);
      return (of & (of - 1)) !== 0;
    }
    case "same":
      return numberOf(term.left, place) === numberOf(term.right, place);
    case "atMost":
      return numberOf(term.left, place) <= numberOf(term.right, place);
    case "not":
      return !value(left, place);
    case "both":
      return value(left, place) && value(right, place);
    case "every": {
      let holds = true;
      for (const _ of elements(term.index, place)) holds = holds && value(left, place);
      return holds;
    }
    default:
      throw new Error(`no term: ${term.kind}`);
  }
}

const REMAKE = { union, common, without, when, within, equal, several, not, both };

/** The term with other indices in place of some, by name; it folds where it can. */
export function rewritten(term, indices) {
  const swapped = (index) => indices[index.name] ?? index;
  const parts = () => term.parts.map((part) => rewritten(part, indices));
  switch (term.kind) {
    case "variable":
      return variableAt(term, term.parts.map(swapped));
    case "anyOf":
      return anyOf(term.index, ...parts());
    case "every":
      return every(term.index, ...parts());
    case "same":
      return same(swapped(term.left), swapped(term.right));
    case "atMost":
      return atMost(swapped(term.left), swapped(term.right));
    default:
      return term.parts.length ? REMAKE[term.kind](...parts()) : term;
  }
}

const variableAt = (variable, at) => term("variable", at, { family: variable.family });
