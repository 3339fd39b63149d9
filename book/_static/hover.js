// A card beside a link: what the glossary, the references, a claim or a formula says there.
// It comes by pointer, by keyboard and by a first tap, and leaves by Escape.

const KINDS = "a.term, a.citation, a[href*='#term-'], a[href*='#cite-'], a[href*='#claim-'], "
  + "a[href*='#equation-'], a[href*='#theorem-'], a[href*='#figure-']";
const WAIT = 250; // milliseconds: a pointer that only passes by opens nothing

const card = document.createElement("div");
card.id = "hover-card";
card.hidden = true;
card.setAttribute("role", "tooltip");

let owner = null; // the link whose card is shown
let timer = 0;
let touched = false;

/** What a card for this link holds: a template of the page, or a copy of the target if it is on the page. */
function content(link) {
  const href = link.getAttribute("href");
  const template = [...document.querySelectorAll("template[data-card]")].find(
    (each) => each.dataset.card === href,
  );
  if (template) return template.content.cloneNode(true);
  const target = href.startsWith("#") && document.getElementById(href.slice(1));
  if (!target || target.contains(link) || target.matches("section, h1, h2, h3")) return null;
  const copy = target.cloneNode(true);
  for (const each of [copy, ...copy.querySelectorAll("[id]")]) each.removeAttribute("id");
  for (const each of copy.querySelectorAll("button, input, script, .headerlink")) each.remove();
  return copy;
}

/** Put the card under the link, or above it where the window ends, and inside the window's sides. */
function place(link) {
  const at = link.getClientRects()[0] ?? link.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = Math.min(at.left, document.documentElement.clientWidth - width - 12);
  const below = at.bottom + height + 12 < window.innerHeight || at.top < height + 12;
  card.style.left = `${Math.max(12, left) + window.scrollX}px`;
  card.style.top = `${(below ? at.bottom + 6 : at.top - height - 6) + window.scrollY}px`;
}

function show(link) {
  clearTimeout(timer);
  if (owner === link) return true;
  const inside = content(link);
  if (!inside) return false;
  hide();
  owner = link;
  card.replaceChildren(inside);
  card.hidden = false;
  link.setAttribute("aria-describedby", card.id);
  place(link);
  return true;
}

function hide() {
  clearTimeout(timer);
  owner?.removeAttribute("aria-describedby");
  owner = null;
  card.hidden = true;
}

const later = (action) => {
  clearTimeout(timer);
  timer = setTimeout(action, WAIT);
};
const linkOf = (event) => event.target.closest?.(KINDS);

function mountCards() {
  document.body.append(card);
  const article = document.querySelector("article") ?? document.body;
  article.addEventListener("pointerover", (event) => {
    const link = linkOf(event);
    if (link && event.pointerType === "mouse") later(() => show(link));
  });
  article.addEventListener("pointerout", (event) => linkOf(event) && event.pointerType === "mouse" && later(hide));
  card.addEventListener("pointerenter", () => clearTimeout(timer));
  card.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && later(hide));
  article.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (link?.matches(":focus-visible") && !touched) show(link);
  });
  article.addEventListener("focusout", (event) => linkOf(event) === owner && hide());
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("pointerdown", (event) => {
    touched = event.pointerType !== "mouse";
    if (owner && !card.contains(event.target) && !owner.contains(event.target)) hide();
  });
  // A first tap shows the card, a second follows the link.
  article.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (link && touched && owner !== link && show(link)) event.preventDefault();
  });
}

mountCards();
