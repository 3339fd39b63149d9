"""Two processes compute what one does, to rounding, and continue each other's runs."""

import copy
import dataclasses
import multiprocessing
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import nn

from wgan_lib import mnist
from wgan_lib.engine import processes, storage
from wgan_lib.engine.directory import read_metrics
from wgan_lib.training import Trainer, preset

PROCESSES = multiprocessing.get_context("forkserver")
LENGTH = {"steps": 8, "critic_steps": 2, "log_every": 1, "sample_every": 4, "checkpoint_every": 4}


def together(work, *args, size=2):
    """Call `work(*args)` in `size` processes that belong together; return what each gave back."""
    PROCESSES.set_forkserver_preload(["wgan_lib.training", "torch._dynamo", "torch.distributed"])
    answers, store = PROCESSES.Queue(), f"/tmp/store-{os.getpid()}-{next(COUNTER)}"
    members = [PROCESSES.Process(target=_join, args=(rank, size, store, answers, work, args)) for rank in range(size)]
    for member in members:
        member.start()
    try:
        found = dict(answers.get(timeout=240) for _ in members)
        for member in members:
            member.join()
    finally:
        for member in members:
            member.kill()
    return [found[rank] for rank in range(size)]


COUNTER, NAN = iter(range(10**6)), float("nan")


def _join(rank, size, store, answers, work, args):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=size)
    try:
        answer = work(*args)
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    answers.put((rank, answer))
    dist.barrier()
    dist.destroy_process_group()


def train(config, images):
    """Train, and return the last weights as arrays."""
    trainer = Trainer(config, torch.from_numpy(images))
    trainer.run()
    return [value.numpy() for value in (trainer.generator.state_dict() | trainer.critic.state_dict()).values()]


def numbers(out):
    """Return the rows of a run without the speeds."""
    return np.array([list(row.values())[:-1] for row in read_metrics(out / "metrics.csv")])


@pytest.fixture
def config(tmp_path):
    """Return a function that makes a configuration of small networks, whose learning rate lets errors grow."""

    def make(name, out, **changes):
        small = {"latent_dim": 4, "batch_size": 16, "learning_rate": 1e-3, "device": "cpu"}
        small |= {"width": 2} if name.endswith("conv") else {}
        return preset(name, out=tmp_path / out, **small | LENGTH | changes)

    return make


@pytest.mark.parametrize("name", ["wgan-gp-conv", "wgan-gp", "gan-conv", "wgan-clip-conv"])
def test_two_processes_give_the_losses_of_one(config, images, tmp_path, name):
    train(config(name, "one"), images.numpy())
    first, second = together(train, config(name, "two"), images.numpy())
    np.testing.assert_allclose(numbers(tmp_path / "two"), numbers(tmp_path / "one"), rtol=1e-4, atol=1e-5)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other, "both processes hold the same weights")


@pytest.mark.parametrize("first", ["one", "two"])
def test_a_run_of_either_is_resumed_by_the_other(config, images, tmp_path, first):
    options = {"average": 0.5}
    train(config("wgan-gp-conv", "whole", **options), images.numpy())
    begin = config("wgan-gp-conv", "mixed", **options | {"steps": 4})
    proceed = config("wgan-gp-conv", "mixed", resume=True, **options)
    if first == "one":
        train(begin, images.numpy())
        together(train, proceed, images.numpy())
    else:
        together(train, begin, images.numpy())
        train(proceed, images.numpy())
    np.testing.assert_allclose(numbers(tmp_path / "mixed"), numbers(tmp_path / "whole"), rtol=1e-4, atol=1e-5)
    assert {path.name for path in (tmp_path / "mixed").rglob("*")} == {
        path.name for path in (tmp_path / "whole").rglob("*")
    }


def broken(config, images):
    """Train with a NaN in the images of which one process may hold none."""
    scale, spoilt = mnist.scale, torch.from_numpy(images[0])
    mnist.scale = lambda pixels: torch.stack([scale(one) * (NAN if torch.equal(one, spoilt) else 1) for one in pixels])
    return train(config, images)


def test_a_loss_that_breaks_in_one_process_stops_all(config, images, tmp_path):
    said = together(broken, config("wgan-gp-conv", "run", batch_size=4, steps=100), images.numpy())
    assert said[0] == said[1] and said[0].startswith("Diverged: the critic's loss is nan at step")


@pytest.mark.parametrize("size", [5, 2])
def test_a_batch_that_cannot_be_shared_equally_is_refused(config, images, size):
    said = together(train, config("wgan-gp-conv", "run", batch_size=size), images.numpy())
    assert all(f"batch_size = {size}: 2 processes share each batch equally" in each for each in said)


def normalise(batch):
    """Return outputs, gradients and statistics of a batch norm that sees this process's share of `batch`."""
    torch.manual_seed(0)
    layer = nn.BatchNorm2d(3).double()
    nn.init.uniform_(layer.weight), nn.init.uniform_(layer.bias)
    network = nn.Sequential(layer)
    processes.synchronise_batch_norm(network)
    x = processes.share(torch.from_numpy(batch)).requires_grad_()
    y = network(x)
    (y.pow(3).mean()).backward()
    gradients = [processes.mean(p.grad).numpy() for p in network.parameters()]
    return y.detach().numpy(), x.grad.numpy(), gradients, [layer.running_mean.numpy(), layer.running_var.numpy()]


def test_batch_norm_over_two_processes_is_that_of_the_whole_batch():
    batch = np.random.default_rng(0).normal(2, 3, (6, 3, 4, 4))
    y, slope, gradients, statistics = normalise(batch)
    first, second = together(normalise, batch)
    np.testing.assert_allclose(np.concatenate([first[0], second[0]]), y, rtol=1e-12)
    np.testing.assert_allclose(np.concatenate([first[1], second[1]]) / 2, slope, rtol=1e-9, atol=1e-12)
    for half in (first, second):
        for found, expected in zip(half[2] + half[3], gradients + statistics, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_in_one_process_everything_stays_as_it_is():
    x = torch.randn(4, 3)
    network = nn.Sequential(nn.BatchNorm1d(3))
    expected = copy.deepcopy(network)(x)
    processes.synchronise_batch_norm(network)
    assert processes.share(x) is not None and torch.equal(processes.share(x), x)
    assert processes.mean(x) is x and processes.anywhere(True, x.device) and not processes.anywhere(False, x.device)
    assert torch.equal(network(x), expected)
    assert (processes.size(), processes.rank()) == (1, 0)


def test_torchrun_trains_with_two_processes_and_says_so_once(config, images, tmp_path):
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "wgan_lib"]
    words += ["train", "wgan-gp-conv", "--width", "2", "--latent-dim", "4", "--batch-size", "8", "--device", "cpu"]
    words += ["--steps", "4", "--log-every", "2", "--out", str(tmp_path / "run")]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"Training on 2 × .*, writing to", done.stdout)) == 1
    assert storage.load(tmp_path / "run" / "checkpoint.safetensors")[1]["step"] == 4
    config = dataclasses.replace(preset("wgan-gp-conv"), width=2, latent_dim=4, batch_size=8, device="cpu", steps=4)
    rows = Trainer(dataclasses.replace(config, log_every=2)).run()
    found, expected = (np.array([row["critic_loss"] for row in each])
                       for each in (read_metrics(tmp_path / "run" / "metrics.csv"), rows))  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_gpus_train_together(tmp_path):
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "wgan_lib"]
    words += ["train", "wgan-gp-conv", "--device", "cuda", "--steps", "20", "--out", str(tmp_path / "run")]
    assert subprocess.run(words).returncode == 0
    rows = Trainer(preset("wgan-gp-conv", device="cuda", steps=20)).run()
    found = read_metrics(tmp_path / "run" / "metrics.csv")
    assert found[-1]["critic_loss"] == pytest.approx(rows[-1]["critic_loss"], rel=1e-2)
