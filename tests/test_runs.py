"""A recorded run is read back as it was written, wherever it lies."""

import dataclasses
import re
import shutil

import numpy as np
import pytest
import torch

from wgan_lib import mnist, runs, training
from wgan_lib.engine import storage
from wgan_lib.engine.directory import COLUMNS
from wgan_lib.experiments import keep_run
from wgan_lib.training import Trainer

LENGTH = {"steps": 6, "log_every": 2, "sample_every": 3, "checkpoint_every": 6}


@pytest.fixture
def trainer(small, images, tmp_path):
    """Return a finished run that wrote to tmp_path/run."""
    trainer = Trainer(small(out=tmp_path / "run", seed=5, **LENGTH), images)
    trainer.run()
    return trainer


@pytest.fixture
def run(trainer):
    return runs.load(trainer.config.out)


def test_settings_metrics_and_facts_are_those_of_the_training(run, trainer):
    assert dataclasses.replace(run.config, device="cpu", out=trainer.config.out) == trainer.config
    for name, column in run.metrics.items():
        np.testing.assert_array_equal(column, [row[name] for row in trainer.rows])
    assert run.metrics["step"].tolist() == [2, 4, 6]
    assert run.facts["steps"] == 6


def test_a_run_made_on_a_gpu_is_read_without_one(run):
    assert run.config.device == "auto"


def test_the_label_names_steps_hardware_seed_and_date(run):
    for part in ("6 critic steps", run.facts["hardware"], "seed 5", run.facts["date"]):
        assert part in run.label()


def test_the_generator_makes_what_the_trainer_made(run, trainer):
    generator = run.generator()
    assert not generator.training
    with torch.no_grad():
        torch.testing.assert_close(generator(trainer.fixed_latent), trainer.sample(), rtol=0, atol=0)


def test_generated_images_come_from_the_seed(run):
    once = run.generate(4, seed=1)
    assert once.shape == (4, 1, 28, 28)
    assert torch.equal(once, run.generate(4, seed=1)) and not torch.equal(once, run.generate(4, seed=2))


def test_a_run_is_found_by_its_directory_or_its_name_in_runs(trainer, tmp_path, monkeypatch):
    keep_run.record(trainer.config.out, tmp_path / "runs" / "mine")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    assert runs.load("mine").path == tmp_path / "runs" / "mine"
    assert runs.load(str(tmp_path / "run")).path == tmp_path / "run"


@pytest.mark.parametrize("name", ["no-such-run", "."])
def test_a_run_that_is_not_there_is_named(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"there is no run '{name}'".replace(".", r"\.")):
        runs.load(name)


def test_a_damaged_generator_is_named(run):
    path = run.path / "generator.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"generator.safetensors .*truncated"):
        run.generate(1, seed=0)


def test_the_generator_of_another_run_is_not_sampled(run, small, images, tmp_path):
    Trainer(small(out=tmp_path / "other", seed=6, **LENGTH), images).run()
    for own in ("generator.safetensors", "snapshots/00000003.safetensors"):
        shutil.copy(tmp_path / "other" / own, run.path / own)
        with pytest.raises(ValueError, match=rf"seed = 5: .*{own} belongs to a run with 6, so to another than config"):
            run.generator(run.path / own)
    with pytest.raises(ValueError, match="belongs to a run with 6"):
        keep_run.record(run.path, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_generator_that_does_not_say_whose_it_is_is_sampled_if_it_fits(run):
    path = run.path / "generator.safetensors"
    expected, (tensors, _) = run.generate(2, seed=0), storage.load(path)
    storage.save(path, tensors, step=6)
    assert torch.equal(run.generate(2, seed=0), expected)
    storage.save(path, {name: tensor[:1] if tensor.dim() else tensor for name, tensor in tensors.items()}, step=6)
    with pytest.raises(ValueError, match=r"generator.safetensors is intact, but not what this version .*size mismatch"):
        run.generate(2, seed=0)


def test_each_recorded_run_with_weights_draws_digits():
    for path in mnist.find_upwards("runs")[0].glob("*/generator.safetensors"):
        assert runs.load(path.parent).generate(2, seed=0).shape == (2, 1, 28, 28)


def test_a_run_that_ended_before_its_first_row_has_empty_columns(small, images, tmp_path):
    Trainer(small(out=tmp_path, **LENGTH | {"log_every": 7}), images).run()
    metrics = runs.load(tmp_path).metrics
    assert list(metrics) == list(COLUMNS) and all(column.shape == (0,) for column in metrics.values())
    assert keep_run.record(tmp_path, tmp_path / "kept").metrics["step"].shape == (0,)


TABLES = ["", "step,a\n1", "step,a\n1,2,3\n", "step,a\n1.5,2\n", "step,a\n1,x\n", "a,b\n1,2\n", "\0", 'step\n"1']


@pytest.mark.parametrize("text", TABLES)
def test_metrics_that_are_no_table_of_numbers_are_named(run, text):
    (run.path / "metrics.csv").write_text(text)
    with pytest.raises(ValueError, match=r"metrics.csv .*it is truncated or altered"):
        assert run.metrics is None


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"steps": 6}'])
def test_facts_that_cannot_be_read_are_named(run, text):
    (run.path / "run.json").write_text(text)
    with pytest.raises(ValueError, match=r"run.json .*altered"):
        run.label()
    with pytest.raises(ValueError, match="is not finished"):
        keep_run.record(run.path, run.path.parent / "kept")


def test_an_empty_folder_called_runs_hides_nothing(run, tmp_path, monkeypatch):
    keep_run.record(run.path, tmp_path / "runs" / "mine")
    (tmp_path / "deeper" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deeper")
    assert runs.load("mine").path == tmp_path / "runs" / "mine"


def number(word):
    """Return the number that a word is, or the word."""
    return int(word) if word.isdigit() else float(word) if word.replace(".", "").isdigit() else word


def test_each_recorded_run_has_the_settings_of_its_command():
    folder = mnist.find_upwards("runs")[0]
    listed = {}
    for row in re.findall(r"^\| (`.*)\|$", (folder / "README.md").read_text(), flags=re.MULTILINE):
        names, _, name, options = (re.findall(r"`(.+?)`", cell) for cell in row.split("|"))
        words = options[0].split() if options else []
        pairs = zip(words[::2], words[1::2], strict=True)
        changed = {key[2:].replace("-", "_"): number(value) for key, value in pairs}
        for run in names:
            listed[run] = training.preset(name[0], seed=int(run[-1]), **changed)
    assert set(listed) == {path.parent.name for path in folder.glob("*/config.json")}
    for run, config in listed.items():
        recorded = runs.load(folder / run)
        assert recorded.config.identity() == config.identity()
        assert recorded.facts["steps"] == config.steps
