// Elements, made by hand: text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, given] of Object.entries(attributes)) {
    if (given === null || given === undefined || given === false) continue;
    if (typeof given === "function") element.addEventListener(name, given);
    else element.setAttribute(name, given === true ? "" : String(given));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** An element of the page; an attribute that is a function listens to the event of that name. */
export const h = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** An element of a picture. */
export const s = (tag, attributes = {}, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

/** Put these children in place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren();
  return filled(element, {}, children);
}
