"""The command line: what it makes, and what it says when something is wrong."""

import dataclasses
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time

import pytest
import torch
from PIL import Image

from wgan_lib import __main__, classifiers, mnist, training, transport
from wgan_lib.engine import processes, storage
from wgan_lib.experiments import evaluation, fit_classifiers
from wgan_lib.settings import PRESETS
from wgan_lib.training import Config

TINY = ["--width", "2", "--latent-dim", "4", "--batch-size", "8", "--device", "cpu", "--log-every", "1"]


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Return a function that runs a command in an empty directory: its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["wgan_lib", *map(str, words)])
        code = 0
        try:
            __main__.main()
        except SystemExit as leaving:
            code = leaving.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def train(command, monkeypatch, images):
    """Return a function that trains tiny networks on a few images."""
    monkeypatch.setattr(mnist, "images", lambda split="train", **options: images)

    def run(*words, preset="wgan-gp-conv"):
        return command("train", preset, *TINY, *words)

    return run


@pytest.fixture
def run(train, monkeypatch):
    """Return the directory of a finished run; the images of MNIST are themselves again."""
    code, _, errors = train("--steps", 4, "--out", "a-run")
    assert code == 0, errors
    monkeypatch.undo()
    return "a-run"


def test_train_writes_a_run_and_says_where(train, tmp_path):
    code, said, _ = train("--steps", 4, "--seed", 7)
    assert code == 0 and "writing to out/wgan-gp-conv-seed7" in said
    out = tmp_path / "out" / "wgan-gp-conv-seed7"
    assert len((out / "metrics.csv").read_text().splitlines()) == 5
    assert storage.load(out / "checkpoint.safetensors")[1]["step"] == 4


def test_the_mlp_of_the_tutorials_trains_on_all_of_mnist(command, tmp_path):
    code, _, errors = command("train", "wgan-gp", "--steps", 4, "--batch-size", 8, "--device", "cpu", "--out", "mlp")
    assert code == 0, errors
    assert (tmp_path / "mlp" / "generator.safetensors").stat().st_size > 4e6


def test_resume_goes_on_from_where_it_was(train, tmp_path):
    train("--steps", 2, "--out", "one")
    assert train("--steps", 6, "--out", "one", "--resume")[0] == 0
    assert storage.load(tmp_path / "one" / "checkpoint.safetensors")[1]["step"] == 6


def test_resuming_nothing_says_so_and_begins(train, tmp_path):
    code, said, _ = train("--steps", 1, "--out", "new", "--resume")
    assert code == 0 and "There is nothing to resume in new: starting at step 0." in said


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_brings_its_own_defaults(command, monkeypatch, preset):
    seen = []
    monkeypatch.setattr(training, "Trainer", lambda config: seen.append(config) or sys.exit(0))
    assert command("train", preset)[0] == 0
    assert dataclasses.replace(seen[0], out=None) == PRESETS[preset]


def test_every_option_reaches_the_config(command, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(training, "Trainer", lambda config: seen.append(config) or sys.exit(0))
    options = "--clip 0.02 --penalty None --betas 0.1 0.8 --network conv --width 9 --objective minimax --data d"
    options += " --average 0.9 --anneal"
    assert command("train", "wgan-gp", *options.split(), "--out", "o")[0] == 0
    config = seen[0]
    assert (config.clip, config.penalty, config.betas) == (0.02, None, (0.1, 0.8))
    assert (config.average, config.anneal) == (0.9, True)
    assert (config.network, config.width, config.objective, config.data.name) == ("conv", 9, "minimax", "d")


def test_help_names_every_setting_and_every_command(command):
    code, said, _ = command("train", "wgan-gp", "--help")
    assert code == 0
    for field in dataclasses.fields(Config):
        assert f"--{field.name.replace('_', '-')}" in said
    assert "Weight λ of the gradient penalty" in said
    _, said, _ = command("--help")
    assert all(name in said for name in ("train", "sample", "evaluate", "record"))
    _, said, _ = command("train", "--help")
    assert all(name in said for name in PRESETS)


@pytest.fixture(scope="module")
def digits():
    """Return MNIST as `evaluate` reads it, with few images to have been trained on, so that their features are few."""
    everything = evaluation.Digits.load()
    return evaluation.Digits(everything.training[:2000], everything.test)


@pytest.fixture
def measured(run, digits, monkeypatch):
    """Return the directory of a finished run, to be measured against `digits`."""
    monkeypatch.setattr(evaluation.Digits, "load", lambda data, dataset: digits)
    return run


def test_sample_draws_a_grid(run, command, tmp_path):
    code, said, _ = command("sample", tmp_path / run, "--n", 6, "--columns", 3, "--out", tmp_path / "six.png")
    assert code == 0 and "Wrote 6 images" in said
    assert Image.open(tmp_path / "six.png").size == (3 * 29 + 1, 2 * 29 + 1)


def test_evaluate_prints_every_metric_beside_that_of_real_digits(measured, digits, command, tmp_path):
    code, said, errors = command("evaluate", tmp_path / measured, "--n", 100, "--seeds", 1)
    assert code == 0, errors
    generated, real = (float(number) for number in re.search(r"w1_pixels +([\d.]+) +([\d.]+)", said).groups())
    reference, other = digits.halves(100, seed=1)
    assert real == pytest.approx(transport.emd(other.flatten(1), reference.flatten(1)).cost, abs=1e-3)
    assert generated > real, "a generator after four steps"


def test_evaluate_prints_json(measured, command, tmp_path):
    _, said, _ = command("evaluate", tmp_path / measured, "--n", 100, "--seeds", 2, "--json")
    report = json.loads(said)
    assert (report["n"], report["seeds"]) == (100, 2)
    assert set(report["generated"]) == set(report["real"]) >= {"fid", "kid", "inception_score", "w1_features"}
    assert report["real"]["fid"]["mean"] < report["generated"]["fid"]["mean"]


def test_evaluate_measures_the_snapshots_too(measured, command, tmp_path):
    code, said, errors = command("evaluate", tmp_path / measured, "--n", 200, "--seeds", 1, "--along")
    assert code == 0 and "fid" in said, errors
    header, *rows = (tmp_path / measured / "quality.csv").read_text().splitlines()
    assert header.startswith("step,fid,kid,inception_score,precision,recall,w1_pixels,w1_features,")
    assert [int(row.split(",")[0]) for row in rows] == [4]
    assert float(rows[0].split(",")[1]) > 10, "a generator after four steps"


def test_snapshots_that_there_are_not_are_missed_before_anything_is_measured(measured, command, tmp_path):
    command("record", tmp_path / measured, tmp_path / "kept")
    said = error_of(command("evaluate", tmp_path / "kept", "--n", 100, "--along"))
    assert "kept has no snapshots: expected the directory that training wrote" in said


def test_classifiers_are_trained_and_kept_with_their_accuracy(command, monkeypatch, tmp_path):
    monkeypatch.setattr(classifiers, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(fit_classifiers, "fit", lambda name, **source: classifiers.build(name).eval())
    code, said, errors = command("classifiers")
    assert code == 0, errors
    for name, share in re.findall(r"(\w+): ([\d.]+) % of the test images right", said):
        _, facts = storage.load(tmp_path / "weights" / f"{name}.safetensors")
        assert facts["test_accuracy"] == pytest.approx(float(share) / 100, abs=1e-4)
    assert said.count("test images right") == 2


def test_record_keeps_a_run(run, command, tmp_path):
    code, said, _ = command("record", tmp_path / run, tmp_path / "kept")
    assert code == 0 and "4 critic steps" in said
    assert (tmp_path / "kept" / "generator.safetensors").exists()


def error_of(answer):
    """Return the one line that an answer gives as its error."""
    code, _, errors = answer
    assert code == 2
    assert errors.startswith("error: ") and errors.endswith("\n") and errors.count("\n") == 1, errors
    return errors


WRONG = {
    "--steps 0": "steps = 0",
    "--steps -5": "steps = -5",
    "--batch-size 0": "batch_size = 0",
    "--clip 0": "clip = 0.0",
    "--clip -0.1": "clip = -0.1",
    "--penalty -1": "penalty = -1.0",
    "--learning-rate nan": "learning_rate = nan",
    "--seed -1": "seed = -1",
    "--device toaster": "device = 'toaster'",
    "--batch-norm": "batch_norm = True",
    "--resume": "resume = True",
    "--train-images 10000000": "train_images = 10000000: MNIST has no more than 60000",
    "--network mlp --width 9": "width = 9: mlp has no use for it",
    "--optimizer rmsprop --betas 0.1 0.9": "betas = (0.1, 0.9): rmsprop has no use for it",
    "--name ../x": "name = '../x'",
    "--out=": "out = '.': expected a directory for this run alone",
    "--steps many": "many",
    "--objective hinge": "hinge",
    "--no-such-option 1": "--no-such-option",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_option_is_named_and_nothing_starts(command, tmp_path, words):
    assert WRONG[words] in error_of(command("train", "wgan-gp-conv", *words.split()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said_to_be_missing(command):
    assert "torch finds no GPU on this machine" in error_of(command("train", "wgan-gp", "--device", "cuda"))


def test_an_unknown_preset_or_command_is_named(command):
    said = error_of(command("train", "wgan-pg"))
    assert "wgan-pg" in said and all(name in said for name in PRESETS)
    assert "trian" in error_of(command("trian"))


def test_a_directory_that_holds_a_run_is_not_overwritten(train):
    train("--steps", 1, "--out", "one")
    assert "already holds a run" in error_of(train("--steps", 1, "--out", "one"))


def test_another_configuration_is_not_resumed(train):
    train("--steps", 1, "--out", "one")
    assert "critic_steps = 2: the run to resume has 5" in error_of(
        train("--steps", 9, "--out", "one", "--resume", "--critic-steps", 2)
    )


def test_a_damaged_checkpoint_is_named(train, tmp_path):
    train("--steps", 1, "--out", "one")
    (tmp_path / "one" / "checkpoint.safetensors").write_bytes(b"nothing")
    assert "checkpoint.safetensors cannot be read" in error_of(train("--steps", 2, "--out", "one", "--resume"))


def test_missing_data_are_named(command, tmp_path):
    said = error_of(command("train", "wgan-gp-conv", *TINY, "--data", tmp_path))
    assert "train-images-idx3-ubyte.gz" in said and "--data DIR" in said


def test_divergence_is_said_in_one_line(train):
    said = error_of(train("--learning-rate", "1e20", "--penalty", "None", "--steps", 50, "--out", "x"))
    assert "Likely causes" in said and "at step" in said


def test_a_disk_that_is_full_is_said_in_one_line(train, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "replace", full)
    said = error_of(train("--steps", 1, "--out", "x"))
    assert "error: x/config.json cannot be written: No space left on device. Make room on the disk; then" in said


def test_memory_that_does_not_suffice_is_said_in_one_line_and_the_directory_stays_free(train):
    said = error_of(train("--batch-size", 10**12, "--steps", 1, "--out", "x"))
    assert "not enough memory (" in said and "; take a smaller batch, width or number of images" in said
    assert train("--steps", 1, "--out", "x")[0] == 0


@pytest.mark.parametrize("error", [MemoryError("12 TiB"), torch.OutOfMemoryError("CUDA: 12 TiB")])
def test_memory_of_every_kind_is_meant(train, monkeypatch, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(training, "critic_step", fail)
    assert "not enough memory (" in error_of(train("--steps", 1, "--out", "x"))


def test_an_error_that_is_ours_is_not_taken_for_the_users(train, monkeypatch):
    monkeypatch.setattr(training, "critic_step", lambda *args, **options: torch.ones(2) @ torch.ones(3))
    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        train("--steps", 1, "--out", "x")


def test_a_finished_run_that_lost_its_checkpoint_is_not_trained_over(train, tmp_path):
    train("--steps", 2, "--out", "one")
    (tmp_path / "one" / "checkpoint.safetensors").unlink()
    before = {path: path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file()}
    said = error_of(train("--steps", 3, "--out", "one", "--resume"))
    assert "out = 'one': there is no checkpoint.safetensors to resume from" in said
    assert {path: path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file()} == before


def test_record_never_writes_over_anything(run, command, tmp_path):
    run = tmp_path / run
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert f"destination = '{run}': something is here already" in error_of(command("record", run, run))
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_settings_of_other_networks_than_the_weights_are_named(run, command, tmp_path):
    path = tmp_path / run / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"width": 3}))
    for words in (("sample", tmp_path / run), ("record", tmp_path / run, tmp_path / "kept")):
        said = error_of(command(*words))
        assert "width = 3" in said and "generator.safetensors belongs to a run with 2" in said
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("sample nowhere", "there is no run 'nowhere'"),
        ("evaluate nowhere", "there is no run 'nowhere'"),
        ("record nowhere kept", "nowhere"),
        ("sample nowhere --n 0", "n = 0"),
        ("sample nowhere --columns 0", "columns = 0"),
        ("evaluate nowhere --n 1", "n = 1: expected 100 to 5000"),
        ("evaluate nowhere --seeds 0", "seeds = 0: expected at least 1"),
        ("evaluate nowhere --n 5001", "n = 5001"),
    ],
)
def test_what_is_wrong_with_the_other_commands_is_named(command, words, complaint):
    assert complaint in error_of(command(*words.split()))


ENDLESS = ["--steps", "100000", "--checkpoint-every", "5", "--sample-every", "100000", "--out", "run"]


@pytest.fixture
def begin(tmp_path):
    """Return a function that starts an endless training, and waits for its first checkpoint."""
    begun = []

    def start(*before, **options):
        words = [*before, sys.executable, "-m", "wgan_lib", "train", "wgan-gp-conv", *TINY, *ENDLESS]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path} | options
        process = subprocess.Popen(words, env=os.environ | {"OMP_NUM_THREADS": "1"}, **options)
        begun.append(process)
        while not (tmp_path / "run" / "checkpoint.safetensors").exists() and process.poll() is None:
            time.sleep(0.02)
        return process

    yield start
    for process in begun:
        process.kill()


def steps_of(folder):
    return storage.load(folder / "run" / "checkpoint.safetensors")[1]["step"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_leaves_with_what_a_shell_gives_it(begin, tmp_path, number):
    process = begin()
    process.send_signal(number)
    said, errors = process.communicate()
    assert process.returncode == 128 + number, errors
    assert steps_of(tmp_path) == int(re.search(r"Stopped after step (\d+)", said)[1])
    assert errors == ""


def test_a_terminal_that_is_closed_loses_no_step(begin, tmp_path):
    ours, theirs = os.openpty()
    process = begin(stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                    preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0))  # fmt: skip
    os.close(theirs)
    before = steps_of(tmp_path)
    os.close(ours)  # the kernel sends SIGHUP, and all that is written to the terminal fails
    assert process.wait(timeout=60) not in (0, -signal.SIGHUP)
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["steps"] == steps_of(tmp_path) >= before


def test_nohup_goes_on_when_the_terminal_is_closed(begin, tmp_path):
    process = begin("nohup", stdin=subprocess.DEVNULL)
    step = steps_of(tmp_path)
    process.send_signal(signal.SIGHUP)
    while steps_of(tmp_path) < step + 20:
        assert process.poll() is None
        time.sleep(0.02)


def test_a_second_ctrl_c_leaves_no_traceback(train, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "critic_step", interrupt)
    code, _, errors = train("--steps", 3, "--out", "x")
    assert code == 130
    assert errors == "error: stopped at once; what a training made since its last checkpoint is not kept\n"


ALONE = {
    "RANK=0": "environment variable MASTER_ADDR expected, but not set",
    "RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=0": "the other processes did not come within 0.5 seconds",
}


@pytest.mark.parametrize("told", ALONE)
def test_one_process_of_two_does_not_wait_in_silence(command, monkeypatch, told):
    monkeypatch.setattr(processes, "PATIENCE", 0.5)
    monkeypatch.setattr(processes, "SILENCE", 0.1)
    for word in ["WORLD_SIZE=2", *told.split()]:
        monkeypatch.setenv(*word.split("="))
    code, _, errors = command("train", "wgan-gp", "--steps", 1)
    assert code == 2 and "Traceback" not in errors
    *waiting, said = errors.splitlines()
    assert ALONE[told] in said and "torchrun starts them all; to train in one process, unset" in said
    assert "WORLD_SIZE=2 RANK=0" in said
    if "MASTER" in told:
        assert "Waiting for the other processes: torchrun starts them all" in waiting[0]
