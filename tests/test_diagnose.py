"""The instrument: every patient of chapter 15 is convicted of its own bug, and the healthy are left in peace."""

import re
from functools import partial
from pathlib import Path

import nbformat
import pytest
import torch
from torch import nn

from wgan_lib import lipschitz, networks, toy, training, transport
from wgan_lib.diagnose import Finding, Report, examine
from wgan_lib.objectives import OBJECTIVES

CHAPTER = Path(__file__).resolve().parent.parent / "book" / "second-look" / "15-bug-clinic.ipynb"
CLIPPED = {"rule": "clip", "c": 0.1}
gp_step = partial(training.critic_step, penalty=10.0)
generator_step = training.generator_step


@pytest.fixture(scope="module")
def ward():
    """Run the cells of the chapter in which its patients stand, as a reader sees them."""
    cells = nbformat.read(CHAPTER, as_version=4).cells
    wanted = [
        cell.source
        for cell in cells
        if "patient" in cell.metadata.get("tags", []) or re.match(r"# @title (Imports|The bench)", cell.source)
    ]
    namespace = {"__name__": "ward"}
    for source in wanted:
        exec(compile(source, "<patient>", "exec"), namespace)
    return namespace


def penalised(name):
    return lambda ward: {"critic_step": ward["with_penalty"](ward[name]), "generator_step": generator_step}


def networks_of(name, **more):
    """Return a case whose networks are ill, and whose step is the healthy case H."""
    return lambda ward: {"critic": ward[name](0)[1], "critic_step": ward["with_penalty"](ward["case_h"]), **more}


def conditional(ward):
    torch.manual_seed(0)
    return {"generator": ward["CaseQ"](), "critic": ward["ItsCritic"](), "real": ward["crescent"](64, toy.rng(0)),
            "labels": torch.arange(64) % 2}  # fmt: skip


PATIENTS = {
    "A": (lambda ward: {"loop": ward["case_a"]}, {"critic steps"}),
    "B": (lambda ward: {"critic_step": gp_step, "generator_step": ward["case_b"]}, {"generator moves"}),
    "C": (lambda ward: {"critic_step": gp_step, "generator_step": ward["case_c"]}, {"signs"}),
    "D": (lambda ward: {"critic_step": ward["case_d"], "generator_step": generator_step, **CLIPPED}, {"clip"}),
    "E": (lambda ward: {"critic_step": ward["case_e"], "generator_step": generator_step, **CLIPPED}, {"clip"}),
    "F": (penalised("case_f"), {"penalty"}),
    "G": (penalised("case_g"), {"penalty", "estimate"}),
    "H": (penalised("case_h"), set()),
    "I": (penalised("case_i"), {"epsilon"}),
    "J": (penalised("case_j"), {"finite"}),
    "K": (lambda ward: {"critic_step": ward["case_k"]}, {"penalty", "estimate"}),
    "L": (networks_of("case_l"), {"alone", "estimate"}),
    "M": (networks_of("case_m"), {"repeatable"}),
    "N": (
        lambda ward: {"critic_step": ward["case_n"], "generator_step": ward["case_n_generator"]},
        {"wasserstein", "estimate"},
    ),
    "O": (networks_of("case_o"), {"linear end", "estimate"}),
    "P": (lambda ward: {"generator": ward["case_p"](0)[0], "real": ward["case_p"](0)[2][:64]}, {"range"}),
    "Q": (conditional, {"condition"}),
    "R": (lambda ward: {"distance": ward["case_r"]}, {"distance"}),
}


@pytest.mark.parametrize("name", PATIENTS)
def test_a_patient_is_convicted_of_its_own_bug_and_of_no_other(ward, name):
    given, expected = PATIENTS[name]
    report = examine(**given(ward))
    assert set(report.broken) == expected, report
    assert len(report.findings) == 16


def test_the_chapter_has_these_patients_and_one_of_them_is_healthy(ward):
    letters = {name[-1].upper() for name in ward if re.fullmatch(r"case_[a-z]|CaseQ", name)}
    assert letters == set(PATIENTS) and len(letters) == 18
    assert [name for name, (_, expected) in PATIENTS.items() if not expected] == ["H"]


def test_the_chapter_examines_them_all_and_prints_what_is_found_here():
    cells = nbformat.read(CHAPTER, as_version=4).cells
    (cell,) = [cell for cell in cells if cell.source.startswith("# @title Check: the diagnosis of each")]
    said = dict(re.findall(r"case ([A-R]): (.*)", cell.outputs[0].text))
    expected = {name: broken or {"healthy"} for name, (_, broken) in PATIENTS.items()}
    assert {name: set(text.split(", ")) for name, text in said.items()} == expected


def images():
    torch.manual_seed(0)
    return 2 * torch.rand(16, 1, 28, 28).round() - 1


PENALTIES = {
    "two-sided": (partial(training.critic_step, penalty=10.0), {}),
    "toy λ": (partial(training.critic_step, penalty=0.1), {}),
    "one-sided": (partial(training.critic_step, penalty=10.0, one_sided=True), {"rule": "one-sided"}),
    "clip": (partial(training.critic_step, clip=0.1), CLIPPED),
    "r1": (partial(training.critic_step, r1=1.0), {"rule": "r1"}),
    "none": (training.critic_step, {"rule": "none"}),
}
NETWORKS = {
    "toy": lambda: {"critic": networks.toy_critic(2, 64), "generator": networks.toy_generator(2, 2, 64)},
    "mlp": lambda: {"critic": networks.mlp_critic(), "generator": networks.mlp_generator(8), "real": images(),
                    "latent": torch.randn(16, 8)},
    "conv": lambda: {"critic": networks.conv_critic(2, batch_norm=False), "generator": networks.conv_generator(8, 2),
                     "real": images(), "latent": torch.randn(16, 8)},
}  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("rule", PENALTIES)
def test_the_librarys_own_steps_and_networks_are_left_in_peace(rule, network):
    step, how = PENALTIES[rule]
    torch.manual_seed(1)
    report = examine(step, generator_step, **NETWORKS[network](), **how)
    assert report.broken == [], report
    assert {"critic steps", "condition", "distance"} <= set(report.skipped)
    assert {"critic moves", "generator moves", "signs", "wasserstein", "linear end", "range"}.isdisjoint(report.skipped)


def test_a_clipped_critic_may_have_batch_norm_as_dcgan_has():
    torch.manual_seed(0)
    critic = networks.conv_critic(2, batch_norm=True)
    report = examine(partial(training.critic_step, clip=0.1), critic=critic, real=images(), **CLIPPED)
    assert report.broken == [], report
    assert "alone" in report.skipped


def test_a_spectrally_normalised_critic_is_left_in_peace():
    torch.manual_seed(0)
    critic = lipschitz.spectral_norm(networks.toy_critic(2, 16))
    assert examine(training.critic_step, generator_step, critic=critic, rule="spectral").broken == []


def tutorial(generator, critic, g_optimizer, d_optimizer, loader):
    """Train as most tutorials do: three calls of the critic, the fake batch not detached, one count for both."""
    for i, real in enumerate(loader):
        size = real.size(0)
        z = torch.randn(size, 8)
        d_optimizer.zero_grad()
        fake = generator(z)
        epsilon = torch.rand(size, 1, 1, 1)
        mixed = (epsilon * real.data + (1 - epsilon) * fake.data).requires_grad_(True)
        scores = critic(mixed)
        slopes = torch.autograd.grad(scores, mixed, torch.ones(size, 1), create_graph=True, retain_graph=True)[0]
        penalty = ((slopes.view(size, -1).norm(2, dim=1) - 1) ** 2).mean()
        d_loss = -torch.mean(critic(real)) + torch.mean(critic(fake)) + 10 * penalty
        d_loss.backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        if i % 5 == 0:
            g_loss = -torch.mean(critic(generator(z)))
            g_loss.backward()
            g_optimizer.step()


def in_parts(generator, critic, g_optimizer, d_optimizer, loader):
    """Train as the first programs did: a backward pass for each part of the loss, five batches to a round."""
    for start in range(0, len(loader), 5):
        for parameter in critic.parameters():
            parameter.requires_grad = True
        for real in loader[start : start + 5]:
            critic.zero_grad()
            critic(real).mean().backward(torch.tensor(-1.0))
            fake = generator(torch.randn(len(real), 8)).data
            critic(fake).mean().backward(torch.tensor(1.0))
            (10 * lipschitz.gradient_penalty(critic, real, fake)).backward()
            d_optimizer.step()
        for parameter in critic.parameters():
            parameter.requires_grad = False
        generator.zero_grad()
        critic(generator(torch.randn(len(real), 8))).mean().backward(torch.tensor(-1.0))
        g_optimizer.step()


@pytest.mark.parametrize("loop", [tutorial, in_parts])
def test_a_loop_in_the_style_of_tutorials_is_left_in_peace(loop):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.LeakyReLU(0.2, inplace=True), nn.Linear(32, 1))
    report = examine(
        loop=loop, critic=critic, generator=networks.mlp_generator(8), real=images(), latent=torch.randn(16, 8)
    )
    assert report.broken == [], report
    assert report.skipped == ["clip", "condition", "distance"]


# Wrong ones that are no patients of the chapter


def with_loss(loss):
    def critic_step(critic, optimizer, real, fake):
        optimizer.zero_grad()
        loss(critic, real, fake).backward()
        optimizer.step()

    return critic_step


def gap(critic, real, fake):
    return critic(fake).mean() - critic(real).mean()


def penalty_at(epsilon_of):
    def penalised_gap(critic, real, fake):
        mixed = torch.lerp(fake, real, epsilon_of(real)).requires_grad_()
        slopes = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0]
        return gap(critic, real, fake) + 10 * (slopes.norm(dim=1) - 1).square().mean()

    return penalised_gap


def never(generator, critic, g_optimizer, d_optimizer, loader):
    for real in loader:
        training.critic_step(critic, d_optimizer, real, generator(torch.randn(len(real), 2)))


HINGE = with_loss(lambda critic, real, fake: (1 - critic(real)).relu().mean() + (1 + critic(fake)).relu().mean())
WRONG = {
    "hinge": ({"critic_step": HINGE, "rule": "none"}, "wasserstein", "a sigmoid, a logarithm"),
    "cross-entropy": (
        {"critic_step": partial(training.critic_step, objective=OBJECTIVES["non-saturating"]), "rule": "none"},
        "wasserstein", "pushed with 0.12 to 0.98",
    ),
    "-log D": (
        {"generator_step": partial(generator_step, objective=OBJECTIVES["non-saturating"])}, "wasserstein", "no plain",
    ),
    "critic's sign": (
        {"critic_step": with_loss(lambda *given: -gap(*given)), "rule": "none"}, "signs", "real scores down",
    ),
    "no step": ({"critic_step": lambda *given: None, "rule": "none"}, "critic moves", "makes no step"),
    "no clip": ({"critic_step": with_loss(gap), **CLIPPED}, "clip", "Nothing holds"),
    "no penalty": ({"critic_step": with_loss(gap)}, "penalty", "never added"),
    "no penalty, so no mix": ({"critic_step": with_loss(gap)}, "epsilon", "never shown a point between"),
    "one-sided": ({"critic_step": partial(gp_step, one_sided=True)}, "penalty", "It is one-sided"),
    "one ε for all": (
        {"critic_step": with_loss(penalty_at(lambda real: torch.rand(1, 1)))}, "epsilon", "share one ε",
    ),
    "normal ε": (
        {"critic_step": with_loss(penalty_at(lambda real: torch.randn(len(real), 1)))}, "epsilon", "is it normal?",
    ),
    "ε = 1": (
        {"critic_step": with_loss(penalty_at(lambda real: torch.ones(len(real), 1)))}, "epsilon", "between real",
    ),
    "images, one axis": (
        {"critic_step": with_loss(penalty_at(lambda real: torch.rand(len(real), 1, 1, 1))), "real": images()},
        "penalty", "over the wrong axis",
    ),
    "generator never": ({"loop": never, "rule": "none"}, "critic steps", "never reached"),
    "generator frozen": ({"loop": never, "rule": "none"}, "generator moves", "No gradient reaches the generator"),
    "0 to 255": (
        {"generator": networks.mlp_generator(8), "latent": torch.randn(16, 8), "real": 255 * images().abs()},
        "range", "from 255 to 255, the generator's from -1 to 1",
    ),
    "sigmoid for [-1, 1]": (
        {"generator": nn.Sequential(nn.Linear(2, 2), nn.Sigmoid())}, "range", "the generator's from 0 to 1",
    ),
    "tanh critic": ({"critic": nn.Sequential(nn.Linear(2, 1), nn.Tanh())}, "linear end", "expected 1000"),
    "W2": ({"distance": lambda x, y: transport.emd(x, y, metric="sqeuclidean").cost ** 0.5}, "distance",
           "That is W2:"),
    "city blocks": ({"distance": lambda x, y: transport.emd(x, y, metric="cityblock").cost}, "distance",
                    "city-block"),
    "means": ({"distance": lambda x, y: (x.mean(0) - y.mean(0)).norm()}, "distance", "This is not W1"),
    "stops": ({"critic_step": lambda *given: 1 / 0, "rule": "none"}, "critic moves", "ZeroDivisionError: division"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_program_is_told_what_is_wrong_with_it(name):
    given, promise, fragment = WRONG[name]
    report = examine(**given)
    (finding,) = [each for each in report.findings if each.name == promise]
    assert finding.kept is False and fragment in f"{finding.measured} {finding.advice}", report


def test_a_weight_that_both_players_share_is_noticed():
    layer = nn.Linear(2, 2)
    generator, critic = nn.Sequential(layer), nn.Sequential(layer, nn.Linear(2, 1), nn.Flatten(0))
    report = examine(gp_step, generator=generator, critic=critic)
    assert report.broken == ["critic moves"]
    said = " ".join(report.complaints.split())
    assert "the generator by 1.0e-03" in said and "own the weights of one network" in said
    assert max(map(len, str(report).splitlines())) <= 80


def test_a_bound_on_lambda_times_ten_is_no_fault_and_is_told():
    for strength in (1.0, 10.0, 100.0):
        (finding,) = [each for each in examine(partial(training.critic_step, penalty=strength)).findings
                      if each.name == "penalty"]  # fmt: skip
        assert finding.kept and f"by -{strength:g}, 0, {4 * strength:g} " in finding.measured


def test_nothing_of_the_readers_is_touched():
    torch.manual_seed(0)
    critic, generator = networks.toy_critic(2, 16), networks.toy_generator(2, 2, 16)
    before = [weight.detach().clone() for weight in (*critic.parameters(), *generator.parameters())]
    state = torch.get_rng_state()
    examine(gp_step, generator_step, critic=critic.eval(), generator=generator)
    after = [*critic.parameters(), *generator.parameters()]
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))
    assert torch.equal(state, torch.get_rng_state())
    assert not critic.training and all(weight.grad is None and weight.requires_grad for weight in after)


def test_it_says_the_same_twice():
    assert str(examine(gp_step, generator_step)) == str(examine(gp_step, generator_step))


BAD = [
    ({}, "nothing to examine"),
    ({"critic_step": 3}, "critic_step = 3: expected a function"),
    ({"distance": "W"}, "distance = 'W': expected a function"),
    ({"critic_step": gp_step, "rule": "gp"}, "rule = 'gp': expected one of penalty, one-sided, r1, clip"),
    ({"critic_step": gp_step, "rule": "clip"}, "c = None: the rule 'clip' needs its bound"),
    ({"critic_step": gp_step, "rule": "clip", "c": -1.0}, "c = -1.0"),
    ({"critic_step": gp_step, "rule": "clip", "c": float("nan")}, "c = nan"),
    ({"critic_step": gp_step, "critic_steps": 0}, "critic_steps = 0: expected a whole number"),
    ({"critic_step": gp_step, "loop": tutorial}, "loop and steps are both given"),
    ({"critic_step": gp_step, "real": [1, 2]}, r"real = \[1, 2\]: expected a batch of at least 8"),
    ({"critic_step": gp_step, "real": torch.zeros(4, 2)}, r"real = \(4, 2\): expected a batch of at least 8"),
    ({"critic_step": gp_step, "latent": torch.zeros(9, 2)}, "latent has 9 examples and real 64: expected as many"),
    ({"critic": nn.Linear(2, 10)}, r"critic gives shape \(64, 10\) on 64 examples: expected one score for each"),
]


@pytest.mark.parametrize(("given", "said"), BAD)
def test_what_cannot_be_examined_is_named_in_one_line(given, said):
    with pytest.raises(ValueError, match=said) as caught:
        examine(**given)
    assert "\n" not in str(caught.value)


def test_a_report_shows_one_line_for_each_promise_and_an_arrow_for_each_that_is_broken():
    report = Report([Finding("one", True, "a"), Finding("two", False, "b", "do"), Finding("three", None, "c")])
    assert (report.broken, report.skipped) == (["two"], ["three"])
    assert [line[0] for line in str(report).splitlines()] == ["✓", "✗", " ", "–", "2"]
    assert str(report).endswith("2 examined, 1 not; ✗ two.")
    assert report.complaints == "✗ two             b\n                  → do"
    assert Report([]).complaints == "nothing found"
