// A formula or a picture that is wider than the screen scrolls: then it is a tab stop, so that the arrow keys can move it.
function markScrolling() {
  for (const wide of document.querySelectorAll("article div.math, .picture .frame")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    else wide.removeAttribute("tabindex");
  }
}
window.addEventListener("resize", markScrolling);
window.addEventListener("toggle", markScrolling, true); // what is folded has no width
markScrolling();
