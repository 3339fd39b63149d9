// The search page. SECTIONS comes from search-texts.js: [address, page, heading, text, group] for each section.

const GROUPS = { chapters: "In the chapters", elsewhere: "Elsewhere in the book", library: "In the library" };
const ASIDES = new Set(["Sources", "Exercises", "Summary"]); // they name everything and explain nothing
const MOST = 12; // results of a group that are shown at once

/** Words without accents, capitals and the usual endings: "clipping", "clipped" and "clip" are one. */
function stems(text) {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    word.length < 5 ? word : word.replace(/(?:ing|ed|es|s)$/, "").replace(/(.)\1$/, "$1").replace(/e$/, ""),
  );
}

/** How often the words stand in a row of stems, and how often next to each other; the last may be a beginning. */
function count(words, line) {
  const fits = (stem, i) => stem === words[i] || (i === words.length - 1 && words[i].length > 2 && stem.startsWith(words[i]));
  const each = words.map((_, i) => line.filter((stem) => fits(stem, i)).length);
  const together = line.filter((_, at) => words.every((_, i) => line[at + i] && fits(line[at + i], i))).length;
  return { all: each.every(Boolean), some: Math.min(...each), together };
}

/** A section's score: 0 unless every word is in it or over it. A title says what a section is about. */
function score(words, section) {
  const [title, heading, text] = section.stems.map((line) => count(words, line));
  if (!words.every((_, i) => section.stems.some((line) => count([words[i]], line).all))) return 0;
  // The same words in a short section weigh more, and the tenth mention less than the first.
  const density = Math.log1p(text.together * 3 + text.some) / Math.log(20 + section.stems[2].length);
  const sum = (heading.all ? 6 : 0) + (heading.together ? 4 : 0) + (title.all ? 3 : 0) + 8 * density;
  return section.aside ? sum / 4 : sum;
}

function find(query) {
  const words = stems(query);
  if (!words.length) return [];
  return SECTIONS.map(([address, page, heading, text, group], at) => {
    stemmed[at] ??= [page, heading, text].map(stems);
    const section = { stems: stemmed[at], aside: ASIDES.has(heading) };
    return { address, page, heading, text, group, score: score(words, section) };
  }).filter((result) => result.score > 0).sort((one, other) => other.score - one.score);
}
const stemmed = [];

/** The part of a text in which the words stand, with the words marked. */
function excerpt(text, query) {
  const words = stems(query);
  const tokens = text.split(/(?<=\s)/);
  const hit = (token) => stems(token).some((stem) => words.some((word) => stem.startsWith(word)));
  const runs = tokens.map((_, at) => words.every((word, i) => stems(tokens[at + i] ?? "").some((stem) => stem.startsWith(word))));
  const first = Math.max(0, runs.includes(true) ? runs.indexOf(true) : tokens.findIndex(hit));
  const start = Math.max(0, first - 10);
  const part = document.createElement("p");
  part.append(start ? "… " : "");
  for (const token of tokens.slice(start, start + 38)) {
    if (hit(token)) part.append(Object.assign(document.createElement("mark"), { textContent: token.trimEnd() }), " ");
    else part.append(token);
  }
  part.append(start + 38 < tokens.length ? "…" : "");
  return part;
}

function item(result, query) {
  const link = document.createElement("a");
  link.href = document.documentElement.dataset.content_root + result.address;
  link.textContent = result.heading;
  const where = Object.assign(document.createElement("span"), { className: "search-page", textContent: result.page });
  const entry = document.createElement("li");
  entry.append(link, ...(result.page === result.heading ? [] : [where]), excerpt(result.text, query));
  return entry;
}

/** One group of results; those beyond the first few come with a button. */
function group(name, results, query) {
  const part = document.createElement("section");
  part.append(Object.assign(document.createElement("h2"), { textContent: `${GROUPS[name]} (${results.length})` }));
  const list = document.createElement("ul");
  list.append(...results.slice(0, MOST).map((result) => item(result, query)));
  part.append(list);
  if (results.length > MOST) {
    const more = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-outline-primary" });
    more.textContent = `Show the other ${results.length - MOST}`;
    more.onclick = () => {
      list.append(...results.slice(MOST).map((result) => item(result, query)));
      list.children[MOST].querySelector("a").focus();
      more.remove();
    };
    part.append(more);
  }
  return part;
}

function show(query) {
  const results = query.trim() ? find(query) : [];
  const named = Object.keys(GROUPS).map((name) => [name, results.filter((result) => result.group === name)]);
  const parts = named.filter(([, some]) => some.length).map(([name, some]) => group(name, some, query));
  document.getElementById("search-results").replaceChildren(...parts);
  const said = `${results.length} ${results.length === 1 ? "section" : "sections"} for “${query.trim()}”`;
  document.getElementById("search-count").textContent = query.trim() ? said : "";
}

const field = document.querySelector(".bd-search-container input[name=q]");
field.value = new URLSearchParams(location.search).get("q") ?? "";
field.addEventListener("input", () => show(field.value));
field.form.addEventListener("submit", (event) => event.preventDefault());
field.focus();
show(field.value);
