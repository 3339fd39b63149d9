"""Formulas become MathML when the book is built: a page needs no script to show them.

Nothing moves while it loads, a formula that TeX would not understand fails the build,
and screen readers, print and search see mathematics instead of dollar signs.
"""

import re
from base64 import b64encode
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.errors import ExtensionError

STATIC = Path(__file__).resolve().parent.parent / "_static"
CONVERTER = LatexToMathML()
RELATIONS = set("=<>≤≥≈∼≠→↦⟶⟹∈≡∝≪≫")
CLASSES = "math notranslate nohighlight"
LONG = 8  # parts of a formula in the text, from which on it may need two lines


def mathml(tex, display=False):
    """Return the MathML of a formula, or of the lines of one that may break."""
    if r"\tag" in tex:
        tex = rf"\begin{{equation}}{tex}\end{{equation}}"
    elif display and re.search(r"(?<!\\)\\\\", tex) and r"\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    try:
        text = CONVERTER.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        plain = re.sub(r"\x1b\[[\d;]*m", "", str(error))
        raise ExtensionError(f"cannot typeset {tex!r}: {plain}") from error
    named = r"&(?!(?:lt|gt|amp);)\w+;"  # entities of HTML, unknown to XML
    formula = ElementTree.fromstring(re.sub(named, lambda m: unescape(m[0]), text))
    hold_fences(formula)
    make_room(formula)
    return "<wbr>".join(map(as_text, [formula] if display else lines(formula)))


def as_text(element):
    """Return an element as HTML."""
    return ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)


def hold_fences(formula):
    r"""Keep ``\Big)`` as large as it was asked for when an exponent stands on it.

    Chromium forgets the size of an operator that is the base of a script. Beside an
    empty identifier it is a base no longer, and keeps it.
    """
    for script in formula.iter():
        base = script[0] if script.tag in ("msup", "msub", "msubsup") else None
        if base is not None and base.tag == "mo" and "minsize" in base.attrib:
            script[0] = ElementTree.Element("mrow")
            script[0].extend([base, ElementTree.Element("mi")])


def make_room(formula):
    """Move what is raised beside an f out of its way: Chromium lets the two touch."""
    for script in formula.iter():
        if script.tag in ("msup", "msubsup") and script[0].text == "f":
            raised = ElementTree.Element("mrow")
            space = ElementTree.Element("mspace", width="0.12em")
            raised.extend([space, script[-1]])
            script[-1] = raised


def lines(formula):
    """Cut a long formula before its relations, since browsers break none."""
    parts = list(formula)
    if len(parts) < LONG:
        return [formula]
    pieces = [ElementTree.Element("math")]
    for part in parts:
        if part.tag == "mo" and part.text in RELATIONS and len(pieces[-1]):
            pieces.append(ElementTree.Element("math"))
            part.set("form", "infix")  # at the head of a piece it would be a prefix
        pieces[-1].append(part)
    return pieces


def visit_inline(writer, node):
    """Write a formula of the text."""
    start = writer.starttag(node, "span", "", CLASS=CLASSES)
    writer.body.append(f"{start}{mathml(node.astext())}</span>")
    raise nodes.SkipNode


def visit_block(writer, node):
    """Write a formula of its own."""
    tag = rf"\tag{{{node['number']}}}" if node["number"] else ""
    start = writer.starttag(node, "div", "", CLASS=CLASSES)
    writer.body.append(f"{start}{mathml(node.astext() + tag, True)}</div>\n")
    raise nodes.SkipNode


FORMULA = rf'<span class="{CLASSES}">(?:(?!</span>).)*</math></span>'
WITH_SIGNS = re.compile(rf"([(\[“‘]*)({FORMULA})([,.;:!?)\]’”]*)")


def with_signs(app, pagename, templatename, context, doctree):
    """Keep a formula on the line of its comma, from which browsers part it."""
    if "body" in context:
        context["body"] = WITH_SIGNS.sub(held, context["body"])


def held(match):
    """Return a short formula and the signs beside it as one word."""
    signs = match[1] or match[3]
    return (
        f'<span class="held">{match[0]}</span>'
        if signs and "<wbr>" not in match[2]
        else match[0]
    )


def style_where_needed(app, pagename, templatename, context, doctree):
    """Send the formulas' font to the pages that have some."""
    if doctree and next(doctree.findall(is_formula), None):
        app.add_css_file("formulas.css")


def is_formula(node):
    """Tell whether a node is one."""
    return isinstance(node, (nodes.math, nodes.math_block))


def font_with_style(app, error):
    """Put the font into its style sheet: a formula drawn without it would jump later.

    Chromium, moreover, does not stretch a brace anew when the font arrives.
    """
    sheet = Path(app.outdir) / "_static" / "formulas.css"
    if not error and sheet.exists():
        css = sheet.read_text(encoding="utf-8")
        sheet.write_text(re.sub(r'url\("(fonts/[^"]+)"\)', embedded, css), "utf-8")


def embedded(match):
    """Return a font as part of a style sheet."""
    font = b64encode((STATIC / match[1]).read_bytes()).decode()
    return f'url("data:font/woff2;base64,{font}")'


def setup(app):
    """Install the renderer and its style."""
    app.connect("html-page-context", style_where_needed)
    app.connect("html-page-context", with_signs)
    app.connect("build-finished", font_with_style)
    inline, block = (visit_inline, None), (visit_block, None)
    app.add_html_math_renderer("mathml", inline, block)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
