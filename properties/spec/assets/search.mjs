// The search of the specification: entries are what has an anchor of its own; a word has to be somewhere in the entry.

const MOST = 40;

/** The entries in which all the words stand, those whose id begins with them first. */
export function found(entries, asked) {
  const words = asked.toLowerCase().split(/\s+/).filter((word) => word);
  if (!words.length) return [];
  const holds = ({ id, text }) => words.every((word) => `${id} ${text}`.toLowerCase().includes(word));
  const named = ({ id }) => (id.toLowerCase().replace(/^.*action-/, "").startsWith(words[0]) ? 0 : 1);
  return entries.filter(holds).sort((one, other) => named(one) - named(other)).slice(0, MOST);
}

/** An anchor's text: its row of a table, its heading, or what follows up to the next anchor or heading. */
function textOf(anchor) {
  const whole = anchor.closest("tr, h1, h2, h3, h4");
  if (whole) return whole.textContent;
  const parts = [];
  for (let next = anchor.closest("p").nextElementSibling; next && !begins(next); next = next.nextElementSibling) {
    if (next.tagName !== "FIGURE") parts.push(next.textContent);
  }
  return parts.join(" ");
}

function begins(element) {
  return /^H\d$/.test(element.tagName) || (element.tagName === "P" && element.querySelector("a[id]"));
}

/** Everything in the page that can be cited or linked. */
export function entriesOf(page) {
  const anchors = [...page.querySelectorAll("main a[id], main h2[id], main h3[id]")];
  return anchors.map((anchor) => ({ id: anchor.id, text: textOf(anchor).replace(/\s+/g, " ").trim() }));
}

/** Let the page be searched: `/` goes to the field, Enter to the first entry, Escape clears it. */
export function begin(page) {
  const field = page.getElementById("search");
  const list = page.getElementById("found");
  const entries = entriesOf(page);
  const show = () => {
    const items = found(entries, field.value).map(({ id, text }) => {
      const link = page.createElement("a");
      link.href = `#${id}`;
      link.textContent = id;
      const item = page.createElement("li");
      item.append(link, ` ${text.slice(0, 90)}`);
      return item;
    });
    list.replaceChildren(...items);
    const words = items.length === MOST ? `the first ${MOST}` : String(items.length);
    page.getElementById("count").textContent = field.value.trim() ? `${words} found` : "";
  };
  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") list.querySelector("a")?.click();
  });
  page.addEventListener("keydown", (event) => {
    if (event.key === "/" && page.activeElement !== field) {
      event.preventDefault();
      field.focus();
    }
    if (event.key === "Escape") {
      field.value = "";
      field.blur();
      show();
    }
  });
}
