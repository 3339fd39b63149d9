r"""Files that survive a crash: written whole or not at all, checked when read, never executed.

Everything is stored as safetensors: a table of named tensors and a table of strings.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

Tree = Mapping[
    Any, Any
]  # nested dictionaries with tensors at the leaves, as state_dict() makes them


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file so that, even after a power cut, the old content or the new is there."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        with open(draft, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # the file that is missed, not its draft
        raise
    finally:
        draft.unlink(missing_ok=True)


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """Return the content of a CSV file: a header, and a line for each row."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def save(path: Path, tensors: Tree, **facts: Any) -> None:
    """Write nested tensors and a few JSON facts to `path`, atomically and with a SHA-256."""
    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in flatten(tensors).items()}
    facts_json = json.dumps(facts)
    record = json.dumps({"facts": facts_json, "sha256": _digest(flat, facts_json)})
    # One entry, since their order is random
    write_atomically(path, safetensors.torch.save(flat, {"record": record}))


def load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `save` wrote: the nested tensors (keys are strings) and the facts.

    Raises
    ------
    OSError
        If there is no such file, or it may not be opened.
    ValueError
        If the file is truncated or altered.
    """
    data = path.read_bytes()  # once: a training may replace the file while it is read
    try:
        size = int.from_bytes(data[:8], "little")
        record = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["record"])
        flat = safetensors.torch.load(data)
        facts = record["facts"]
        intact = record["sha256"] == _digest(flat, facts)
    except Exception as error:
        raise ValueError(f"{path} cannot be read: it is truncated or altered ({error})") from error
    if not intact:
        raise ValueError(
            f"{path} is altered: its content does not have the SHA-256 that was stored with it"
        )
    return _unflatten(flat), json.loads(facts)


def halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return `weights` in half precision: enough to draw from, and half the size."""
    floats = {name: tensor.half() for name, tensor in weights.items() if tensor.is_floating_point()}
    return {**weights, **floats}


def flatten(tree: Tree, prefix: str = "") -> dict[str, Tensor]:
    """Return {"a/b": tensor} for {"a": {"b": tensor}}."""
    flat = {}
    for key, value in tree.items():
        flat |= (
            {f"{prefix}{key}": value}
            if isinstance(value, Tensor)
            else flatten(value, f"{prefix}{key}/")
        )
    return flat


def _unflatten(flat: Mapping[str, Tensor]) -> dict[str, Any]:
    """Undo `flatten`."""
    tree: dict[str, Any] = {}
    for name, tensor in flat.items():
        *branches, leaf = name.split("/")
        node = tree
        for branch in branches:
            node = node.setdefault(branch, {})
        node[leaf] = tensor
    return tree


def _digest(flat: Mapping[str, Tensor], facts: str) -> str:
    """Return the SHA-256 of names, shapes, values and facts."""
    sha = hashlib.sha256(facts.encode())
    for name in sorted(flat):
        sha.update(f"{name} {tuple(flat[name].shape)} {flat[name].dtype}".encode())
        sha.update(flat[name].reshape(-1).view(torch.uint8).numpy())
    return sha.hexdigest()
