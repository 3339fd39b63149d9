"""The two steps by hand, and the game that they make."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from small_run import equal, weights
from torch import nn

from wgan_lib import lipschitz, mnist, training
from wgan_lib.objectives import OBJECTIVES
from wgan_lib.settings import PRESETS
from wgan_lib.training import Trainer, critic_step, generator_step


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
    assert (seen.loss.item(), seen.estimate.item()) == (-10, 10)
    torch.testing.assert_close(critic[0].weight.data, torch.tensor([[3.0, 4.0]]).double() + 0.1 * PULL)


def test_a_critic_step_with_a_penalty_by_hand():
    critic = linear(3.0, 4.0)
    seen = critic_step(critic, sgd(critic), REAL, FAKE, penalty=10.0)
    assert seen.loss.item() == pytest.approx(-10 + 10 * (5 - 1) ** 2)
    assert seen.estimate.item() == pytest.approx(10), "the estimate is without the penalty"
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


def test_only_as_many_images_as_were_asked_for_are_learnt_from(small, images):
    few, cut, all_ = (Trainer(small(steps=6, train_images=n), pixels)
                      for n, pixels in ((5, images), (60_000, images[:5]), (60_000, images)))  # fmt: skip
    for trainer in (few, cut, all_):
        trainer.run()
    assert torch.equal(few.images, images[:5])
    assert equal(weights(few.critic), weights(cut.critic)) and not equal(weights(few.critic), weights(all_.critic))


@pytest.mark.parametrize("name", ["wgan-gp-conv", "gan-conv"])
def test_the_validation_estimate_is_that_on_test_digits_that_take_turns(small, images, name):
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
        torch.testing.assert_close(trainer.validation_estimate, expected, rtol=1e-4, atol=1e-6)


# What a setting does in a step


def test_an_r1_penalty_by_hand():
    critic = linear(3.0, 4.0)
    seen = critic_step(critic, sgd(critic), REAL, FAKE, r1=2.0)
    expected = -10 + 2 * lipschitz.r1_penalty(linear(3.0, 4.0), REAL).item()
    assert seen.loss.item() == pytest.approx(expected) and expected > -10
    assert seen.estimate.item() == pytest.approx(10), "the estimate is without the penalty"


PLAYED = {
    "gan-conv": {}, "wgan-gp-conv": {}, "wgan-clip-conv": {"clip": 0.02, "learning_rate": 0.1},
    "minimax": {"objective": "minimax", "penalty": 3.0}, "one-sided": {"one_sided": True, "penalty": 40.0},
}  # fmt: skip


@pytest.mark.parametrize("what", PLAYED)
def test_a_step_of_the_trainer_is_the_two_steps_with_its_settings(small, images, what):
    name = what if what in PRESETS else "wgan-gp-conv"
    trainer = Trainer(small(name, critic_steps=1, **PLAYED[what]), images)
    for _ in range(3):  # from the second on, Adam and its moments count, too
        before = copy.deepcopy((trainer.generator, trainer.critic, trainer.generator_optimizer.state_dict(),
                                trainer.critic_optimizer.state_dict()))  # fmt: skip
        draw = torch.Generator()
        draw.set_state(trainer.rng.get_state())
        seen = trainer.step()
        expected, networks = in_the_open(trainer.config, images, draw, before)
        assert torch.equal(seen.loss, expected.loss) and torch.equal(seen.estimate, expected.estimate)
        for network, by_hand in zip((trainer.generator, trainer.critic), networks, strict=True):
            assert equal(weights(network), weights(by_hand))


def in_the_open(config, images, draw, before):
    """Return what a critic step sees, and both networks after a generator step, with the draws in their order."""
    generator, critic, *moments = before
    make = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}[config.optimizer]
    options = {"betas": config.betas, "fused": True} if config.optimizer == "adam" else {"foreach": False}
    optimizers = [make(network.parameters(), config.learning_rate, **options) for network in (generator, critic)]
    for optimizer, state in zip(optimizers, moments, strict=True):
        optimizer.load_state_dict(
            optimizer.state_dict() | {"state": state["state"]}
        )  # rates and betas are the config's
    shape = (config.batch_size, config.latent_dim)
    real = mnist.scale(images[torch.randint(len(images), (config.batch_size,), generator=draw)])
    with torch.no_grad():
        fake = generator(torch.randn(shape, generator=draw))
    epsilon = torch.rand((config.batch_size, 1, 1, 1), generator=draw) if config.penalty else None
    objective = OBJECTIVES[config.objective]
    seen = critic_step(critic, optimizers[1], real, fake, objective=objective, clip=config.clip,
                       penalty=config.penalty, one_sided=config.one_sided, epsilon=epsilon)  # fmt: skip
    generator_step(generator, optimizers[0], critic, torch.randn(shape, generator=draw), objective=objective)
    return seen, (generator, critic)


def test_test_digits_change_with_every_row_and_come_from_the_same_place_as_the_others(small, images, monkeypatch):
    asked = []

    def look(split="train", **options):
        asked.append((split, options["data"]))
        return images

    monkeypatch.setattr(mnist, "images", look)
    trainer = Trainer(small(data="somewhere", log_every=2))
    assert asked == [("train", Path("somewhere")), ("test", Path("somewhere"))]
    rows = [trainer.unseen_at(step) for step in (2, 4, 6, 8, 10)]
    assert all(torch.equal(trainer.unseen[row], images[4 * k : 4 * k + 4]) for k, row in enumerate(rows[:4]))
    assert torch.equal(rows[4], rows[0]), "and from the start again"
