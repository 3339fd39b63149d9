"""A run's directory survives everything, and holds what an undisturbed run would have left there."""

import dataclasses
import errno
import json
import multiprocessing
import os
import random
import re
import signal
import time
from contextlib import contextmanager

import filelock
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from small_run import RUN, contents, equal, mark, stop_at, weights

from wgan_lib import training
from wgan_lib.engine import directory, storage
from wgan_lib.engine.directory import read_metrics
from wgan_lib.settings import PRESETS
from wgan_lib.training import Config, Trainer, preset


def test_a_run_is_never_resumed_to_fewer_steps_than_it_has_made(small, images, tmp_path):
    Trainer(small(out=tmp_path, **RUN), images).run()
    before = (tmp_path / "config.json").read_bytes()
    with pytest.raises(ValueError, match=r"steps = 1: the run in .* has made"):
        Trainer(small(out=tmp_path, **RUN | {"steps": 1, "resume": True}), images)
    assert (tmp_path / "config.json").read_bytes() == before


def test_a_run_under_way_can_be_sampled(small, images, tmp_path):
    from wgan_lib import runs

    def look(row):
        if row["step"] == 8:
            drawn.append(runs.load(tmp_path).generate(2, seed=0))

    drawn = []
    Trainer(small(out=tmp_path, **RUN), images).run(on_log=look)
    assert drawn[0].shape == (2, 1, 28, 28)


@pytest.mark.parametrize("content", ["{", "[]", '{"colour": "red"}'])
def test_settings_that_cannot_be_read_are_named(small, images, tmp_path, content):
    Trainer(small(out=tmp_path, **RUN), images).run()
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config.json does not hold the settings of a run"):
        Trainer(small(out=tmp_path, **RUN | {"resume": True}), images)


def test_without_a_directory_nothing_is_written(small, images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = Trainer(small(steps=4, log_every=2), images).run()
    assert [row["step"] for row in rows] == [2, 4]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_trains_and_resumes(small, name, images, tmp_path):
    config = small(name, batch_size=8, steps=6, log_every=1, checkpoint_every=3, out=tmp_path)
    rows = Trainer(config, images).run(
        on_log=lambda row: os.kill(os.getpid(), signal.SIGINT) if row["step"] == 3 else 0
    )
    again = Trainer(dataclasses.replace(config, resume=True), images)
    assert again.steps_done == 3
    np.testing.assert_equal(again.rows, rows)
    whole = Trainer(dataclasses.replace(config, out=None), images)
    again.run(), whole.run()
    assert equal(weights(again.generator) + weights(again.critic), weights(whole.generator) + weights(whole.critic))


def test_a_run_whose_rates_fall_is_not_made_longer(small, images, tmp_path):
    Trainer(small(out=tmp_path, anneal=True, **RUN), images).run()
    with pytest.raises(ValueError, match=r"steps = 20: the run to resume has 9"):
        Trainer(small(out=tmp_path, anneal=True, resume=True, **RUN | {"steps": 20}), images)


@pytest.mark.parametrize("stop", [3, 4])
def test_average_falling_rates_and_half_precision_resume_to_the_same_bits(small, images, tmp_path, stop):
    options = {"average": 0.9, "anneal": True, "precision": "bfloat16"} | RUN
    for out, interrupt in (("whole", None), ("stopped", stop)):
        Trainer(small(out=tmp_path / out, **options), images).run(
            on_log=lambda row, at=interrupt: os.kill(os.getpid(), signal.SIGINT) if row["step"] == at else None
        )
    Trainer(small(out=tmp_path / "stopped", resume=True, **options), images).run()
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_a_run_leaves_everything_that_a_reader_needs(whole):
    steps = [f"{step:08d}" for step in (2, 4, 6, 8, 9)]
    grids = [f"samples/{step}.png" for step in steps] + [f"snapshots/{step}.safetensors" for step in steps]
    files = {"config.json", "metrics.csv", "samples.gif", "generator.safetensors", "checkpoint.safetensors", "run.json"}
    assert set(whole) == files | set(grids)
    assert len(whole["metrics.csv"]) == 9
    assert whole["run.json"]["steps"] == 9


def test_the_metrics_have_their_columns_and_the_gif_a_frame_for_each_grid(small, images, tmp_path):
    trainer = Trainer(small(out=tmp_path, learning_rate=0.02, **RUN), images)  # fast, so that no two grids are equal
    rows = trainer.run()
    header = (tmp_path / "metrics.csv").read_text().splitlines()[0]
    assert header == "step,critic_loss,generator_loss,w_estimate,js_estimate,validation_estimate,images_per_second"
    np.testing.assert_equal(read_metrics(tmp_path / "metrics.csv"), rows)
    grid, film = Image.open(tmp_path / "samples" / "00000009.png"), Image.open(tmp_path / "samples.gif")
    assert grid.size == film.size == (291, 291) and film.n_frames == 5
    assert "hardware" in json.loads((tmp_path / "run.json").read_text())
    stored, _ = storage.load(tmp_path / "generator.safetensors")
    torch.testing.assert_close(stored, dict(trainer.generator.state_dict()), rtol=0, atol=0)


def test_a_bystander_always_finds_whole_files(small, images, tmp_path, monkeypatch):
    replace, seen = os.replace, []

    def look_then_replace(draft, target):
        seen.append(target.name)
        contents(tmp_path)
        replace(draft, target)

    monkeypatch.setattr(storage.os, "replace", look_then_replace)
    Trainer(small(out=tmp_path, **RUN), images).run()
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()} - {directory.LOCK}
    assert names == set(seen), "every file goes that way"


# Interrupted


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def dying(monkeypatch):
    """Return a context in which the process dies after so many writes; it gives the names of the files written."""

    @contextmanager
    def after(survived):
        write, written = storage.write_atomically, []

        def write_or_die(path, content):
            if len(written) == survived:
                raise Killed
            write(path, content)
            written.append(path.name)

        with monkeypatch.context() as patch:
            patch.setattr(storage, "write_atomically", write_or_die)
            yield written

    return after


WRITES = 22  # config; five grids and as many snapshots; three times checkpoint, generator, metrics; gif, run.json


def test_the_writes_of_a_run_are_as_many_as_are_tried_below(small, images, tmp_path, dying):
    with dying(after := 1000) as written:
        Trainer(small(out=tmp_path, **RUN), images).run()
    assert len(written) == WRITES < after
    first = {name: written.index(name) for name in written}
    assert first["checkpoint.safetensors"] < min(first["generator.safetensors"], first["metrics.csv"])
    assert written[-1] == "run.json", "which says that all is there"


@pytest.mark.parametrize("survived", range(WRITES))
def test_a_run_killed_between_any_two_writes_resumes_to_the_same_bits(small, images, tmp_path, dying, whole, survived):
    with dying(survived), pytest.raises(Killed):
        Trainer(small(out=tmp_path, **RUN), images).run()
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


@pytest.mark.parametrize("survived", [4, 15, 18, 19, 20, 21])
def test_a_run_killed_again_at_any_write_while_it_was_resumed_ends_with_the_same_bits(
    small, images, tmp_path, dying, whole, survived
):
    with dying(survived), pytest.raises(Killed):
        Trainer(small(out=tmp_path, **RUN), images).run()
    for again in range(WRITES):
        try:
            with dying(again):
                Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
            break
        except Killed:
            pass
    assert contents(tmp_path) == whole


def test_resuming_a_finished_run_changes_nothing(small, images, tmp_path, whole):
    Trainer(small(out=tmp_path, **RUN), images).run()
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


def test_an_interrupted_runs_film_ends_at_its_step_though_a_later_grid_was_left_by_a_kill(small, images, tmp_path):
    fast = {"out": tmp_path, "learning_rate": 0.02}
    Trainer(small(**fast, **RUN), images).run()
    Image.new("L", (291, 291)).save(tmp_path / "samples" / "00000012.png")
    longer = small(resume=True, **fast, **RUN | {"steps": 20})
    Trainer(longer, images).run(on_log=lambda row: os.kill(os.getpid(), signal.SIGINT))
    assert Image.open(tmp_path / "samples.gif").n_frames == 5, "2, 4, 6, 8 and, where it stopped, 10; no more 9"


@pytest.mark.parametrize("steps", [9, 10], ids=["off the beat", "on it"])
def test_a_finished_run_that_is_made_longer_is_as_if_it_had_been_meant_so(small, images, tmp_path, steps):
    for out, lengths in (("whole", [20]), ("longer", [steps, 20])):
        for length in lengths:
            config = small(out=tmp_path / out, resume=True, **RUN | {"steps": length})
            Trainer(config, images).run()
    assert contents(tmp_path / "longer") == contents(tmp_path / "whole")


def test_a_film_has_at_most_twenty_frames_from_the_first_grid_to_the_last(tmp_path):
    grids = [np.full((8, 8), 17 * (k % 15), np.uint8) for k in range(50)]
    grids[0][:], grids[49][:] = 255, 219
    for k, grid in enumerate(grids):
        (tmp_path / f"{k:02d}.png").write_bytes(directory.png(grid))
    (tmp_path / "film.gif").write_bytes(directory.gif(sorted(tmp_path.glob("*.png"))))
    film = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(Image.open(tmp_path / "film.gif"))]
    assert len(film) == 20
    assert (film[0] == 255).all() and (film[-1] == 219).all()


def test_a_picture_has_sixteen_greys_each_within_half_a_step_of_its_pixel(tmp_path):
    grid = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (tmp_path / "grid.png").write_bytes(directory.png(grid))
    kept = np.array(Image.open(tmp_path / "grid.png").convert("L")).astype(int)
    assert len(np.unique(kept)) == 16 and np.abs(kept - grid).max() <= 8


LONG = RUN | {"steps": 60, "sample_every": 20}


def train_in_a_process(out, images, steps=LONG["steps"]):
    torch.set_num_threads(1)
    small = {"width": 2, "latent_dim": 4, "batch_size": 4, "device": "cpu"}
    config = preset("wgan-gp-conv", out=out, resume=True, **small | LONG | {"steps": steps})
    Trainer(config, torch.from_numpy(images)).run()


def test_kill_9_at_random_moments_and_resume_gives_the_same_bits(images, tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["wgan_lib.training", "torch._dynamo"])  # seconds, for each child
    dice, out, kills = random.Random(0), tmp_path / "killed", 0

    def start(out):
        process = processes.Process(target=train_in_a_process, args=(out, images.numpy()))
        process.start()
        return process

    undisturbed = start(tmp_path / "whole")
    undisturbed.join()
    assert undisturbed.exitcode == 0
    for _ in range(8):
        process, before = start(out), mark(out)
        while process.is_alive() and mark(out) == before:
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.15))
        process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
    last = start(out)
    last.join()
    assert kills > 0 and last.exitcode == 0
    droppings = [path for path in out.iterdir() if path.name.startswith(".")]
    for path in droppings:  # the draft that a kill cut short
        path.unlink()
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_is_full_leaves_the_last_checkpoint(small, images, tmp_path, monkeypatch, whole, call):
    real = getattr(os, call)

    def full_from_step_6(*args):
        if trainer.steps_done >= 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*args)

    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(storage.os, call, full_from_step_6)
        trainer.run()
    assert storage.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3
    assert not list(tmp_path.rglob("*.draft")), "no half-written draft stays"
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


# Refusals: each before work starts, and with nothing on disk changed


@pytest.fixture
def begun(small, images, tmp_path):
    """Return a function that makes a Trainer in a directory that holds a run of three steps."""
    Trainer(small(out=tmp_path, **RUN | {"steps": 3}), images).run()

    def trainer(**changes):
        return Trainer(small(**{"out": tmp_path} | RUN | changes), images)

    before = contents(tmp_path)
    yield trainer
    if (tmp_path / "checkpoint.safetensors").stat().st_size == 0:
        return
    assert contents(tmp_path) == before


def test_a_directory_that_holds_a_run_is_not_overwritten(begun, tmp_path):
    with pytest.raises(ValueError, match=f"out = '{tmp_path}': this directory already holds a run"):
        begun()


OTHER = {
    "objective": "minimax", "latent_dim": 5, "width": 3, "batch_size": 5, "critic_steps": 3, "optimizer": "rmsprop",
    "learning_rate": 2e-4, "betas": (0.5, 0.9), "clip": 0.1, "penalty": 1.0, "one_sided": True, "seed": 1,
    "train_images": 50, "average": 0.5, "anneal": True, "precision": "bfloat16",
    "dataset": "fashion-mnist", "conditioning": "concatenation",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
def test_a_run_is_not_resumed_with_another_setting(begun, name):
    with pytest.raises(ValueError, match=f"^{name} = .*the run to resume has .*use that or another `out`"):
        begun(resume=True, **{"clip": {"penalty": None}}.get(name, {}), **{name: OTHER[name]})


def test_every_setting_decides_the_run_or_is_bookkeeping():
    free = {"name", "steps", "device", "engine", "log_every", "sample_every", "checkpoint_every", "tensorboard",
            "data", "out", "resume"}  # fmt: skip
    settings = {field.name for field in dataclasses.fields(Config)}
    assert set(Config().identity()) == settings - free == set(OTHER) | {"network", "batch_norm"}
    assert set(Config(anneal=True).identity()) == settings - free | {"steps"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory, images):
    """Return the directory of a finished run, and the content of its checkpoint."""
    out = tmp_path_factory.mktemp("sound")
    Trainer(preset("wgan-gp-conv", width=2, latent_dim=4, batch_size=4, device="cpu", out=out, **RUN), images).run()
    return out, (out / "checkpoint.safetensors").read_bytes()


DAMAGES = [("truncated", place) for place in (0, 0.0001, 0.001, 0.05, 0.3, 0.7, 0.999)]


DAMAGES += [("flipped", place) for place in (0, 0.0002, 0.001, 0.02, 0.2, 0.4, 0.6, 0.8, 0.9999)]


@pytest.mark.parametrize(("damage", "place"), DAMAGES)
def test_a_damaged_checkpoint_is_named_and_nothing_is_touched(small, images, sound, damage, place):
    out, content = sound
    at, bit = int(place * len(content)), 1 << int(10 * place) % 8
    damaged = content[:at] if damage == "truncated" else content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :]
    (out / "checkpoint.safetensors").write_bytes(damaged)
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    with pytest.raises(ValueError, match=r"checkpoint.safetensors .*altered"):
        Trainer(small(out=out, resume=True, **RUN), images)
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    (out / "checkpoint.safetensors").write_bytes(content)
    assert Trainer(small(out=out, resume=True, **RUN), images).steps_done == 9


def test_a_checkpoint_of_another_configuration_is_refused_though_the_settings_were_swapped(small, images, tmp_path):
    for seed in (0, 1):
        Trainer(small(out=tmp_path / str(seed), seed=seed, **RUN | {"steps": 3}), images).run()
    os.replace(tmp_path / "1" / "checkpoint.safetensors", tmp_path / "0" / "checkpoint.safetensors")
    with pytest.raises(ValueError, match=r"seed = 0: the run to resume has 1 .*checkpoint.safetensors"):
        Trainer(small(out=tmp_path / "0", resume=True, **RUN), images)


def test_data_that_is_missing_leaves_the_directory_free_for_the_next_try(small, images, tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(FileNotFoundError, match="no train-images-idx3-ubyte.gz"):
        Trainer(small(out=tmp_path / "run", data=tmp_path / "nothing"))
    Trainer(small(out=tmp_path / "run", steps=1), images).run()


def test_a_run_that_was_never_begun_is_begun(small, images, tmp_path, whole):
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


def test_a_run_can_be_made_longer_and_logged_less_often(small, images, tmp_path):
    Trainer(small(out=tmp_path, **RUN | {"steps": 3}), images).run()
    changed = {"steps": 12, "log_every": 2, "sample_every": 5, "checkpoint_every": 4, "name": "mine"}
    rows = Trainer(small(out=tmp_path, resume=True, **RUN | changed), images).run()
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 6, 8, 10, 12]
    assert [int(path.stem) for path in sorted(tmp_path.glob("samples/*.png"))] == [2, 5, 10, 12]
    assert json.loads((tmp_path / "config.json").read_text()).items() >= changed.items()
    assert storage.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 12


def test_a_directory_is_used_by_one_process_at_a_time_and_free_when_that_was_killed(small, images, tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["wgan_lib.training", "torch._dynamo"])
    out = tmp_path / "run"
    other = processes.Process(target=train_in_a_process, args=(out, images.numpy(), 10**6))
    other.start()
    while mark(out) is None:
        assert other.is_alive()
        time.sleep(0.005)
    settings = (out / "config.json").read_bytes()
    with pytest.raises(ValueError, match=f"out = '{out}': another process, .* is training in this directory"):
        Trainer(small(out=out, resume=True, **LONG | {"steps": 10**6}), images)
    assert (out / "config.json").read_bytes() == settings and other.is_alive()
    other.kill()
    other.join()
    Trainer(small(out=out, resume=True, **LONG | {"steps": 10**6}), images)


def test_a_directory_is_held_from_opening_to_the_end_of_the_run(small, images, tmp_path):
    first = Trainer(small(out=tmp_path, **RUN), images)
    config = small(out=tmp_path, resume=True, **RUN)
    for _ in range(2):
        with pytest.raises(ValueError, match="another Trainer of this one, is training in this directory"):
            Trainer(config, images)
    first.run()
    assert Trainer(config, images).steps_done == 9, "free again, though the first is still there"


def test_a_trainer_that_is_gone_leaves_its_directory_to_others(small, images, tmp_path, whole):
    Trainer(small(out=tmp_path, resume=True, **RUN), images)
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


def test_a_run_that_was_stopped_goes_on_when_it_is_run_again_but_not_past_another(small, images, tmp_path, whole):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    trainer.run(on_log=stop_at(2))
    trainer.run(on_log=stop_at(4))
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    with pytest.raises(ValueError, match="this run was continued elsewhere; resume it from there"):
        trainer.run()
    assert contents(tmp_path) == whole


def test_a_file_system_without_locks_is_trained_on_without_one(small, images, tmp_path, monkeypatch):
    def no_locks(self):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "_acquire", no_locks)
    assert len(Trainer(small(out=tmp_path, **RUN), images).run()) == 9


def test_a_directory_that_cannot_be_written_to_is_named(small, images, tmp_path, monkeypatch):
    def read_only(self):
        raise OSError(errno.EROFS, "Read-only file system", str(tmp_path / ".lock"))

    monkeypatch.setattr(filelock.FileLock, "_acquire", read_only)
    with pytest.raises(OSError, match=f"^{tmp_path}/.lock cannot be written: Read-only file system. See that"):
        Trainer(small(out=tmp_path, **RUN), images)


def test_a_directory_whose_place_is_taken_by_a_file_is_named(small, images, tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(OSError, match=f"^{tmp_path}/run cannot be written: File exists"):
        Trainer(small(out=tmp_path / "run", **RUN), images)
    assert (tmp_path / "run").read_text() == "mine"


def test_a_run_that_is_older_than_a_setting_is_resumed_with_its_default(small, images, tmp_path, whole):
    Trainer(small(out=tmp_path, **RUN | {"steps": 3}), images).run()
    stored = json.loads((tmp_path / "config.json").read_text())
    for young in ("average", "anneal", "precision", "engine"):
        del stored[young]
    (tmp_path / "config.json").write_text(json.dumps(stored))
    tensors, facts = storage.load(tmp_path / "checkpoint.safetensors")
    facts["config"] = {name: value for name, value in facts["config"].items() if name in stored}
    storage.save(tmp_path / "checkpoint.safetensors", tensors, **facts)
    with pytest.raises(ValueError, match=r"average = 0.5: the run to resume has 0.0"):
        Trainer(small(out=tmp_path, resume=True, average=0.5, **RUN), images)
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert set(contents(tmp_path)) >= {"metrics.csv", "run.json"}
    assert contents(tmp_path)["checkpoint.safetensors"] == whole["checkpoint.safetensors"]


# Faults of files, each of which must leave the run as it was, and say what to do


def spare(out):
    """Return the content of every file, to be held against what is there later."""
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != directory.LOCK}


@pytest.fixture
def finished(small, images, tmp_path):
    """Return a function that makes a Trainer, which resumes, in the directory of a finished run."""
    Trainer(small(out=tmp_path, **RUN), images).run()
    return lambda **changes: Trainer(small(**{"out": tmp_path, "resume": True} | RUN | changes), images)


@pytest.mark.parametrize("kept", directory.RESULTS)
def test_results_without_a_checkpoint_are_not_resumed_over(finished, tmp_path, kept):
    for name in {"checkpoint.safetensors", *directory.RESULTS} - {kept}:
        (tmp_path / name).unlink()
    before = spare(tmp_path)
    with pytest.raises(ValueError, match=rf"there is no checkpoint.safetensors to resume from.*overwrite {kept}; put"):
        finished(steps=12)
    assert spare(tmp_path) == before


@pytest.mark.parametrize("kept", ["samples/00000002.png", "snapshots/00000002.safetensors", "checkpoint.safetensors"])
def test_what_is_left_of_a_run_is_not_begun_over_though_its_settings_are_gone(finished, tmp_path, kept):
    for path in spare(tmp_path):
        if path != tmp_path / kept:
            path.unlink()
    before = spare(tmp_path)
    with pytest.raises(ValueError, match="this directory already holds a run"):
        finished(resume=False)
    assert spare(tmp_path) == before


def test_a_run_whose_first_step_failed_blocks_its_directory_for_nobody(small, images, tmp_path, monkeypatch, whole):
    for resume in (False, True):
        with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="no memory"):
            patch.setattr(training, "critic_step", lambda *args, **options: 1 / 0)
            patch.setattr(Trainer, "step", lambda self: (_ for _ in ()).throw(RuntimeError("no memory")))
            Trainer(small(out=tmp_path, resume=resume, **RUN | {"critic_steps": 3}), images).run()
    Trainer(small(out=tmp_path, **RUN), images).run()
    assert contents(tmp_path) == whole


BROKEN = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:60]),
    "flipped": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 4]) + path.read_bytes()[1:]),
    "flipped later": lambda path: path.write_bytes(path.read_bytes()[:50] + b"?" + path.read_bytes()[51:]),
    "another file": lambda path: path.write_text("notes"),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", BROKEN)
@pytest.mark.parametrize("step", [2, 6])
def test_a_broken_picture_keeps_no_checkpoint_from_being_written(small, images, tmp_path, whole, damage, step):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    trainer.run(on_log=stop_at(6))
    BROKEN[damage](tmp_path / "samples" / f"{step:08d}.png")
    (tmp_path / "samples" / "my notes.png").write_text("notes")
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    (tmp_path / "samples" / "my notes.png").unlink()
    found = contents(tmp_path)
    own = {f"samples/{step:08d}.png", "samples.gif"} if step == 2 else set()  # that of the checkpoint is drawn again
    assert {name for name in whole if found.get(name) != whole[name]} <= own


def test_a_film_leaves_out_what_is_broken_and_what_has_another_size(tmp_path):
    for k, size in enumerate((8, 8, 9, 8)):
        (tmp_path / f"{k}.png").write_bytes(directory.png(np.full((size, size), 80 * k, np.uint8)))
    (tmp_path / "1.png").write_bytes(b"")
    paths = sorted(tmp_path.glob("*.png"))
    (tmp_path / "film.gif").write_bytes(directory.gif(paths))
    assert Image.open(tmp_path / "film.gif").n_frames == 2
    assert directory.gif(paths[1:2]) is None


@pytest.mark.parametrize("damage", [*BROKEN, "doubled", "another seed's", "shorter"])
def test_metrics_that_were_altered_are_written_anew_from_the_checkpoint(small, images, tmp_path, capsys, whole, damage):
    path, other = tmp_path / "run" / "metrics.csv", tmp_path / "other"
    Trainer(small(out=tmp_path / "run", **RUN), images).run(on_log=stop_at(6))
    text = path.read_text()
    if damage == "doubled":
        path.write_text(text + "".join(text.splitlines(keepends=True)[1:]))
    elif damage == "another seed's":
        Trainer(small(out=other, seed=1, **RUN), images).run(on_log=stop_at(6))
        path.write_bytes((other / "metrics.csv").read_bytes())
    elif damage == "shorter":
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    else:
        BROKEN[damage](path)
    capsys.readouterr()
    trainer = Trainer(small(out=tmp_path / "run", resume=True, **RUN), images)
    said = capsys.readouterr().out
    told = damage not in ("emptied", "gone", "shorter", "cut")  # as a kill might leave it
    assert (f"{path} was altered since it was written; it is written anew" in said) == told
    assert path.read_bytes().decode() == directory.metrics_text(trainer.rows), "before the first step"
    trainer.run()
    assert contents(tmp_path / "run") == whole


@pytest.mark.parametrize("lost", ["rows", "rng", "critic_optimizer", "generator_optimizer", "generator", "critic",
                                  "averaged", "generator_loss"])  # fmt: skip
def test_a_checkpoint_that_lacks_something_is_refused_and_named(small, images, tmp_path, lost):
    config = small(out=tmp_path, average=0.9, **RUN)
    Trainer(config, images).run()
    tensors, facts = storage.load(tmp_path / "checkpoint.safetensors")
    del tensors[lost]
    storage.save(tmp_path / "checkpoint.safetensors", tensors, **facts)
    before = spare(tmp_path)
    with pytest.raises(ValueError, match="checkpoint.safetensors is intact, but not what this version of wgan_lib"):
        Trainer(dataclasses.replace(config, resume=True), images)
    assert spare(tmp_path) == before


@pytest.mark.parametrize("lost", ["step", "seconds", "device", "config", "made_on"])
def test_a_checkpoint_that_lacks_a_fact_is_refused_and_named(finished, tmp_path, lost):
    tensors, facts = storage.load(tmp_path / "checkpoint.safetensors")
    storage.save(tmp_path / "checkpoint.safetensors", tensors, **{k: v for k, v in facts.items() if k != lost})
    with pytest.raises(ValueError, match=rf"\('{lost}' is missing\); use it with the run and the version"):
        finished()


@pytest.mark.parametrize("part", ["exp_avg", "exp_avg_sq", "step", "a moment's shape", "a weight's shape"])
def test_a_checkpoint_whose_parts_do_not_fit_is_refused_before_the_first_step(finished, tmp_path, part):
    tensors, facts = storage.load(tmp_path / "checkpoint.safetensors")
    if part == "a weight's shape":
        tensors["critic"]["0.weight"] = torch.zeros(3)
    elif part == "a moment's shape":
        tensors["critic_optimizer"]["0"]["exp_avg"] = torch.zeros(3)
    else:
        del tensors["critic_optimizer"]["1"][part]
    storage.save(tmp_path / "checkpoint.safetensors", tensors, **facts)
    with pytest.raises(ValueError, match="is intact, but not what this version of wgan_lib expects"):
        finished()


@pytest.mark.parametrize(("call", "number", "remedy"), [
    ("replace", errno.ENOSPC, "Make room on the disk"), ("fsync", errno.EDQUOT, "Make room within your quota"),
    ("replace", errno.EROFS, "See that the directory is there and can be written to"),
])  # fmt: skip
def test_a_file_that_cannot_be_written_is_named_with_the_remedy_and_what_is_safe(
    small, images, tmp_path, monkeypatch, call, number, remedy
):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    trainer = Trainer(small(out=tmp_path, **RUN), images)
    for step, safe in ((2, "then begin again."), (6, "the last checkpoint is intact, and --resume goes on from it.")):
        name = {2: "snapshots/00000002.safetensors", 6: "checkpoint.safetensors"}[step]
        with monkeypatch.context() as patch, pytest.raises(OSError) as error:
            trainer.run(on_log=lambda row, step=step: patch.setattr(os, call, fail) if row["step"] == step else None)
        assert str(error.value) == f"{tmp_path / name} cannot be written: {os.strerror(number)}. {remedy}; {safe}"
        assert error.value.errno == number


def test_a_run_that_goes_on_with_other_threads_says_so_in_one_line(finished, tmp_path, capsys):
    capsys.readouterr()
    finished()
    assert capsys.readouterr().out == ""
    torch.set_num_threads(2)
    try:
        finished()
    finally:
        torch.set_num_threads(1)
    said = capsys.readouterr().out
    assert re.fullmatch(r"Note: this run was made on .*, 1 thread, torch .*, and goes on on .*, 2 threads, torch .*: "
                        r"its last digits will not be those of an uninterrupted run\.\n", said)  # fmt: skip


def test_snapshots_are_in_half_precision_and_say_whose_they_are(small, images, tmp_path):
    trainer = Trainer(small(out=tmp_path, average=0.5, **RUN), images)
    trainer.run()
    tensors, facts = storage.load(tmp_path / "snapshots" / "00000009.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16, torch.int64}
    for name, tensor in trainer.averaged.state_dict().items():
        torch.testing.assert_close(tensors[name].to(tensor.dtype), tensor, rtol=1e-3, atol=1e-4)
    expected = {"step": 9, "config": json.loads(json.dumps(trainer.config.identity()))}
    assert facts == storage.load(tmp_path / "generator.safetensors")[1] == expected


def test_what_a_finished_run_says_of_itself_stays_as_it_is(finished, tmp_path):
    facts = json.loads((tmp_path / "run.json").read_text()) | {"date": "2001-01-01", "hardware": "another machine"}
    (tmp_path / "run.json").write_text(json.dumps(facts))
    finished().run()
    assert json.loads((tmp_path / "run.json").read_text()) == facts


def test_a_run_that_is_resumed_half_way_does_not_say_that_it_is_done(small, images, tmp_path):
    config = small(out=tmp_path, **RUN)
    Trainer(config, images).run(on_log=stop_at(4))
    for name in ("run.json", "samples.gif"):
        (tmp_path / name).unlink()
    Trainer(dataclasses.replace(config, resume=True), images)
    assert not (tmp_path / "run.json").exists() and not (tmp_path / "samples.gif").exists()


def test_a_checkpoint_from_a_gpu_is_not_resumed_without_one(finished, tmp_path):
    tensors, facts = storage.load(tmp_path / "checkpoint.safetensors")
    storage.save(tmp_path / "checkpoint.safetensors", tensors, **facts | {"device": "cuda"})
    before = spare(tmp_path)
    with pytest.raises(ValueError, match="device = 'cpu': the run to resume was made on cuda, whose random numbers"):
        finished()
    assert spare(tmp_path) == before


def test_settings_that_were_swapped_are_named_though_the_checkpoint_fits(finished, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seed": 7}))
    with pytest.raises(ValueError, match=r"seed = 0: the run to resume has 7 \(.*config.json\)"):
        finished()
