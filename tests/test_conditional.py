"""Networks that are told the label: against their formulas, against loops by hand, and in training."""

import copy

import pytest
import torch
from torch import nn

from wgan_lib import conditional, lipschitz, mnist, networks, randomness, runs, training
from wgan_lib.conditional import CLASSES, ConcatenationCritic, ConditionalGenerator, ProjectionCritic, given
from wgan_lib.training import Trainer

LABELS = torch.tensor([3, 0, 3, 9])


@pytest.fixture(params=["concatenation", "projection"])
def told(small, request):
    """Return a function that makes a small Config whose players are told the label in one of the two ways."""
    return lambda **changes: small("cwgan-gp", **{"conditioning": request.param, "steps": 8} | changes)


@pytest.fixture
def projection():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0))
    critic = ProjectionCritic(layers).double()
    nn.init.normal_(critic.directions.weight)
    return critic


def test_a_projection_is_the_formula(projection):
    x = torch.randn(4, 2, dtype=torch.float64)
    hidden, last = projection.features[0], projection.score[0]
    for example, label, score in zip(x, LABELS, projection(x, LABELS), strict=True):
        phi = (hidden.weight @ example + hidden.bias).clamp(min=0)
        expected = last.weight[0] @ phi + last.bias[0] + projection.directions.weight[label] @ phi
        torch.testing.assert_close(score, expected)


def test_a_projection_knows_nothing_of_labels_at_first():
    _, critic = conditional.players(training.preset("cwgan-gp", width=2))
    x = torch.rand(4, 1, 28, 28)
    assert torch.equal(critic(x, LABELS), critic(x, LABELS.flip(0)))


def test_a_concatenation_sees_a_channel_of_ones_for_its_label():
    torch.manual_seed(0)
    inner = networks.conv_critic(2, batch_norm=False, channels=1 + CLASSES)
    x, by_hand = torch.rand(4, 1, 28, 28), torch.zeros(4, 11, 28, 28)
    by_hand[:, :1] = x
    for row, label in enumerate(LABELS):
        by_hand[row, 1 + label] = 1
    critic = ConcatenationCritic(inner)
    assert torch.equal(critic(x, LABELS), inner(by_hand))
    assert not torch.equal(critic(x, LABELS), critic(x, (LABELS + 1) % 10))


def test_a_generator_is_told_by_ten_numbers_behind_the_noise():
    torch.manual_seed(0)
    inner, latent = nn.Linear(12, 3), torch.randn(4, 2)
    generator = ConditionalGenerator(inner)
    columns = inner.weight[:, 2:].T
    torch.testing.assert_close(generator(latent, LABELS), latent @ inner.weight[:, :2].T + columns[LABELS] + inner.bias)
    assert torch.equal(generator(latent), generator(latent, torch.tensor([0, 1, 2, 3]))), "untold, all in turn"
    assert conditional.in_turn(23).tolist() == [*range(10), *range(10), 0, 1, 2]


def test_given_labels_serve_real_and_generated_in_one_pass(projection):
    x, y = torch.randn(2, 4, 2, dtype=torch.float64)
    together = given(projection, LABELS)(torch.cat([x, y]))
    torch.testing.assert_close(together, torch.cat([projection(x, LABELS), projection(y, LABELS)]))
    assert given(projection, None) is projection


@pytest.mark.parametrize(("n", "labels"), [(5, LABELS), (3, LABELS), (4, LABELS[:0])])
def test_labels_that_do_not_go_into_the_examples_are_refused(projection, n, labels):
    with pytest.raises(ValueError, match=f"{n} examples for {len(labels)} labels: expected as many, or a multiple"):
        given(projection, labels)(torch.zeros(n, 2, dtype=torch.float64))


@pytest.mark.parametrize("mode", [True, False])
def test_a_sample_leaves_the_mode_of_the_network_as_it_was(mode):
    generator, _ = conditional.players(training.preset("cwgan-gp", width=2, latent_dim=4))
    generator.train(mode)
    networks.sample(given(generator, LABELS), torch.zeros(4, 4))
    assert {module.training for module in generator.modules()} == {mode}


def test_the_penalty_is_on_the_slope_in_the_image_alone(projection):
    """Against central differences: the label does not move along with x."""
    x = torch.randn(4, 2, dtype=torch.float64)
    steps = 1e-6 * torch.eye(2, dtype=torch.float64)
    rises = [(projection(x + step, LABELS) - projection(x - step, LABELS)) / 2e-6 for step in steps]
    expected = torch.stack(rises, dim=1).norm(dim=1)
    slopes = lipschitz.gradient_norms(given(projection, LABELS), x)
    torch.testing.assert_close(slopes, expected, rtol=1e-6, atol=1e-8)


def test_between_labels_a_critic_may_jump(projection):
    """No slope in x limits f(x, y) − f(x, y'): a hundred times the directions, and the jump is a hundred times."""
    x = torch.randn(4, 2, dtype=torch.float64)

    def jump():
        return projection(x, LABELS) - projection(x, (LABELS + 1) % 10)

    before = jump()
    projection.directions.weight.data *= 100
    torch.testing.assert_close(jump(), 100 * before)


def test_a_constant_for_each_label_leaves_the_estimate_alone(projection):
    """Real and generated share their labels, so what a label adds to both sides cancels."""

    class Shifted(nn.Module):
        def forward(self, x, labels):
            return projection(x, labels) + 1000 * labels

    x, y = torch.randn(2, 4, 2, dtype=torch.float64)
    estimates = []
    for critic in (projection, Shifted()):
        scores = given(critic, LABELS)(torch.cat([x, y]))
        estimates.append(scores[:4].mean() - scores[4:].mean())
    torch.testing.assert_close(*estimates)


def test_counts_are_those_of_the_training_set_and_draws_follow_them():
    labels = mnist.labels()
    assert tuple(torch.bincount(labels).tolist()) == conditional.COUNTS["mnist"]
    shares = torch.bincount(conditional.drawn(100_000, seed=0), minlength=10) / 100_000
    expected = torch.tensor(conditional.COUNTS["mnist"]) / 60_000
    assert (shares - expected).abs().max() < 4 * (0.1 * 0.9 / 100_000) ** 0.5
    assert not torch.equal(conditional.drawn(20, 0), conditional.drawn(20, 1))


def test_conditioning_asks_for_convolutions():
    with pytest.raises(ValueError, match="conditioning = 'projection': only conv is told labels; use --network conv"):
        training.preset("wgan-gp", conditioning="projection")
    with pytest.raises(ValueError, match="expected one of none, concatenation, projection"):
        training.preset("wgan-gp-conv", conditioning="by heart")


def test_each_image_needs_its_label(told, images):
    with pytest.raises(ValueError, match="3 labels for 16 images: expected one for each"):
        Trainer(told(), images, LABELS[:3])


def test_a_cycle_is_the_algorithm_with_labels(told, images):
    """Two steps of the Trainer, against the game written out with the networks themselves."""
    labels = torch.arange(16) % 10
    trainer = Trainer(told(anneal=False, average=0.0, log_every=100), images, labels)
    generator, critic = copy.deepcopy(trainer.generator), copy.deepcopy(trainer.critic)
    rng = torch.Generator()
    rng.set_state(trainer.rng.get_state())
    # Adam would make a step of full length out of a slope that is rounding alone.
    trainer.generator_optimizer = torch.optim.SGD(trainer.generator.parameters(), lr=0.01)
    trainer.critic_optimizer = torch.optim.SGD(trainer.critic.parameters(), lr=0.01)
    descents = [torch.optim.SGD(network.parameters(), lr=0.01) for network in (generator, critic)]
    for _ in range(2):
        trainer.step()
        which = torch.randint(16, (4,), generator=rng)
        real, y = images[which] / 127.5 - 1, labels[which]
        fake = generator(torch.randn(4, 4, generator=rng), y).detach()
        mixed = torch.lerp(fake, real, torch.rand(4, 1, 1, 1, generator=rng)).requires_grad_()
        (slopes,) = torch.autograd.grad(critic(mixed, y).sum(), mixed, create_graph=True)
        penalty = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
        loss = critic(fake, y).mean() - critic(real, y).mean() + 10 * penalty
        descents[1].zero_grad()
        loss.backward()
        descents[1].step()
        loss = -critic(generator(torch.randn(4, 4, generator=rng), y), y).mean()
        descents[0].zero_grad()
        loss.backward()
        descents[0].step()
    for ours, by_hand in ((trainer.generator, generator), (trainer.critic, critic)):
        for one, other in zip(ours.parameters(), by_hand.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_the_validation_is_on_unseen_digits_with_their_own_labels(told, images):
    trainer = Trainer(told(log_every=1, average=0.0), images, torch.zeros(16, dtype=torch.int64))
    trainer.unseen, trainer.unseen_labels = images.flip(0), torch.arange(16) % 10
    generator, critic, rng = copy.deepcopy(trainer.generator), copy.deepcopy(trainer.critic), trainer.rng.get_state()
    trainer.step()
    draw = torch.Generator()
    draw.set_state(rng)
    torch.randint(16, (4,), generator=draw)
    latent = torch.randn(4, 4, generator=draw)
    with torch.no_grad():
        generator(latent, torch.zeros(4, dtype=torch.int64))  # as training does, which moves batch norm
        y = torch.arange(4)
        expected = critic(trainer.unseen[:4] / 127.5 - 1, y).mean() - critic(generator(latent, y), y).mean()
    torch.testing.assert_close(trainer.validation_estimate, expected, rtol=1e-4, atol=1e-6)


def test_a_run_draws_the_digit_that_is_asked_for(told, images, tmp_path):
    Trainer(told(out=tmp_path / "run", steps=4), images).run()
    run = runs.load(tmp_path / "run")
    latent = randomness.noise(5, 4, seed=1)
    for digit, labels in [(7, torch.full((5,), 7)), (8, torch.full((5,), 8)), (None, conditional.drawn(5, 1))]:
        expected = networks.sample(given(run.generator(), labels), latent)
        assert torch.equal(run.generate(5, 1, digit), expected)
    assert not torch.equal(run.generate(5, 1, 7), run.generate(5, 1, 8))


@pytest.mark.parametrize("digit", [-1, 10])
def test_a_digit_that_is_none_is_refused(told, images, tmp_path, digit):
    Trainer(told(out=tmp_path / "run", steps=2), images).run()
    with pytest.raises(ValueError, match=f"digit = {digit}: expected a whole number from 0 to 9"):
        runs.load(tmp_path / "run").generate(3, 1, digit)


def test_a_generator_that_is_not_told_cannot_be_asked(small, images, tmp_path):
    Trainer(small("wgan-gp-conv", out=tmp_path / "run", steps=2), images).run()
    with pytest.raises(ValueError, match="is not told labels; leave the digit out"):
        runs.load(tmp_path / "run").generate(3, 1, 7)
