"""What is kept of a run is whole, small, and never written over another."""

import errno
import json
import os
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from wgan_lib import runs
from wgan_lib.engine import storage
from wgan_lib.experiments import keep_run
from wgan_lib.training import Trainer

LENGTH = {"steps": 6, "log_every": 2, "sample_every": 3, "checkpoint_every": 6}


@pytest.fixture
def run(small, images, tmp_path):
    """Return a finished run, which wrote to tmp_path/run."""
    Trainer(small(out=tmp_path / "run", seed=5, **LENGTH), images).run()
    return runs.load(tmp_path / "run")


def test_a_record_holds_what_readers_need_in_half_the_bytes(run, tmp_path):
    record = keep_run.record(run.path, tmp_path / "kept" / "mine")
    names = {path.name for path in record.path.iterdir()}
    assert names == {"config.json", "metrics.csv", "samples.gif", "run.json", "samples.png", "generator.safetensors"}
    for name in keep_run.COPIED_FILES:
        assert (record.path / name).read_bytes() == (run.path / name).read_bytes()
    for name, values in run.metrics.items():
        np.testing.assert_allclose(record.metrics[name], values, rtol=5e-6)
    assert Image.open(record.path / "samples.png").tobytes() == Image.open(run.path / "samples/00000006.png").tobytes()
    tensors, facts = storage.load(record.path / "generator.safetensors")
    assert facts == {"step": 6, "config": json.loads(json.dumps(run.config.identity()))}
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16, torch.int64}


def test_quality_is_kept_where_there_is_any(run, tmp_path):
    (run.path / "quality.csv").write_text("step,fid\n3,2.5\n6,1.25\n")
    record = keep_run.record(run.path, tmp_path / "kept")
    assert record.quality["step"].tolist() == [3, 6] and record.quality["fid"].tolist() == [2.5, 1.25]


def test_a_recorded_generator_draws_nearly_the_same_images(run, tmp_path):
    record = keep_run.record(run.path, tmp_path / "kept")
    torch.testing.assert_close(record.generate(9, seed=0), run.generate(9, seed=0), rtol=0, atol=5e-3)


def test_nothing_is_recorded_over(run, tmp_path):
    one = keep_run.record(run.path, tmp_path / "kept")
    before = {path: path.read_bytes() for path in (*run.path.rglob("*"), *one.path.rglob("*")) if path.is_file()}
    (tmp_path / "file").write_text("mine")
    for taken in (one.path, run.path, tmp_path / "file"):
        with pytest.raises(ValueError, match=f"destination = '{taken}': something is here already"):
            keep_run.record(run.path, taken)
    assert {path: path.read_bytes() for path in before} == before
    (tmp_path / "empty").mkdir()
    assert keep_run.record(run.path, tmp_path / "empty").metrics.keys() == run.metrics.keys()


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("survived", range(7))
def test_a_disk_that_is_full_leaves_nothing_half_recorded(run, tmp_path, monkeypatch, call, survived):
    real, calls = getattr(os, call), iter(range(survived))

    def full(*args):
        if next(calls, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args)

    count = 6  # files; the seventh is moved with its directory
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        if survived < count:
            with pytest.raises(OSError, match=r"kept cannot be written: No space left on device; nothing was kept"):
                keep_run.record(run.path, tmp_path / "kept")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    (tmp_path / ".kept.draft").mkdir()
    (tmp_path / ".kept.draft" / "half").write_text("what a kill left")
    record = keep_run.record(run.path, tmp_path / "kept")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "run"]
    assert len(list(record.path.iterdir())) == count


def test_what_is_not_finished_is_not_recorded(small, images, tmp_path):
    def stop(row):
        if row["step"] == 2:
            signal.raise_signal(signal.SIGINT)

    def is_refused():
        with pytest.raises(ValueError, match=r"run is not finished: it has not made its 6 steps"):
            keep_run.record(tmp_path / "run", tmp_path / "kept")
        return not (tmp_path / "kept").exists()

    trainer = Trainer(small(out=tmp_path / "run", **LENGTH), images)
    assert is_refused()
    trainer.run(on_log=stop)
    assert trainer.steps_done == 2 and is_refused()
