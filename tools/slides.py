"""Make slides of each chapter out of its stored notebook: ``python tools/slides.py``, or with ``05`` of one alone.

A deck is one HTML file, which asks for nothing else: the chapter's title, its opening question, each figure with its
caption, each Predict question before what answers it, and the summary. The pictures of a slider are steps, and so is an
answer. How a deck looks and moves is written in book/classroom/slides.html.
"""

import html
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace

import nbformat
import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from notebooks import ROOT, chapters

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from formulas import embedded, mathml  # noqa: E402
from night import for_the_page  # noqa: E402
from pictures import FRAME, Frame  # noqa: E402

OUT = ROOT / "_build" / "slides"
TEMPLATE = ROOT / "book" / "classroom" / "slides.html"
STEPS = 9  # pictures of a slider; where it has more, some are left out, evenly
POINTS = 5  # of a summary on one slide
KEYS = '<p class="keys">→ a step on &ensp; ↓ the next slide &ensp; D light or dark &ensp; F full screen</p>'
WIDGETS = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
CARD = r'<details class="predict"><summary>(?P<question>.*?)</summary>(?P<answer>.*?)</details>'
PARTS = re.compile(rf"^## (?P<heading>[^\n]+)$|{CARD}", re.M | re.S)
LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
TALL = 1.5  # width over height: a figure below it stands beside its words
markdown = MarkdownIt("commonmark", {"html": True, "typographer": True}).enable(["table", "smartquotes"])
markdown.use(dollarmath_plugin, renderer=lambda tex, options: mathml(tex, options["display_mode"]))


@dataclass
class Picture:
    """An image by day and by night, in addresses that hold all of it."""

    day: str
    night: str
    alt: str
    ratio: float  # of width to height
    value: str = ""  # of the slider that it belongs to


@dataclass
class Slide:
    """What one slide shows; `text`, `question` and `answer` are Markdown."""

    kind: str  # title, opening, ask, figure or summary
    section: str = ""
    text: str = ""
    question: str = ""
    answer: str = ""
    pictures: tuple[Picture, ...] = ()
    label: str = ""  # of a slider


# From a notebook to slides


def slides(notebook: NotebookNode) -> list[Slide]:
    """Return a chapter's slides: a question leads to the next figure of its section, or is followed by its answer."""
    found, section, asked = opening(notebook.cells[0].source), "", None
    for cell in notebook.cells:
        for part in PARTS.finditer(cell.source) if cell.cell_type == "markdown" else ():
            found += [asked] if asked else []
            section, asked = part["heading"] or section, None
            if section == "Summary":
                return found + summary(cell.source[part.end() :])
            if part["question"]:
                asked = Slide("ask", section, question=part["question"], answer=part["answer"])
            if asked and "Predict: case" in asked.question:  # the clinic's figures come first
                found, asked = [*found, asked], None
        for figure in figures(cell, notebook.metadata):
            found += [replace(asked, answer="")] if asked else []
            kept = asked or Slide("ask")
            found.append(replace(figure, section=section, question=kept.question, answer=kept.answer))
            asked = None
    raise ValueError("expected a section `## Summary`")


def opening(source: str) -> list[Slide]:
    """Return the first two slides: the title, and the question with which the chapter opens."""
    title, text = source.split("\n", 1)
    text = re.split(r"<details|\*\*You will be able to\*\*", text)[0].strip()
    return [Slide("title", text=f"{title}\n\n{KEYS}"), Slide("opening", text=text)]


def summary(source: str) -> list[Slide]:
    """Return the slides of a summary, a few of its points on each, as evenly as it goes."""
    points = re.findall(r"^- .+", source.split("**What next.**")[0], re.M)
    count = -(-len(points) // POINTS)
    size = -(-len(points) // count)
    return [Slide("summary", "Summary", "\n".join(points[at : at + size])) for at in range(0, len(points), size)]


def figures(cell: NotebookNode, metadata: NotebookNode) -> Iterator[Slide]:
    """Yield the figures among a cell's outputs."""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        kind = next((kind for kind in data if kind.startswith("image/")), None)
        if VIEW in data:
            yield slider(data[VIEW]["model_id"], metadata.widgets[WIDGETS]["state"])
        elif kind:
            words = output.metadata.get(kind, {})
            content = data[kind].encode() if "svg" in kind else b64decode(data[kind])
            shown = picture(Frame(kind, content, words["alt"], words.get("width", 1000)))
            yield Slide("figure", text=words.get("caption", ""), pictures=(shown,))


def slider(model: str, state: NotebookNode) -> Slide:
    """Return a slider of `wgan_lib.widgets` as a figure of several pictures."""

    def below(name: str) -> list[str]:
        return [child.removeprefix("IPY_MODEL_") for child in state[name]["state"]["children"]]

    control, stack, *caption = below(model)
    values, images = state[control]["state"]["_options_labels"], below(stack)
    shown = []
    for at in sorted({round(step * (len(images) - 1) / (STEPS - 1)) for step in range(STEPS)}):
        kind, content, alt, width = FRAME.match(state[images[at]]["state"]["value"]).groups()
        made = picture(Frame(kind, b64decode(content), html.unescape(alt), int(width)))
        shown.append(replace(made, value=values[at]))
    words = html.unescape(state[caption[0]]["state"]["value"]) if caption else ""
    return Slide("figure", text=words, pictures=tuple(shown), label=state[control]["state"]["description"])


def picture(image: Frame) -> Picture:
    """Return an image by day and by night; what is pixels is the same by both."""
    drawn = "svg" in image.kind
    both = [for_the_page(image.content, night) if drawn else image.content for night in (False, True)]
    addresses = [f"data:{image.kind};base64,{b64encode(each).decode()}" for each in both]
    return Picture(*addresses, image.alt, image.width / image.height)


# From slides to a page


def deck(notebook: NotebookNode) -> str:
    """Return a chapter's slides as one page."""
    made, numbers = slides(notebook), iter(range(1, 100))
    heading = made[0].text.splitlines()[0].removeprefix("# ")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    parts = [section(slide, int(heading[:2]), numbers) for slide in made]
    page = re.sub(r'url\("([^"]+)"\)', embedded, TEMPLATE.read_text("utf-8"))
    for name, value in {"title": heading, "book": config["title"], "slides": "\n".join(parts)}.items():
        page = page.replace(f"{{{{ {name} }}}}", value)
    return page


def section(slide: Slide, chapter: int, numbers: Iterator[int]) -> str:
    """Return a slide as HTML; its steps are its pictures, one in place of another, and its answer."""
    parts = [f'<p class="section">{inline(slide.section)}</p>' if slide.section else ""]
    if slide.question:
        parts.append(f'<p class="question">{inline(slide.question)}</p>')
    if slide.pictures:
        frames = "".join(frame(each, slide.label) for each in slide.pictures)
        number = f'<span class="number">Figure {chapter}.{next(numbers)}</span>'
        parts.append(f"<figure>{frames}<figcaption>{number} {inline(slide.text)}</figcaption></figure>")
    elif slide.text:
        parts.append(block(slide.text))
    if slide.answer:
        parts.append(f'<div class="answer">{block(slide.answer)}</div>')
    tall = " tall" if slide.pictures and slide.pictures[0].ratio < TALL else ""
    return f'<section class="{slide.kind}{tall}"><div class="slide">{"".join(parts)}</div></section>'


def frame(shown: Picture, label: str) -> str:
    """Return a picture as HTML, with its slider's value above."""
    value = f'<p class="value">{html.escape(label)} <b>{html.escape(shown.value)}</b></p>' if label else ""
    alt = html.escape(shown.alt)
    if shown.day == shown.night:
        return f'<div class="frame">{value}<img class="pixels" src="{shown.day}" alt="{alt}"></div>'
    images = [f'<img class="{name}" src="{getattr(shown, name)}" alt="{alt}">' for name in ("day", "night")]
    return f'<div class="frame">{value}{"".join(images)}</div>'


def block(source: str) -> str:
    """Return Markdown as HTML, its links as plain words: a deck may lie anywhere."""
    return markdown.render(LINK.sub(r"\1", source.strip()))


def inline(source: str) -> str:
    """Return a line of Markdown as HTML."""
    return markdown.renderInline(LINK.sub(r"\1", source))


def main(numbers: list[str]) -> None:
    """Write the decks of the named chapters, or of all."""
    OUT.mkdir(parents=True, exist_ok=True)
    for path in chapters():
        if path.stem[:2].isdigit() and (not numbers or path.stem[:2] in numbers):
            target = OUT / f"{path.stem}.html"
            target.write_text(deck(nbformat.read(path, as_version=4)), encoding="utf-8")
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
