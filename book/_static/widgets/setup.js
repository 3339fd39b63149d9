// The widget manager looks for its fonts where it came from, which is here.
require.config({
  paths: { "@jupyter-widgets/html-manager/dist": document.documentElement.dataset.content_root + "_static/widgets" },
});

// It also calls MathJax by the name that version 2 had for typesetting; the book has a later one, which may be starting.
addEventListener("DOMContentLoaded", () => {
  if (!window.MathJax) return;
  const typeset = async ([, , element]) => {
    await MathJax.startup.promise;
    await MathJax.typesetPromise([element]);
  };
  MathJax.Hub = { Queue: typeset };
});
