// Pictures: a slider shows one of its frames, a film stops, a tap enlarges. Without this, the first frame stands still.
(() => {
  const themed = (frame) =>
    frame.querySelector(document.documentElement.dataset.theme === "dark" ? ".only-dark" : ".only-light") ??
    frame.querySelector("img");

  // The nearest frames are fetched first, once a reader reaches for the handle; a new one is shown when it is there.
  function slide(figure) {
    const range = figure.querySelector("input");
    const output = figure.querySelector("output");
    const frames = [...figure.querySelectorAll(".frame")];
    const distance = (frame) => Math.abs(frames.indexOf(frame) - range.valueAsNumber);
    const fetchAll = () => {
      for (const frame of [...frames].sort((one, other) => distance(one) - distance(other))) themed(frame).loading = "eager";
    };
    const show = async () => {
      const wanted = frames[range.valueAsNumber];
      output.value = wanted.dataset.value;
      range.setAttribute("aria-valuetext", wanted.dataset.value);
      const image = themed(wanted);
      image.loading = "eager";
      await image.decode().catch(() => {});
      if (wanted === frames[range.valueAsNumber]) for (const frame of frames) frame.hidden = frame !== wanted;
    };
    for (const reach of ["focus", "pointerenter", "pointerdown"]) range.addEventListener(reach, fetchAll, { once: true });
    range.addEventListener("input", show);
  }

  function button(figure, text, name, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.ariaLabel = `${name} ${figure.querySelector(".figure-number").textContent}`;
    made.addEventListener("click", act);
    const tools = figure.querySelector(".tools") ?? document.createElement("div");
    tools.className = "tools";
    tools.append(made);
    figure.querySelector("figcaption").before(tools);
    return made;
  }

  function enlarge(dialog, figure) {
    const image = themed(figure.querySelector(".frame:not([hidden])")).cloneNode();
    const [width, height] = ["width", "height"].map((side) => image.getAttribute(side));
    image.loading = "eager";
    image.style.width = `max(${width}px, min(94vw, ${(86 * width) / height}vh))`; // its own size at least
    dialog.querySelector(".canvas").replaceChildren(image);
    dialog.ariaLabel = figure.querySelector(".figure-number").textContent;
    dialog.showModal();
  }

  // A film runs unless the reader wants no motion; its last picture stands in for it.
  function project(figure) {
    const still = figure.querySelector("source");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const turn = (running) => {
      still.media = running ? "not all" : "all";
      control.textContent = running ? "Pause" : "Play";
      control.ariaLabel = `${control.textContent} ${figure.querySelector(".figure-number").textContent}`;
    };
    const control = button(figure, "", "", () => turn(control.textContent === "Play"));
    turn(!calm);
  }

  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.innerHTML = '<button type="button" aria-label="Close">Close</button><div class="canvas" tabindex="0"></div>';
  dialog.addEventListener("click", () => dialog.close());
  document.body.append(dialog);

  for (const figure of document.querySelectorAll("figure.picture")) {
    if (figure.matches(".slider")) slide(figure);
    if (figure.matches(".film")) project(figure);
    button(figure, "Enlarge", "Enlarge", () => enlarge(dialog, figure));
    for (const frame of figure.querySelectorAll(".frame")) frame.addEventListener("click", () => enlarge(dialog, figure));
  }
})();
