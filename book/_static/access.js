// A formula that is wider than the screen scrolls: then it is a tab stop, so that the arrow keys can move it.
function markScrolling() {
  for (const formula of document.querySelectorAll("article div.math")) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}
window.addEventListener("resize", markScrolling);
window.addEventListener("toggle", markScrolling, true); // what is folded has no width
markScrolling();
