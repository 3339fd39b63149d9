"""The two steps by hand, the settings, and a run that survives everything."""

import copy
import dataclasses
import errno
import importlib.util
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
from torch import nn

from wgan_lib import checkpoints, lipschitz, mnist, rundir, training
from wgan_lib.objectives import OBJECTIVES
from wgan_lib.training import Config, Diverged, Trainer, critic_step, generator_step, preset, read_metrics

# The two steps


def linear(*weights):
    """Return the critic x -> w·x in float64."""
    critic = nn.Sequential(nn.Linear(len(weights), 1), nn.Flatten(0)).double()
    critic[0].weight.data = torch.tensor([weights], dtype=torch.float64)
    return critic


def sgd(network, rate=0.1):
    return torch.optim.SGD(network.parameters(), rate)


REAL, FAKE = torch.tensor([[1.0, 2.0], [3.0, 0.0]]).double(), torch.tensor([[0.0, -1.0], [0.0, 1.0]]).double()
PULL = torch.tensor([[2.0, 1.0]]).double()  # mean of REAL less mean of FAKE


def test_a_critic_step_by_hand():
    critic = linear(3.0, 4.0)
    seen = critic_step(critic, sgd(critic), REAL, FAKE)
    assert (seen.loss.item(), seen.claim.item()) == (-10, 10)
    torch.testing.assert_close(critic[0].weight.data, torch.tensor([[3.0, 4.0]]).double() + 0.1 * PULL)


def test_a_critic_step_with_a_penalty_by_hand():
    critic = linear(3.0, 4.0)
    seen = critic_step(critic, sgd(critic), REAL, FAKE, penalty=10.0)
    assert seen.loss.item() == pytest.approx(-10 + 10 * (5 - 1) ** 2)
    assert seen.claim.item() == pytest.approx(10), "the claim is without the penalty"
    pushed = 10 * 2 * (5 - 1) * torch.tensor([[0.6, 0.8]]).double()
    torch.testing.assert_close(critic[0].weight.data, torch.tensor([[3.0, 4.0]]).double() + 0.1 * (PULL - pushed))


def test_a_one_sided_penalty_leaves_a_gentle_critic_alone():
    gentle, free = linear(0.3, 0.4), linear(0.3, 0.4)
    critic_step(gentle, sgd(gentle), REAL, FAKE, penalty=10.0, one_sided=True)
    critic_step(free, sgd(free), REAL, FAKE)
    assert torch.equal(gentle[0].weight, free[0].weight)


def test_a_critic_step_clips_after_its_update():
    critic = linear(0.01, -0.01)
    critic_step(critic, sgd(critic, rate=1.0), REAL, FAKE, clip=0.02)
    torch.testing.assert_close(critic[0].weight.data, torch.tensor([[0.02, 0.02]]).double())


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize("penalty", [None, 3.0])
def test_a_critic_step_does_what_the_formula_in_the_open_does(objective, penalty):
    torch.manual_seed(0)
    ours, open_ = (nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)).double() for _ in range(2))
    open_.load_state_dict(ours.state_dict())
    critic_step(ours, sgd(ours), REAL, FAKE, objective=objective, penalty=penalty, rng=torch.Generator().manual_seed(1))
    loss = objective.critic_loss(open_(REAL), open_(FAKE))
    if penalty:
        rng = torch.Generator().manual_seed(1)
        loss = loss + penalty * lipschitz.gradient_penalty(open_, REAL, FAKE, rng=rng)
    optimizer = sgd(open_)
    loss.backward()
    optimizer.step()
    for one, other in zip(ours.parameters(), open_.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_batch_norm_sees_real_and_generated_batches_apart():
    critic = nn.Sequential(nn.BatchNorm1d(2, affine=False), nn.Linear(2, 1)).double()
    seen = critic_step(critic, sgd(critic), REAL, FAKE)
    assert seen.loss.item() == pytest.approx(0), "each batch is normalised to mean 0 by itself"


def test_a_critic_step_reaches_nothing_of_the_generator():
    generator, critic = nn.Linear(2, 2).double(), linear(1.0, 1.0)
    before = [p.clone() for p in generator.parameters()]
    critic_step(critic, sgd(critic), REAL, generator(FAKE), penalty=10.0)
    assert all(p.grad is None for p in generator.parameters())
    assert all(torch.equal(old, new) for old, new in zip(before, generator.parameters(), strict=True))


def test_a_generator_step_by_hand():
    generator, critic = nn.Linear(2, 2, bias=False).double(), linear(3.0, 4.0)
    before, bias = generator.weight.data.clone(), critic[0].bias.item()
    loss = generator_step(generator, sgd(generator), critic, REAL)
    w = torch.tensor([3.0, 4.0]).double()
    assert loss.item() == pytest.approx(-(REAL @ before.T @ w).mean().item() - bias)
    torch.testing.assert_close(generator.weight.data, before + 0.1 * torch.outer(w, REAL.mean(0)))


def test_gradients_of_earlier_steps_are_forgotten():
    once, twice = linear(3.0, 4.0), linear(3.0, 4.0)
    critic_step(once, sgd(once, rate=0.2), REAL, FAKE)
    for _ in range(2):
        critic_step(twice, sgd(twice), REAL, FAKE)
    torch.testing.assert_close(once[0].weight, twice[0].weight)
    moved = []
    for steps, rate in ((1, 0.2), (2, 0.1)):  # the generator's gradient against a linear critic does not change
        torch.manual_seed(0)
        generator = nn.Linear(2, 2).double()
        for _ in range(steps):
            generator_step(generator, sgd(generator, rate), once, REAL)
        moved.append(generator.weight)
    torch.testing.assert_close(*moved)


def test_a_generator_step_leaves_the_critic_and_its_gradients_untouched():
    generator, critic = nn.Linear(2, 2).double(), linear(3.0, 4.0)
    critic_step(critic, sgd(critic), REAL, FAKE)
    weights, gradients = (
        [x.clone() for x in xs] for xs in zip(*((p, p.grad) for p in critic.parameters()), strict=True)
    )
    generator_step(generator, sgd(generator), critic, REAL)
    for parameter, weight, gradient in zip(critic.parameters(), weights, gradients, strict=True):
        assert torch.equal(parameter, weight) and torch.equal(parameter.grad, gradient) and parameter.requires_grad


# The settings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gan", ("non-saturating", "adam", 2e-4, (0.5, 0.999), 128, 1, None, None)),
        ("wgan-clip", ("wasserstein", "rmsprop", 5e-5, None, 64, 5, 0.01, None)),
        ("wgan-gp", ("wasserstein", "adam", 1e-4, (0, 0.9), 64, 5, None, 10)),
    ],
)
@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_presets_have_their_papers_hyperparameters(name, expected, network):
    config = preset(name if network == "mlp" else f"{name}-conv")
    betas = config.betas if config.optimizer == "adam" else None
    assert expected == (config.objective, config.optimizer, config.learning_rate, betas, config.batch_size,
                        config.critic_steps, config.clip, config.penalty)  # fmt: skip
    assert config.network == network
    assert config.batch_norm is (config.name == "gan-conv"), "DCGAN has it in the critic; never with a penalty"


def test_each_preset_is_called_by_its_name():
    papers = ["gan", "wgan-clip", "wgan-gp", "gan-conv", "wgan-clip-conv", "wgan-gp-conv"]
    assert list(training.PRESETS) == [*papers, "wgan-gp-tuned", "digits-in-a-minute"]
    assert all(config.name == name for name, config in training.PRESETS.items())
    assert preset("wgan-gp") == Config()


def test_the_tuned_presets_play_the_game_of_their_paper():
    tuned, papers = preset("wgan-gp-tuned"), preset("wgan-gp-conv")
    for name in ("objective", "network", "batch_norm", "penalty", "one_sided", "optimizer", "betas", "batch_size"):
        assert getattr(tuned, name) == getattr(papers, name)
    minute = preset("digits-in-a-minute").identity()
    assert {name for name, value in tuned.identity().items() if minute[name] != value} == {
        "learning_rate", "average", "steps"}  # fmt: skip


def test_an_unknown_preset_is_named_and_so_are_the_known_ones():
    with pytest.raises(ValueError, match=r"preset = 'wgan-pg'.*wgan-clip, wgan-gp"):
        preset("wgan-pg")


INFINITE, NAN = float("inf"), float("nan")
WRONG = [
    *[(name, value) for name in ("latent_dim", "width", "batch_size", "critic_steps", "steps", "log_every",
                                 "sample_every", "checkpoint_every") for value in (0, -1, 1.5)],
    *[("learning_rate", value) for value in (0.0, -1e-4, INFINITE, NAN)],
    *[("betas", value) for value in ((-0.1, 0.9), (0.5, 1.0), (0.5,), (NAN, 0.9))],
    *[("clip", value) for value in (0.0, -0.01, INFINITE, NAN)],
    *[("penalty", value) for value in (-1.0, INFINITE, NAN)],
    *[("average", value) for value in (-0.1, 1.0, NAN)],
    *[(name, value) for name in ("steps", "latent_dim", "seed") for value in (True, "3", None)],
    *[(name, "0.1") for name in ("learning_rate", "betas", "clip", "penalty", "average")], ("betas", 0.5),
    *[(name, "no") for name in ("batch_norm", "one_sided", "anneal", "resume", "tensorboard")],
    *[("name", value) for value in ("", ".", "..", "../x", "a/b", "/a", "a\nb", None)], ("train_images", 60_001),
    ("precision", "float16"), ("engine", "compile"),
    ("batch_size", 1), ("objective", "least squares"), ("network", "transformer"), ("optimizer", "sgd"), ("seed", -1),
    ("device", "tpu"), ("device", ""), ("device", "meta"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_with_its_value_before_anything_starts(name, value):
    with pytest.raises(ValueError) as error:
        Config(**{name: value})
    assert str(error.value).startswith(f"{name} = {value!r}: ")


def test_a_penalty_and_batch_norm_do_not_go_together():
    with pytest.raises(ValueError, match="batch_norm = True: a gradient penalty needs a critic without"):
        preset("wgan-gp-conv", batch_norm=True)
    assert preset("wgan-gp-conv", batch_norm=True, penalty=None).batch_norm


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("wgan-clip-conv", {"batch_norm": True}, "clipping would clamp the scale of batch norm"),
        ("gan", {"batch_norm": True}, "only conv has the choice"),
        ("wgan-clip", {"one_sided": True}, "there is no penalty to change"),
        ("wgan-gp", {"clip": 0.01}, "clip = 0.01: there is a penalty of 10.0 already"),
        ("wgan-gp", {"precision": "tf32", "device": "cpu"}, "only a GPU computes in tf32"),
        ("wgan-gp", {"engine": "graph", "device": "cpu"}, "a graph is recorded on a GPU"),
        ("wgan-gp", {"width": 16}, "width = 16: mlp has no use for it; leave it at 64"),
        ("wgan-clip", {"betas": (0.5, 0.9)}, "betas = (0.5, 0.9): rmsprop has no use for it; leave it at (0.0, 0.9)"),
        ("gan", {"out": ""}, "out = '.': expected a directory for this run alone"),
        ("gan", {"seed": 1.5}, "seed = 1.5: expected a whole number"),
        ("gan", {"seed": 2**32}, "below 2"),
    ],
)
def test_a_setting_that_would_be_ignored_or_do_harm_is_refused(name, changes, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        preset(name, **changes)


def test_a_place_may_be_given_as_a_string(tmp_path):
    assert Config(out=str(tmp_path)).out == tmp_path


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


def test_to_resume_one_must_say_what():
    with pytest.raises(ValueError, match="resume = True: say with `out` which run"):
        Config(resume=True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(ValueError, match="device = 'cuda': torch finds no GPU on this machine"):
        Config(device="cuda")
    assert training.resolve_device("auto").type == "cpu"


def test_settings_come_back_from_json_and_cannot_be_changed(tmp_path):
    config = preset("gan-conv", seed=3, out=tmp_path, steps=7)
    stored = json.loads(json.dumps(config.to_json()))
    assert Config.from_json(stored, out=tmp_path) == config
    assert str(tmp_path) not in json.dumps(stored)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 4


# The loop


@pytest.fixture(autouse=True)
def signals():
    """Let signals act as they do in a terminal; where tests run in the background, Ctrl-C is ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def weights(network):
    return [p.detach().clone() for p in network.parameters()]


def equal(ones, others):
    return all(torch.equal(one, other) for one, other in zip(ones, others, strict=True))


@pytest.mark.parametrize("critic_steps", [1, 3])
def test_the_generator_moves_at_every_nth_critic_step_and_the_critic_at_each(small, images, critic_steps):
    trainer = Trainer(small(critic_steps=critic_steps), images)
    for step in range(1, 7):
        generator, critic = weights(trainer.generator), weights(trainer.critic)
        trainer.step()
        assert trainer.steps_done == step
        assert equal(generator, weights(trainer.generator)) is (step % critic_steps != 0)
        assert not equal(critic, weights(trainer.critic))


def test_clipped_weights_are_within_the_bound_whenever_the_generator_looks(small, images):
    trainer = Trainer(small("wgan-clip-conv", learning_rate=0.1, clip=0.03), images)
    for _ in range(6):
        trainer.step()
        largest = max(weight.abs().max().item() for weight in weights(trainer.critic))
        assert largest == pytest.approx(0.03, rel=1e-6)


def test_two_runs_of_one_seed_are_equal_and_another_seed_differs(small, images):
    def train(seed):
        trainer = Trainer(small(steps=6, seed=seed), images)
        trainer.run()
        return weights(trainer.generator) + weights(trainer.critic)

    assert equal(train(0), train(0))
    assert not equal(train(0), train(1))


@pytest.mark.parametrize("name", ["wgan-gp", "wgan-gp-conv"])
def test_the_first_weights_come_from_the_seed_and_from_nothing_else(small, name):
    first = []
    for state, seed in ((1, 0), (2, 0), (2, 1)):
        torch.manual_seed(state)
        first.append([p for network in training.build(small(name, seed=seed)) for p in weights(network)])
    assert equal(first[0], first[1])
    assert not any(torch.equal(one, other) for one, other in zip(first[1], first[2], strict=True) if one.dim() > 1)


def test_a_run_neither_uses_nor_changes_the_global_generator(small, images):
    before = torch.get_rng_state()
    Trainer(small(steps=3), images).run()
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_directory_nothing_is_written(small, images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = Trainer(small(steps=4, log_every=2), images).run()
    assert [row["step"] for row in rows] == [2, 4]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "claim"), [("wgan-gp-conv", "w_estimate"), ("gan-conv", "js_estimate")])
def test_each_row_is_handed_on_and_holds_the_claim_of_its_game(small, images, name, claim):
    seen = []
    rows = Trainer(small(name, steps=6, log_every=1), images).run(on_log=seen.append)
    assert seen == rows and [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    other = {"w_estimate": "js_estimate", "js_estimate": "w_estimate"}[claim]
    assert all(np.isfinite([row[claim], row["critic_loss"]]).all() and np.isnan(row[other]) for row in rows)
    assert rows[-1]["images_per_second"] > 0
    assert np.isfinite(rows[-1]["generator_loss"])


def test_a_short_run_of_wgan_gp_tells_real_from_generated(small, images):
    config = small(steps=120, width=4, batch_size=16, learning_rate=1e-3, critic_steps=5, log_every=1)
    rows = Trainer(config, images).run()
    late = [row["w_estimate"] for row in rows[-20:]]
    assert np.isfinite([list(row.values()) for row in rows[5:]])[:, [0, 1, 2, 3, 5]].all()
    assert min(late) > 0.5 > abs(rows[0]["w_estimate"])


def test_samples_come_from_the_same_latents_each_time(small, images):
    trainer = Trainer(small(), images)
    once = trainer.sample()
    assert once.shape == (100, 1, 28, 28) and once.abs().max() <= 1
    assert torch.equal(once, trainer.sample())
    assert torch.equal(trainer.sample(trainer.fixed_latent[:3]), trainer.sample()[:3])


@pytest.mark.parametrize("name", training.PRESETS)
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


# A moving average, falling rates, half precision


def test_the_average_follows_the_generator_and_makes_the_samples(small, images):
    trainer = Trainer(small(average=0.75, critic_steps=1, learning_rate=1e-2), images)
    expected = {name: value.clone() for name, value in trainer.generator.state_dict().items()}
    for _ in range(5):
        trainer.step()
        for name, value in trainer.generator.state_dict().items():
            if value.is_floating_point():
                expected[name] = 0.75 * expected[name] + 0.25 * value
    averaged = trainer.averaged.state_dict()
    for name, value in expected.items():
        if value.is_floating_point():
            torch.testing.assert_close(averaged[name], value)
    with torch.no_grad():
        torch.testing.assert_close(trainer.sample(), trainer.averaged.eval()(trainer.fixed_latent), rtol=0, atol=0)
        assert (trainer.sample() - trainer.generator.eval()(trainer.fixed_latent)).abs().max() > 1e-4


def test_an_average_changes_nothing_but_the_samples(small, images):
    plain, averaged = (Trainer(small(steps=6, average=beta), images) for beta in (0.0, 0.9))
    plain.run(), averaged.run()
    assert plain.averaged is plain.generator
    assert equal(
        weights(plain.generator) + weights(plain.critic), weights(averaged.generator) + weights(averaged.critic)
    )


def test_learning_rates_fall_linearly_to_nothing_and_stay_within_a_cycle(small, images):
    trainer = Trainer(small(anneal=True, steps=6, critic_steps=2, learning_rate=0.6), images)
    rates = []
    for _ in range(6):
        trainer.step()
        rates.append(
            [trainer.critic_optimizer.param_groups[0]["lr"], trainer.generator_optimizer.param_groups[0]["lr"]]
        )
    np.testing.assert_allclose(rates, np.repeat([[0.6], [0.6], [0.4], [0.4], [0.2], [0.2]], 2, axis=1))


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


def test_bfloat16_trains_like_float32_to_its_own_rounding(small, images):
    losses = []
    for precision in ("float32", "bfloat16"):
        trainer = Trainer(small("wgan-gp", batch_size=32, precision=precision), images)
        losses.append([float(trainer.step().loss) for _ in range(6)])
        assert all(p.dtype == torch.float32 == p.grad.dtype for p in trainer.critic.parameters())
    assert losses[0] != losses[1], "it did something"
    np.testing.assert_allclose(*losses, rtol=0.02)


# A cycle: what a CUDA graph holds


@pytest.mark.parametrize("name", training.PRESETS)
def test_a_cycle_does_bit_for_bit_what_its_steps_do(small, images, name):
    config = small(name, average=0.5, anneal=False, log_every=preset(name).critic_steps)  # rates fall between cycles
    one, other = Trainer(config, images), Trainer(config, images)
    for number in range(3):
        for _ in range(config.critic_steps):
            seen = one.step()
        whole, generator_loss, claim = other.cycle(other._unseen((number + 1) * config.log_every))
        assert (seen.loss, seen.claim, one.generator_loss, one.validation_claim) == (*whole, generator_loss, claim)
    for network in ("generator", "critic", "averaged"):
        assert equal(*(list(getattr(trainer, network).state_dict().values()) for trainer in (one, other)))
    assert torch.equal(one.rng.get_state(), other.rng.get_state())


class Replay:
    """Stands for a recording: plays, and gives back its result in tensors that stay in place."""

    def __init__(self, play):
        self.play, self.calls, self.result = play, 0, None

    def __call__(self):
        seen, generator_loss, claim = self.play()
        fresh = [*seen, generator_loss, claim]
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
def test_a_run_of_recorded_cycles_writes_what_a_run_of_steps_writes(small, images, tmp_path, options, calls):
    config = small(critic_steps=2, anneal=True, average=0.5, **options)
    Trainer(dataclasses.replace(config, out=tmp_path / "steps"), images).run()
    trainer = Trainer(dataclasses.replace(config, out=tmp_path / "cycles"), images)
    trainer.unseen_now = trainer.unseen[: config.batch_size].clone()
    trainer.recording = Replay(lambda: trainer.cycle(trainer.unseen_now))
    trainer.run()
    assert trainer.recording.calls == calls
    assert contents(tmp_path / "cycles") == contents(tmp_path / "steps")


def test_the_last_test_digits_that_fill_no_batch_are_left_to_single_steps(small, images):
    config = small(batch_size=16, critic_steps=1, log_every=1, sample_every=100, checkpoint_every=100, steps=4)
    trainer = Trainer(config, images)
    trainer.unseen = trainer.unseen[:40]  # 16, 16 and 8
    trainer.unseen_now = trainer.unseen[:16].clone()
    trainer.recording = Replay(lambda: trainer.cycle(trainer.unseen_now))
    rows, whole = trainer.run(), Trainer(config, images)
    whole.unseen = trainer.unseen
    assert [row["validation_estimate"] for row in rows] == [row["validation_estimate"] for row in whole.run()]
    assert trainer.recording.calls == 3


# What is on disk

RUN = {"steps": 9, "critic_steps": 2, "log_every": 1, "sample_every": 2, "checkpoint_every": 3}


def contents(out):
    """Return all that a run wrote, without what a clock had a hand in."""
    found = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file() and path.name != rundir.LOCK):
        name = path.relative_to(out).as_posix()
        if name == "metrics.csv":
            found[name] = [[repr(x) for x in row.values()][:-1] for row in read_metrics(path)]
        elif path.suffix == ".safetensors":
            tensors, facts = checkpoints.load(path)
            if "rows" in tensors:
                tensors["rows"] = tensors["rows"][:, :-1].clone()
            flat = {key: tensor.numpy().tobytes() for key, tensor in checkpoints.flatten(tensors).items()}
            found[name] = flat, {key: value for key, value in facts.items() if key != "seconds"}
        elif name == "run.json":
            found[name] = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("seconds", "date")}
        else:
            found[name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory, images):
    """Return the contents of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    Trainer(preset("wgan-gp-conv", width=2, latent_dim=4, batch_size=4, device="cpu", out=out, **RUN), images).run()
    return contents(out)


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
    stored, _ = checkpoints.load(tmp_path / "generator.safetensors")
    torch.testing.assert_close(stored, dict(trainer.generator.state_dict()), rtol=0, atol=0)


def test_a_bystander_always_finds_whole_files(small, images, tmp_path, monkeypatch):
    replace, seen = os.replace, []

    def look_then_replace(draft, target):
        seen.append(target.name)
        contents(tmp_path)
        replace(draft, target)

    monkeypatch.setattr(checkpoints.os, "replace", look_then_replace)
    Trainer(small(out=tmp_path, **RUN), images).run()
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()} - {rundir.LOCK}
    assert names == set(seen), "every file goes that way"


# Interrupted


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def dying(monkeypatch):
    """Return a context in which the process dies after so many writes; it gives the names of the files written."""

    @contextmanager
    def after(survived):
        write, written = checkpoints.write_atomically, []

        def write_or_die(path, content):
            if len(written) == survived:
                raise Killed
            write(path, content)
            written.append(path.name)

        with monkeypatch.context() as patch:
            patch.setattr(checkpoints, "write_atomically", write_or_die)
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", [1, 4, 8])
def test_ctrl_c_saves_the_step_it_is_at_and_resumes_to_the_same_bits(
    small, images, tmp_path, capsys, whole, number, step
):
    def interrupt(row):
        if row["step"] == step:
            os.kill(os.getpid(), number)

    handler = signal.getsignal(number)
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    trainer.run(on_log=interrupt)
    assert trainer.stopped_by == number
    said = f"Stopped after step {step}. The same command with --out {tmp_path} --resume goes on."
    assert said in capsys.readouterr().out
    assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["step"] == step
    assert signal.getsignal(number) is handler, "the signals are given back"
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
        (tmp_path / f"{k:02d}.png").write_bytes(rundir.png(grid))
    (tmp_path / "film.gif").write_bytes(rundir.gif(sorted(tmp_path.glob("*.png"))))
    film = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(Image.open(tmp_path / "film.gif"))]
    assert len(film) == 20
    assert (film[0] == 255).all() and (film[-1] == 219).all()


def test_a_picture_has_sixteen_greys_each_within_half_a_step_of_its_pixel(tmp_path):
    grid = np.arange(256, dtype=np.uint8).reshape(16, 16)
    (tmp_path / "grid.png").write_bytes(rundir.png(grid))
    kept = np.array(Image.open(tmp_path / "grid.png").convert("L")).astype(int)
    assert len(np.unique(kept)) == 16 and np.abs(kept - grid).max() <= 8


def test_a_second_ctrl_c_acts_at_once(small, images, tmp_path):
    def twice(row):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(KeyboardInterrupt):
        trainer.run(on_log=twice)
    assert not (tmp_path / "checkpoint.safetensors").exists()


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


def mark(out):
    """Return when the checkpoint was last written, or None."""
    try:
        return (out / "checkpoint.safetensors").stat().st_mtime_ns
    except FileNotFoundError:
        return None


# Divergence


def poison(network):
    next(network.parameters()).data.fill_(NAN)


@pytest.mark.parametrize("player", ["generator", "critic"])
def test_nan_stops_the_run_with_the_step_and_the_causes_and_spares_the_checkpoint(
    small, images, tmp_path, whole, player
):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(Diverged, match="is nan at step 6.*learning rate.*The last checkpoint .* is intact") as error:
        trainer.run(on_log=lambda row: poison(getattr(trainer, player)) if row["step"] == 5 else None)
    assert str(tmp_path) in str(error.value)
    assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


def test_no_picture_is_drawn_by_a_generator_that_is_not_finite(small, images, tmp_path):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(Diverged, match="generator/.* is NaN or infinite at step 4"):
        trainer.run(on_log=lambda row: poison(trainer.generator) if row["step"] == 4 else None)
    assert [path.stem for path in (tmp_path / "samples").iterdir()] == ["00000002"]


def test_pixels_that_become_nan_stop_the_first_step(small, images, monkeypatch):
    monkeypatch.setattr(mnist, "scale", lambda pixels: pixels * NAN)
    with pytest.raises(Diverged, match="loss is nan at step 1"):
        Trainer(small(steps=5), images).run()


def test_a_learning_rate_that_explodes_is_stopped(small, images):
    config = small("wgan-gp-conv", steps=200, learning_rate=1e20, penalty=None)
    with pytest.raises(Diverged, match=r"here 1e\+20"):
        Trainer(config, images).run()


@pytest.mark.parametrize("player", ["generator", "critic"])
def test_weights_that_break_in_the_very_step_of_a_checkpoint_do_not_get_into_it(small, images, tmp_path, whole, player):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(Diverged, match=f"{player}/.*weight is NaN or infinite at step 6"):
        trainer.run(on_log=lambda row: poison(getattr(trainer, player)) if row["step"] == 6 else None)
    assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


LASTING = {
    "a statistic of the generator": lambda trainer: trainer.generator[2].running_var,
    "a statistic of the critic": lambda trainer: trainer.critic[3].running_mean,
    "the average": lambda trainer: trainer.averaged[4].weight.data,
    "a statistic of the average": lambda trainer: trainer.averaged[2].running_mean,
    "a moment": lambda trainer: trainer.critic_optimizer.state[trainer.critic[0].weight]["exp_avg_sq"],
}


@pytest.mark.parametrize("value", [NAN, INFINITE])
@pytest.mark.parametrize("what", LASTING)
def test_whatever_lasts_and_is_not_finite_does_not_get_into_a_checkpoint(small, images, tmp_path, what, value):
    trainer = Trainer(small("gan-conv", out=tmp_path, average=0.9, **RUN), images)

    def spoil(row):
        if row["step"] == 6:
            LASTING[what](trainer).view(-1)[0] = value

    with pytest.raises(Diverged, match="is NaN or infinite at step 6"):
        trainer.run(on_log=spoil)
    assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3


def test_a_generators_loss_that_is_not_finite_stops_the_run_too(small, images, monkeypatch):
    monkeypatch.setattr(training, "generator_step", lambda *args, **options: torch.tensor(INFINITE))
    with pytest.raises(Diverged, match="the generator's loss is inf at step 2"):
        Trainer(small(steps=6, critic_steps=2), images).run()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_is_full_leaves_the_last_checkpoint(small, images, tmp_path, monkeypatch, whole, call):
    real = getattr(os, call)

    def full_from_step_6(*args):
        if trainer.steps_done >= 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*args)

    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(checkpoints.os, call, full_from_step_6)
        trainer.run()
    assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3
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
    assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 12


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


def stop_at(step):
    """Return a listener that presses Ctrl-C at `step`."""
    return lambda row: os.kill(os.getpid(), signal.SIGINT) if row["step"] == step else None


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


def test_without_tensorboard_one_is_told_before_anything_starts(small, images, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="tensorboard = True: the package is not installed; `pip install tensorboard`"):
        Trainer(small(out=tmp_path / "run", tensorboard=True), images)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_older_than_a_setting_is_resumed_with_its_default(small, images, tmp_path, whole):
    Trainer(small(out=tmp_path, **RUN | {"steps": 3}), images).run()
    stored = json.loads((tmp_path / "config.json").read_text())
    for young in ("average", "anneal", "precision", "engine"):
        del stored[young]
    (tmp_path / "config.json").write_text(json.dumps(stored))
    tensors, facts = checkpoints.load(tmp_path / "checkpoint.safetensors")
    facts["config"] = {name: value for name, value in facts["config"].items() if name in stored}
    checkpoints.save(tmp_path / "checkpoint.safetensors", tensors, **facts)
    with pytest.raises(ValueError, match=r"average = 0.5: the run to resume has 0.0"):
        Trainer(small(out=tmp_path, resume=True, average=0.5, **RUN), images)
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert set(contents(tmp_path)) >= {"metrics.csv", "run.json"}
    assert contents(tmp_path)["checkpoint.safetensors"] == whole["checkpoint.safetensors"]


def test_tensorboard_gets_the_same_numbers_once_though_the_run_was_interrupted(small, images, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    options = RUN | {"tensorboard": True, "out": tmp_path}
    trainer = Trainer(small(**options), images)
    with pytest.raises(Diverged):
        trainer.run(on_log=lambda row: poison(trainer.critic) if row["step"] == 5 else None)
    rows = Trainer(small(resume=True, **options), images).run()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    shown = [(event.step, event.value) for event in events.Scalars("critic_loss")]
    assert shown == [(row["step"], pytest.approx(row["critic_loss"])) for row in rows]


# Faults of files, each of which must leave the run as it was, and say what to do


def spare(out):
    """Return the content of every file, to be held against what is there later."""
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != rundir.LOCK}


@pytest.fixture
def finished(small, images, tmp_path):
    """Return a function that makes a Trainer, which resumes, in the directory of a finished run."""
    Trainer(small(out=tmp_path, **RUN), images).run()
    return lambda **changes: Trainer(small(**{"out": tmp_path, "resume": True} | RUN | changes), images)


@pytest.mark.parametrize("kept", rundir.RESULTS)
def test_results_without_a_checkpoint_are_not_resumed_over(finished, tmp_path, kept):
    for name in {"checkpoint.safetensors", *rundir.RESULTS} - {kept}:
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
        (tmp_path / f"{k}.png").write_bytes(rundir.png(np.full((size, size), 80 * k, np.uint8)))
    (tmp_path / "1.png").write_bytes(b"")
    paths = sorted(tmp_path.glob("*.png"))
    (tmp_path / "film.gif").write_bytes(rundir.gif(paths))
    assert Image.open(tmp_path / "film.gif").n_frames == 2
    assert rundir.gif(paths[1:2]) is None


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
    assert path.read_bytes().decode() == rundir.metrics_text(trainer.rows), "before the first step"
    trainer.run()
    assert contents(tmp_path / "run") == whole


@pytest.mark.parametrize("lost", ["rows", "rng", "critic_optimizer", "generator_optimizer", "generator", "critic",
                                  "averaged", "generator_loss"])  # fmt: skip
def test_a_checkpoint_that_lacks_something_is_refused_and_named(small, images, tmp_path, lost):
    config = small(out=tmp_path, average=0.9, **RUN)
    Trainer(config, images).run()
    tensors, facts = checkpoints.load(tmp_path / "checkpoint.safetensors")
    del tensors[lost]
    checkpoints.save(tmp_path / "checkpoint.safetensors", tensors, **facts)
    before = spare(tmp_path)
    with pytest.raises(ValueError, match="checkpoint.safetensors is intact, but not what this version of wgan_lib"):
        Trainer(dataclasses.replace(config, resume=True), images)
    assert spare(tmp_path) == before


@pytest.mark.parametrize("lost", ["step", "seconds", "device", "config", "made_on"])
def test_a_checkpoint_that_lacks_a_fact_is_refused_and_named(finished, tmp_path, lost):
    tensors, facts = checkpoints.load(tmp_path / "checkpoint.safetensors")
    checkpoints.save(tmp_path / "checkpoint.safetensors", tensors, **{k: v for k, v in facts.items() if k != lost})
    with pytest.raises(ValueError, match=rf"\('{lost}' is missing\); use it with the run and the version"):
        finished()


@pytest.mark.parametrize("part", ["exp_avg", "exp_avg_sq", "step", "a moment's shape", "a weight's shape"])
def test_a_checkpoint_whose_parts_do_not_fit_is_refused_before_the_first_step(finished, tmp_path, part):
    tensors, facts = checkpoints.load(tmp_path / "checkpoint.safetensors")
    if part == "a weight's shape":
        tensors["critic"]["0.weight"] = torch.zeros(3)
    elif part == "a moment's shape":
        tensors["critic_optimizer"]["0"]["exp_avg"] = torch.zeros(3)
    else:
        del tensors["critic_optimizer"]["1"][part]
    checkpoints.save(tmp_path / "checkpoint.safetensors", tensors, **facts)
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


WRONG_IMAGES = {
    "floats": lambda images: images / 255,
    "in [-1, 1]": lambda images: images / 127.5 - 1,
    "labels": lambda images: torch.arange(16, dtype=torch.uint8),
    "no channel": lambda images: images[:, 0],
    "three channels": lambda images: images.expand(-1, 3, -1, -1),
    "another size": lambda images: images[..., :20],
    "none": lambda images: images[:0],
    "an array": lambda images: images.numpy(),
    "a list": lambda images: images.tolist(),
    "a number": lambda images: torch.tensor(3, dtype=torch.uint8),
}


@pytest.mark.parametrize("what", WRONG_IMAGES)
def test_images_that_are_not_pixels_are_refused_before_anything_starts(small, images, tmp_path, what):
    with pytest.raises(ValueError, match=r"^images: expected pixels as MNIST has them, .*, and not an? [\w.]+"):
        Trainer(small(out=tmp_path / "run"), WRONG_IMAGES[what](images))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_stays_ignored(small, images, number):
    signal.signal(number, signal.SIG_IGN)
    trainer = Trainer(small(steps=3, log_every=1), images)
    assert len(trainer.run(on_log=lambda row: os.kill(os.getpid(), number))) == 3
    assert signal.getsignal(number) is signal.SIG_IGN and trainer.stopped_by is None


# What is measured


class Clock:
    """Stands for `time`: a second passes whenever it is looked at."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        self.now += 1
        return self.now

    def __getattr__(self, name):
        return getattr(time, name)


@pytest.mark.parametrize("batch", [4, 8])
def test_the_speed_is_that_of_the_images_since_the_last_row(small, images, monkeypatch, batch):
    clock, looks = Clock(), []
    monkeypatch.setattr(training, "time", clock)
    rows = Trainer(small(steps=9, log_every=3, batch_size=batch), images).run(
        on_log=lambda row: looks.append(clock.now)
    )
    for then, now, row in zip(looks, looks[1:], rows[1:], strict=False):  # one look for the row, one to begin the next
        assert row["images_per_second"] == pytest.approx(3 * batch / (now - 1 - then), abs=0.06)
    assert len(rows) == len(looks) == 3


def test_seconds_are_those_of_all_sessions(small, images, tmp_path, monkeypatch):
    config = small(out=tmp_path, **RUN)
    Trainer(config, images).run(on_log=stop_at(4))
    monkeypatch.setattr(training, "time", Clock())
    for session in ("first", "second"):
        tensors, facts = checkpoints.load(tmp_path / "checkpoint.safetensors")
        checkpoints.save(tmp_path / "checkpoint.safetensors", tensors, **facts | {"seconds": 5000.0})
        trainer = Trainer(dataclasses.replace(config, resume=True), images)
        assert trainer.seconds == 5000
        trainer.run(on_log=stop_at(6) if session == "first" else None)
        assert 5000 < trainer.seconds < 5100
        assert json.loads((tmp_path / "run.json").read_text())["seconds"] == pytest.approx(trainer.seconds, abs=0.1)
        assert checkpoints.load(tmp_path / "checkpoint.safetensors")[1]["seconds"] == trainer.seconds


def test_only_as_many_images_as_were_asked_for_are_learnt_from(small, images):
    few, cut, all_ = (Trainer(small(steps=6, train_images=n), pixels)
                      for n, pixels in ((5, images), (60_000, images[:5]), (60_000, images)))  # fmt: skip
    for trainer in (few, cut, all_):
        trainer.run()
    assert torch.equal(few.images, images[:5])
    assert equal(weights(few.critic), weights(cut.critic)) and not equal(weights(few.critic), weights(all_.critic))


@pytest.mark.parametrize("name", ["wgan-gp-conv", "gan-conv"])
def test_the_validation_estimate_is_the_claim_on_test_digits_that_take_turns(small, images, name):
    trainer = Trainer(small(name, log_every=1, critic_steps=1), images)
    trainer.unseen = images.flip(0)
    batches = trainer.unseen.split(4)
    for step in range(1, 7):
        critic, rng = copy.deepcopy(trainer.critic), trainer.rng.get_state()
        generator = copy.deepcopy(trainer.generator)
        trainer.step()
        draw = torch.Generator()
        draw.set_state(rng)
        torch.randint(16, (4,), generator=draw)
        with torch.no_grad():
            fake = generator(torch.randn(4, 4, generator=draw))
            scores = critic(batches[(step - 1) % 4] / 127.5 - 1), critic(fake)
        objective = trainer.objective
        expected = objective.estimate(objective.critic_loss(*scores))
        torch.testing.assert_close(trainer.validation_claim, expected, rtol=1e-4, atol=1e-6)


def test_snapshots_are_in_half_precision_and_say_whose_they_are(small, images, tmp_path):
    trainer = Trainer(small(out=tmp_path, average=0.5, **RUN), images)
    trainer.run()
    tensors, facts = checkpoints.load(tmp_path / "snapshots" / "00000009.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16, torch.int64}
    for name, tensor in trainer.averaged.state_dict().items():
        torch.testing.assert_close(tensors[name].to(tensor.dtype), tensor, rtol=1e-3, atol=1e-4)
    expected = {"step": 9, "config": json.loads(json.dumps(trainer.config.identity()))}
    assert facts == checkpoints.load(tmp_path / "generator.safetensors")[1] == expected


# On a GPU


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", training.PRESETS)
def test_a_gpu_trains_and_resumes(name, images, tmp_path):
    config = preset(name, batch_size=16, steps=6, log_every=3, checkpoint_every=3, device="cuda", out=tmp_path)
    Trainer(dataclasses.replace(config, steps=3), images).run()
    trainer = Trainer(dataclasses.replace(config, resume=True), images)
    assert trainer.steps_done == 3 and trainer.images.is_cuda
    assert [row["step"] for row in trainer.run()] == [3, 6]
    assert all(p.is_cuda and torch.isfinite(p).all() for p in trainer.critic.parameters())
    with pytest.raises(ValueError, match="device = 'cpu': the run to resume was made on cuda"):
        Trainer(dataclasses.replace(config, resume=True, device="cpu"), images)


GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def on_gpu(name, engine, **changes):
    """Return a configuration whose cycles a graph can hold."""
    beat = preset(name).critic_steps
    narrow = {"width": 8} if preset(name).network == "conv" else {}
    return preset(name, device="cuda", engine=engine, batch_size=32, log_every=beat, sample_every=8 * beat,
                  checkpoint_every=4 * beat, **{"steps": 8 * beat} | narrow | changes)  # fmt: skip


@GPU
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
@pytest.mark.parametrize("name", training.PRESETS)
def test_a_graph_computes_what_single_steps_compute(name, precision, images):
    eager, graph = (Trainer(on_gpu(name, engine, precision=precision, average=0.9, anneal=True), images)
                    for engine in ("eager", "graph"))  # fmt: skip
    rows, recorded = eager.run(), graph.run()
    assert eager.recording is None and graph.recording.graph is not None, "five of its eight cycles were played back"
    assert torch.equal(eager.rng.get_state(), graph.rng.get_state()), "the same random numbers"
    for row, other in zip(rows, recorded, strict=True):
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
    while trainer.steps_done < 5 * beat:  # warm up and record
        trainer.advance()
    torch.cuda.set_sync_debug_mode("error")
    try:
        while trainer.steps_done < 8 * beat:
            trainer.advance()
    finally:
        torch.cuda.set_sync_debug_mode("default")


@GPU
def test_each_replay_draws_new_random_numbers(images):
    trainer = Trainer(on_gpu("wgan-gp", "graph", steps=10**6), images)
    claims = [float(trainer.advance().claim) for _ in range(8)]
    assert len(set(claims)) == 8
