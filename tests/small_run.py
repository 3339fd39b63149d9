"""What the tests of a run share: its length, and what it leaves on disk."""

import json
import os
import signal

import torch

from wgan_lib.engine import directory, storage
from wgan_lib.engine.directory import read_metrics

RUN = {"steps": 9, "critic_steps": 2, "log_every": 1, "sample_every": 2, "checkpoint_every": 3}
INFINITE, NAN = float("inf"), float("nan")


def weights(network):
    return [p.detach().clone() for p in network.parameters()]


def equal(ones, others):
    return all(torch.equal(one, other) for one, other in zip(ones, others, strict=True))


def contents(out):
    """Return all that a run wrote, without what a clock had a hand in."""
    found = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file() and path.name != directory.LOCK):
        name = path.relative_to(out).as_posix()
        if name == "metrics.csv":
            found[name] = [[repr(x) for x in row.values()][:-1] for row in read_metrics(path)]
        elif path.suffix == ".safetensors":
            tensors, facts = storage.load(path)
            if "rows" in tensors:
                tensors["rows"] = tensors["rows"][:, :-1].clone()
            flat = {key: tensor.numpy().tobytes() for key, tensor in storage.flatten(tensors).items()}
            found[name] = flat, {key: value for key, value in facts.items() if key != "seconds"}
        elif name == "run.json":
            found[name] = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("seconds", "date")}
        else:
            found[name] = path.read_bytes()
    return found


def mark(out):
    """Return when the checkpoint was last written, or None."""
    try:
        return (out / "checkpoint.safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        return None


def poison(network):
    next(network.parameters()).data.fill_(NAN)


def stop_at(step):
    """Return a listener that presses Ctrl-C at `step`."""
    return lambda row: os.kill(os.getpid(), signal.SIGINT) if row["step"] == step else None
