"""Pack the built book into one file whose bytes depend on nothing but the book's: ``python tools/pack.py``.

It opens with index.html, without a network. Times and modes are fixed, names sorted.
"""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
NAME = "wasserstein-gans-computed"


def pack(folder, path):
    """Write the files of `folder`, below one folder of the book's name, to the zip file `path`."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != ".buildinfo")
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files:
            entry = ZipInfo(f"{NAME}/{file.relative_to(folder).as_posix()}", (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.read_bytes())


if __name__ == "__main__":
    target = ROOT / "_build" / f"{NAME}.zip"
    pack(HTML, target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB")
