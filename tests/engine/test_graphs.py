"""A cycle does what its steps do; a capture that fails costs speed and nothing else.

The first tests need no GPU: torch's graphs are replaced by fakes.
"""

import dataclasses
import os
import signal
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
import torch
from small_run import contents, equal

from wgan_lib import training
from wgan_lib.engine import graphs
from wgan_lib.engine.graphs import WARM_UPS
from wgan_lib.settings import PRESETS
from wgan_lib.training import Trainer, preset


class Generator(torch.Generator):
    """A source of random numbers that can, as those of a GPU, be given the state of another."""

    def graphsafe_set_state(self, state):
        """Go on where `state` is."""
        self.set_state(state.get_state())


class Stream:
    """A stream that nobody has to wait for."""

    def wait_stream(self, _):
        """Do not wait."""


class Graph:
    """A graph whose capture leaves the random numbers elsewhere."""

    def register_generator_state(self, rng):
        """Draw a number."""
        torch.rand(1, generator=rng)


@contextmanager
def refuse(_):
    """Raise as the GPU does: an error while capturing, and another at its end."""
    try:
        raise RuntimeError("operation not permitted when stream is capturing\nCompile with TORCH_USE_CUDA_DSA")
    except RuntimeError:
        raise RuntimeError("the capture was invalidated") from None
    yield


@pytest.fixture
def believer(small, images, monkeypatch):
    """Return a function that makes a trainer which believes in a GPU when it decides whether to capture."""
    for name, fake in (("Stream", Stream), ("current_stream", Stream), ("stream", nullcontext), ("CUDAGraph", Graph)):
        monkeypatch.setattr(torch.cuda, name, lambda *_, fake=fake: fake())
    monkeypatch.setattr(torch.cuda, "graph", refuse)

    def make(engine):
        cycles = WARM_UPS + 5
        trainer = Trainer(small(critic_steps=2, steps=2 * cycles, log_every=2, sample_every=99), images)
        trainer.config = small(critic_steps=2, steps=2 * cycles, log_every=2, sample_every=99, engine=engine)
        state = trainer.rng.get_state()
        trainer.rng = Generator()
        trainer.rng.set_state(state)
        if engine != "eager":
            trainer.device, device = torch.device("cuda"), trainer.device
            trainer.capture = graphs.capture(trainer)
            trainer.device = device
        return trainer

    return make


def test_auto_goes_on_step_by_step_after_one_line(believer, capsys):
    """And computes what it would have computed without any capture."""
    fallen, plain = believer("auto"), believer("eager")
    rows = fallen.run()
    said = capsys.readouterr().err
    expected = plain.run()
    assert fallen.capture.failed and fallen.steps_done == plain.steps_done
    assert [line for line in said.splitlines() if "CUDA graph" in line] == [
        "No CUDA graph could be captured, so training goes on step by step: "
        "operation not permitted when stream is capturing"
    ]
    for ours, theirs in zip(rows, expected, strict=True):
        timeless = [
            {name: value for name, value in row.items() if name != "images_per_second"} for row in (ours, theirs)
        ]
        assert timeless[0] == pytest.approx(timeless[1], nan_ok=True, rel=0, abs=0)
    for ours, theirs in zip(fallen.generator.parameters(), plain.generator.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_graph_that_was_asked_for_must_be_captured(believer):
    """Whoever says engine=graph is told that there is none."""
    trainer = believer("auto")
    trainer.capture.or_play = False
    with pytest.raises(RuntimeError, match="invalidated"):
        trainer.run()


def test_bfloat16_trains_like_float32_to_its_own_rounding(small, images):
    losses = []
    for precision in ("float32", "bfloat16"):
        trainer = Trainer(small("wgan-gp", batch_size=32, precision=precision), images)
        losses.append([float(trainer.step().loss) for _ in range(6)])
        assert all(p.dtype == torch.float32 == p.grad.dtype for p in trainer.critic.parameters())
    assert losses[0] != losses[1], "it did something"
    np.testing.assert_allclose(*losses, rtol=0.02)


@pytest.mark.parametrize("name", PRESETS)
def test_a_cycle_does_bit_for_bit_what_its_steps_do(small, images, name):
    config = small(name, average=0.5, anneal=False, log_every=preset(name).critic_steps)  # rates fall between cycles
    one, other = Trainer(config, images), Trainer(config, images)
    for number in range(3):
        for _ in range(config.critic_steps):
            seen = one.step()
        whole, generator_loss, estimate = graphs.cycle(other, other.unseen_at((number + 1) * config.log_every))
        assert (seen.loss, seen.estimate, one.generator_loss, one.validation_estimate) == (
            *whole,
            generator_loss,
            estimate,
        )
    for network in ("generator", "critic", "averaged"):
        assert equal(*(list(getattr(trainer, network).state_dict().values()) for trainer in (one, other)))
    assert torch.equal(one.rng.get_state(), other.rng.get_state())


class Replay:
    """Stands for a capture: plays, and gives back its result in tensors that stay in place."""

    def __init__(self, play):
        self.play, self.calls, self.result = play, 0, None

    def __call__(self):
        seen, generator_loss, estimate = self.play()
        fresh = [*seen, generator_loss, estimate]
        self.result = self.result or [value.clone() for value in fresh]
        for kept, value in zip(self.result, fresh, strict=True):
            kept.copy_(value)
        self.calls += 1
        return training.CriticStep(*self.result[:2]), *self.result[2:]


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        ({"log_every": 4, "sample_every": 4, "checkpoint_every": 6, "steps": 13}, 6),
        ({"log_every": 3, "sample_every": 6, "checkpoint_every": 6, "steps": 12}, 4),
        ({"log_every": 1, "sample_every": 6, "checkpoint_every": 6, "steps": 12}, 0),
    ],
    ids=["whole cycles and a rest", "rows within cycles", "a row for each step"],
)
def test_a_run_of_captured_cycles_writes_what_a_run_of_steps_writes(small, images, tmp_path, options, calls):
    config = small(critic_steps=2, anneal=True, average=0.5, **options)
    Trainer(dataclasses.replace(config, out=tmp_path / "steps"), images).run()
    trainer = Trainer(dataclasses.replace(config, out=tmp_path / "cycles"), images)
    trainer.unseen_now = trainer.unseen_at(config.log_every).clone()
    trainer.capture = Replay(lambda: graphs.cycle(trainer, trainer.unseen_now))
    trainer.run()
    assert trainer.capture.calls == calls
    assert contents(tmp_path / "cycles") == contents(tmp_path / "steps")


def test_the_last_test_digits_that_fill_no_batch_are_left_to_single_steps(small, images):
    config = small(batch_size=16, critic_steps=1, log_every=1, sample_every=100, checkpoint_every=100, steps=4)
    trainer = Trainer(config, images)
    trainer.unseen = trainer.unseen[:40]  # 16, 16 and 8
    trainer.unseen_now = trainer.unseen_at(1).clone()
    trainer.capture = Replay(lambda: graphs.cycle(trainer, trainer.unseen_now))
    rows, whole = trainer.run(), Trainer(config, images)
    whole.unseen = trainer.unseen
    assert [row["validation_estimate"] for row in rows] == [row["validation_estimate"] for row in whole.run()]
    assert trainer.capture.calls == 3


# On a GPU

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@GPU
@pytest.mark.parametrize("name", PRESETS)
def test_a_gpu_trains_and_resumes(name, images, tmp_path):
    config = preset(name, batch_size=16, steps=6, log_every=3, checkpoint_every=3, device="cuda", out=tmp_path)
    Trainer(dataclasses.replace(config, steps=3), images).run()
    trainer = Trainer(dataclasses.replace(config, resume=True), images)
    assert trainer.steps_done == 3 and trainer.images.is_cuda
    assert [row["step"] for row in trainer.run()] == [3, 6]
    assert all(p.is_cuda and torch.isfinite(p).all() for p in trainer.critic.parameters())
    with pytest.raises(ValueError, match="device = 'cpu': the run to resume was made on cuda"):
        Trainer(dataclasses.replace(config, resume=True, device="cpu"), images)


def on_gpu(name, engine, **changes):
    """Return a configuration whose cycles a graph can hold."""
    beat = preset(name).critic_steps
    narrow = {"width": 8} if preset(name).network == "conv" else {}
    return preset(name, device="cuda", engine=engine, batch_size=32, log_every=beat, sample_every=8 * beat,
                  checkpoint_every=4 * beat, **{"steps": 8 * beat} | narrow | changes)  # fmt: skip


@GPU
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_graph_computes_what_single_steps_compute(name, precision, images):
    eager, graph = (Trainer(on_gpu(name, engine, precision=precision, average=0.9, anneal=True), images)
                    for engine in ("eager", "graph"))  # fmt: skip
    rows, captured = eager.run(), graph.run()
    assert eager.capture is None and graph.capture.graph is not None, "five of its eight cycles were replayed"
    assert torch.equal(eager.rng.get_state(), graph.rng.get_state()), "the same random numbers"
    for row, other in zip(rows, captured, strict=True):
        np.testing.assert_allclose(list(row.values())[:-1], list(other.values())[:-1], rtol=1e-3, atol=1e-4)


@GPU
@pytest.mark.parametrize("stop", [4, 7])
def test_a_graph_resumes_where_it_was(images, tmp_path, stop):
    whole, begun = (on_gpu("wgan-gp-conv", "graph", out=tmp_path / out) for out in ("whole", "begun"))
    rows = Trainer(whole, images).run()
    Trainer(begun, images).run(
        on_log=lambda row: os.kill(os.getpid(), signal.SIGINT) if row["step"] == stop * begun.critic_steps else None
    )
    resumed = Trainer(dataclasses.replace(begun, resume=True), images)
    assert resumed.steps_done == stop * begun.critic_steps
    for row, other in zip(rows, resumed.run(), strict=True):
        np.testing.assert_allclose(list(row.values())[:-1], list(other.values())[:-1], rtol=1e-3, atol=1e-4)


@GPU
@pytest.mark.parametrize("engine", ["eager", "graph"])
@pytest.mark.parametrize("name", ["wgan-gp", "wgan-gp-conv", "wgan-clip", "gan-conv"])
def test_no_step_waits_for_the_gpu(images, name, engine):
    trainer = Trainer(on_gpu(name, engine, steps=10**6, average=0.9, anneal=True), images)
    beat = trainer.config.critic_steps
    while trainer.steps_done < 5 * beat:  # warm up and capture
        graphs.advance(trainer)
    torch.cuda.set_sync_debug_mode("error")
    try:
        while trainer.steps_done < 8 * beat:
            graphs.advance(trainer)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@GPU
def test_each_replay_draws_new_random_numbers(images):
    trainer = Trainer(on_gpu("wgan-gp", "graph", steps=10**6), images)
    estimates = [float(graphs.advance(trainer).estimate) for _ in range(8)]
    assert len(set(estimates)) == 8
