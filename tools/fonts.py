"""Make the book's fonts: ``python tools/fonts.py FOLDER``, the folder of three unpacked npm packages.

They are Adobe's Source Serif, Sans and Code (npm pack source-serif@4.5.1 source-sans@3.52.0
source-code-pro@2.42.0), cut down to the characters that a book of this kind can need. Their licence keeps
the word Source for the uncut ones, so here they are Earth Serif, Earth Sans and Earth Mono. Needs brotli.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "ĄąĆćČčĘęĞğıŁłŃńŐőŒœŘřŚśŞşŠšŰűŹźŻżŽž"
GREEK = "".join(map(chr, range(0x391, 0x3CA))) + "ϑϕ"
SIGNS = "–—‘’‚“”„†‡•…‰′″‹›€‖‑⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉ᵀ←↑→↓↔∂∅∆∇∈∏∑−∘√∝∞∩∪∫≈≠≡≤≥⊂⋅⌈⌉⌊⌋◐●○◆▲▼✓✗\u0302\u0303\u0304"
TEXT, SHORT = LATIN + GREEK + SIGNS, LATIN + "–—‘’“”…"

# What it is made from, what it is called, its weight, what it can write.
FONTS = [
    ("source-serif/TTF/SourceSerif4-Regular", "Earth Serif", "Regular", TEXT),
    ("source-serif/TTF/SourceSerif4-It", "Earth Serif", "Italic", TEXT),
    ("source-serif/TTF/SourceSerif4-Semibold", "Earth Serif", "Semibold", TEXT),
    ("source-serif/TTF/SourceSerif4Display-Semibold", "Earth Serif Display", "Semibold", SHORT),
    ("source-sans/TTF/SourceSans3-Regular", "Earth Sans", "Regular", TEXT),
    ("source-sans/TTF/SourceSans3-Semibold", "Earth Sans", "Semibold", TEXT),
    ("source-code-pro/TTF/SourceCodePro-Regular", "Earth Mono", "Regular", TEXT + "─│╭╮╰╯┌┐└┘├┤█"),
]


def renamed(font, family, style):
    """Give a font its own name; its copyright and its licence stay as they are."""
    names = {
        1: family,
        2: style,
        3: f"{family} {style}",
        4: f"{family} {style}",
        6: f"{family}-{style}".replace(" ", ""),
    }
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
        elif record.nameID not in (0, 5, 13, 14):
            font["name"].removeNames(record.nameID)
    return font


def cut(path, characters):
    """Read a font and keep what the characters need: their kerning, their accents, figures of one width."""
    font = TTFont(path)
    options = Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "liga", "tnum", "lnum"]
    options.hinting, options.name_IDs = False, ["*"]
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    return font


def main(folder):
    """Write the page's fonts, and the one that Matplotlib draws with."""
    for source, family, style, characters in FONTS:
        name = f"{family}-{style}".replace(" ", "")
        font = renamed(cut(Path(folder) / f"{source}.ttf", characters), family, style)
        if name == "EarthSans-Regular":
            font.save(ROOT / "wgan_lib" / "fonts" / f"{name}.ttf")
        font.flavor = "woff2"
        font.save(ROOT / "book" / "_static" / "fonts" / f"{name}.woff2")


if __name__ == "__main__":
    main(sys.argv[1])
