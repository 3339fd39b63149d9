"""A recording that fails costs speed and nothing else. No GPU is needed: torch's graphs are replaced by fakes."""

from contextlib import contextmanager, nullcontext

import pytest
import torch

from wgan_lib.engine import WARM_UPS
from wgan_lib.training import Trainer


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
    """A graph whose recording leaves the random numbers elsewhere."""

    def register_generator_state(self, rng):
        """Draw a number."""
        torch.rand(1, generator=rng)


@contextmanager
def refuse(_):
    """Raise as the GPU does: an error while recording, and another at its end."""
    try:
        raise RuntimeError("operation not permitted when stream is capturing\nCompile with TORCH_USE_CUDA_DSA")
    except RuntimeError:
        raise RuntimeError("the capture was invalidated") from None
    yield


@pytest.fixture
def recorder(small, images, monkeypatch):
    """Return a function that makes a trainer which believes in a GPU when it decides whether to record."""
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
            trainer.recording = trainer._recording()
            trainer.device = device
        return trainer

    return make


def test_auto_goes_on_step_by_step_after_one_line(recorder, capsys):
    """And computes what it would have computed without any recording."""
    fallen, plain = recorder("auto"), recorder("eager")
    rows = fallen.run()
    said = capsys.readouterr().err
    expected = plain.run()
    assert fallen.recording.failed and fallen.steps_done == plain.steps_done
    assert [line for line in said.splitlines() if "CUDA graph" in line] == [
        "No CUDA graph could be recorded, so training goes on step by step: "
        "operation not permitted when stream is capturing"
    ]
    for ours, theirs in zip(rows, expected, strict=True):
        timeless = [
            {name: value for name, value in row.items() if name != "images_per_second"} for row in (ours, theirs)
        ]
        assert timeless[0] == pytest.approx(timeless[1], nan_ok=True, rel=0, abs=0)
    for ours, theirs in zip(fallen.generator.parameters(), plain.generator.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_graph_that_was_asked_for_must_be_recorded(recorder):
    """Whoever says engine=graph is told that there is none."""
    trainer = recorder("auto")
    trainer.recording.or_play = False
    with pytest.raises(RuntimeError, match="invalidated"):
        trainer.run()
