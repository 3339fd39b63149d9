"""Make the font of the formulas: ``python tools/math_font.py texgyretermes-math.otf``.

TeX Gyre Termes Math (Debian's fonts-texgyre-math) is cut to the signs that a book of this kind can need, and
carries another name, as its licence asks. Display integrals are taken one size larger. Needs brotli.
"""

import sys

from fonts import ROOT, renamed
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FOLDER = ROOT / "book" / "_static" / "fonts"
SIGNS = "¬¯±·×÷ıȷˆ˙˜̸̂̃̄̇̈̌–—‖‘’“”†…′″‴⁄ℂℇℎℐℒℓℕℙℚℝℤ←↑→↓↔↦⇐⇒⇔⟵⟶⟷⟸⟹⟺⟼∀∂∃∅∇∈∉∋∏∑−∓∕∗∘√∝∞∣∥∧∨∩∪∫∬∼≃≅≈≠≡≤≥≪≫⊂⊃⊆⊇⊕⊗⊤⊥⋅⋮⋯⋰⋱⌈⌉⌊⌋⏞⏟□⟨⟩"
# Printable ASCII, Greek, invisible operators; then italic, script and double-struck letters, and italic Greek.
RANGES = [(0x20, 0x7F), (0xA0, 0xA1), (0x391, 0x3D2), (0x3D5, 0x3D7), (0x3F0, 0x3F6), (0x2061, 0x2065)]
RANGES += [(0x1D434, 0x1D468), (0x1D49C, 0x1D4B6), (0x1D538, 0x1D551), (0x1D6A4, 0x1D6A6), (0x1D6E2, 0x1D71C)]


def main(path):
    """Write the cut font."""
    font = TTFont(path)
    options = Options()
    options.layout_features = ["dtls", "flac"]  # a second drawing of each sign for scripts would double the font
    options.hinting, options.desubroutinize = False, True
    options.name_IDs, options.drop_tables = ["*"], [*options.drop_tables, "FFTM"]
    subsetter = Subsetter(options)
    subsetter.populate(text=SIGNS, unicodes=[code for begin, end in RANGES for code in range(begin, end)])
    subsetter.subset(font)
    font["MATH"].table.MathConstants.DisplayOperatorMinHeight = 1900
    renamed(font, "Earth Math", "Regular").flavor = "woff2"
    font.save(FOLDER / "EarthMath-Regular.woff2")


if __name__ == "__main__":
    main(sys.argv[1])
