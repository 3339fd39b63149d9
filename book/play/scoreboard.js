// Filters for the scoreboard of chapter 16, made from the table that stands there.
import { element } from "./drawing.js";

const ALL = "all";

export function mount(root) {
  const rows = [...document.querySelectorAll("table.scoreboard tbody tr")].filter((row) => row.querySelector("td"));
  return new Filters(root, rows);
}

/** Return what a row says of its claim. */
function read(row) {
  const [kind] = row.querySelector("small").textContent.split(":");
  const chapter = row.querySelector("a").textContent;
  const verdict = row.parentElement.className.replaceAll("-", " ");
  return { row, kind, chapter, verdict, text: row.textContent.toLowerCase() };
}

class Filters {
  constructor(root, rows) {
    this.claims = rows.map(read);
    this.fields = Object.fromEntries(["verdict", "chapter", "kind"].map((name) => [name, this.choice(name)]));
    this.words = element("input", { type: "search", ariaLabel: "words", oninput: () => this.apply() });
    this.count = element("p", { className: "play-says", ariaLive: "polite" });
    const labels = Object.entries({ ...this.fields, words: this.words }).map(([name, field]) =>
      element("label", {}, element("span", { textContent: name }), field),
    );
    root.classList.add("play-filters");
    root.replaceChildren(element("div", { className: "play-settings" }, ...labels), this.count);
    this.apply();
  }

  choice(name) {
    const values = [...new Set(this.claims.map((claim) => claim[name]))];
    if (name === "chapter") values.sort((a, b) => parseInt(a.slice(8), 10) - parseInt(b.slice(8), 10));
    const options = [ALL, ...values].map((value) => element("option", { value, textContent: value }));
    return element("select", { ariaLabel: name, onchange: () => this.apply() }, ...options);
  }

  /** Show the claims that every filter lets through, and the verdicts that have some left. */
  apply() {
    const words = this.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const claim of this.claims) {
      const chosen = Object.entries(this.fields).every(([name, { value }]) => value === ALL || claim[name] === value);
      claim.row.hidden = !(chosen && words.every((word) => claim.text.includes(word)));
      shown += !claim.row.hidden;
    }
    for (const body of new Set(this.claims.map(({ row }) => row.parentElement)))
      body.hidden = ![...body.querySelectorAll("tr")].some((row) => row.querySelector("td") && !row.hidden);
    this.count.textContent = `${shown} of ${this.claims.length} claims`;
  }
}
