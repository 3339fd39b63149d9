// What is folded opens for whoever follows a link into it, and for paper.
(() => {
  const open = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.matches("details")) at.open = true;
  };
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("article")) return;
    open(target);
    target.querySelector(":scope > details.grounds")?.setAttribute("open", "");
    target.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  if (location.hash) follow();
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll(".exercise, .grounds, .reading, .aims")) open(each);
  });
})();

// One switch opens all folded code of a page, and of the next one. Where nothing may be stored it works all the same.
(() => {
  const box = document.querySelector(".all-code input");
  if (!box) return;
  const folded = document.querySelectorAll("details:is(.hide, .grounds, .reading:has(.cell_input))");
  const set = (open) => folded.forEach((cell) => (cell.open = open));

  function stored() {
    try {
      return localStorage.getItem("all-code") === "open";
    } catch {
      return false;
    }
  }
  function store(open) {
    try {
      localStorage.setItem("all-code", open ? "open" : "folded");
    } catch {
      // A private window, or a page on a disk: the switch then holds for this page.
    }
  }

  box.checked = stored();
  if (box.checked) set(true);
  box.addEventListener("change", () => {
    set(box.checked);
    store(box.checked);
  });
})();
