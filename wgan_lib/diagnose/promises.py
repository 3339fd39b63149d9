"""What every Wasserstein GAN promises, one function each: it measures, and says what to look at."""

import copy
import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from wgan_lib import toy, transport
from wgan_lib.diagnose.case import Case, Skip
from wgan_lib.diagnose.probes import Plane, Points, Spy, TwoScores, direction, gradient, on_plane
from wgan_lib.diagnose.report import Finding

BATCHES = 10  # that a loop is given: with five critic steps to one, the generator moves twice
ESTIMATE_STEPS = 200  # enough for a small critic to settle on two fixed batches


def _critic_moves(case: Case) -> Finding:
    case.need("critic_step", "loop")
    own, others = _movements(case)["critic"]
    measured = f"the critic's step moves the critic by {own:.1e}, the generator by {others:.1e}"
    if own == 0:
        return Finding(
            "", False, measured, "No gradient reaches the critic, or its optimiser makes no step."
        )
    return Finding(
        "", others == 0, measured, "Each optimiser must own the weights of one network alone."
    )


def _generator_moves(case: Case) -> Finding:
    case.need("generator_step", "loop")
    own, others = _movements(case)["generator"]
    measured = f"the generator's step moves the generator by {own:.1e}, the critic by {others:.1e}"
    if own == 0:
        advice = "No gradient reaches the generator: is its batch detached, made under no_grad, "
        advice += "or from an old step?"
        return Finding("", False, measured, advice)
    return Finding(
        "", others == 0, measured, "Each optimiser must own the weights of one network alone."
    )


def _movements(case: Case) -> dict[str, tuple[float, float]]:
    """Return how far each player's steps moved it, and the other: {player: (own, other's)}."""
    found = {"generator": (0.0, 0.0), "critic": (0.0, 0.0)}
    for name, own, others in _steps(case):
        found[name] = max(found[name][0], own), max(found[name][1], others)
    return found


def _steps(case: Case) -> list[tuple[str, float, float]]:
    """Return each optimiser step of the reader's code: whose, and how far it moved both players."""
    players = dict(zip(("generator", "critic"), case.players(), strict=True))
    optimizers = [torch.optim.Adam(player.parameters(), lr=1e-3) for player in players.values()]
    before: dict[str, list[Tensor]] = {}
    steps: list[tuple[str, float, float]] = []

    def note(name: str) -> None:
        moved = {
            player: max(
                (w - old).abs().max().item()
                for w, old in zip(network.parameters(), before[player], strict=True)
            )
            for player, network in players.items()
        }
        steps.append((name, moved.pop(name), *moved.values()))

    def remember(*_: object) -> None:
        before.update({player: _copies(network) for player, network in players.items()})

    for name, optimizer in zip(players, optimizers, strict=True):
        optimizer.register_step_pre_hook(remember)
        optimizer.register_step_post_hook(lambda *_, name=name: note(name))
    case.play(*players.values(), optimizers, [case.real] * BATCHES)
    return steps


def _copies(network: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in network.parameters()]


def _critic_steps(case: Case) -> Finding:
    case.need("loop")
    names = [name for name, _, _ in _steps(case)]
    critic, generator = names.count("critic"), names.count("generator")
    if generator == 0:
        return Finding(
            "",
            False,
            f"{critic} critic steps, and none of the generator in {BATCHES} batches",
            "The generator's step is never reached.",
        )
    expected = f"(expected {case.critic_steps})"
    measured = f"{critic / generator:g} critic steps to one of the generator {expected}"
    advice = (
        "The critic must be near its best before it teaches: count the steps of each optimiser."
    )
    return Finding("", critic == case.critic_steps * generator, measured, advice)


def _pushes(case: Case) -> list[tuple[float, float]]:
    """Return the derivatives of the critic's loss by real and by generated scores, at several."""
    real = 1 + torch.rand(case.real.shape, generator=toy.rng(4))
    found = []
    for levels in ((0.0, 0.0), (2.0, -1.0), (-3.0, 4.0)):
        generator, critic = Points(-real.roll(1, dims=0)), TwoScores(case.tail, *levels)
        spies = Spy(generator), Spy(critic)
        case.play(generator, critic, spies, [real])
        found.append(tuple(gradient(spies[1], 0).tolist()))
    return found


def _pulls(case: Case) -> list[float]:
    """Return the derivative of the generator's loss by its scores, summed, at several scores."""
    along, found = direction(case), []
    points = torch.randn(case.real.shape, generator=toy.rng(5)) * 0.01
    for level in (0.0, 2.0, -3.0):
        generator, critic = Points(points), Plane(along, case.tail, 1.0, level)
        spies = Spy(generator), Spy(critic)
        case.play(generator, critic, spies, [points] * case.critic_steps)
        found.append((gradient(spies[0], 0).flatten() @ along / critic.slope.detach()).item())
    return found


def _signs(case: Case) -> Finding:
    case.need("critic_step", "generator_step", "loop")
    said, kept = [], True
    if case.critic_step or case.loop:
        of_real, of_fake = _pushes(case)[0]
        right = of_real < of_fake
        said.append(
            f"the critic pushes real scores {_way(of_real)}, generated ones {_way(of_fake)}"
        )
        kept &= right
    if case.generator_step or case.loop:
        try:
            pull = _pulls(case)[0]
            said.append(f"the generator pushes its scores {_way(pull)}")
            kept &= pull < 0
        except Skip:  # no gradient reaches it: that is another promise
            said.append("none reaches the generator")
    advice = (
        "Minimise E f(fake) - E f(real) in the critic's step, and -E f(fake) in the generator's."
    )
    return Finding("", kept, ", ".join(said), advice)


def _way(derivative: float) -> str:
    # A loss is minimised
    return "nowhere" if derivative == 0 else "up" if derivative < 0 else "down"


def _wasserstein(case: Case) -> Finding:
    case.need("critic_step", "generator_step", "loop")
    rows: list[float] = []
    if case.critic_step or case.loop:
        rows += [part for pair in _pushes(case) for part in (abs(pair[0]), abs(pair[1]))]
    if case.generator_step or case.loop:
        try:
            pulls = [abs(pull) for pull in _pulls(case)]
            # Its scale may be another
            rows += pulls if not rows or min(pulls) < max(pulls) * 0.95 else []
        except Skip:
            pass
    if not rows:
        raise Skip("not examined: no gradient arrives")
    measured = f"each score is pushed with {min(rows):.2g} to {max(rows):.2g} "
    measured += "(expected the same, whatever the score)"
    advice = (
        "The loss is no plain mean of scores: look for a sigmoid, a logarithm, a square or a hinge."
    )
    return Finding("", min(rows) > 0.95 * max(rows) > 0, measured, advice)


def _clip(case: Case) -> Finding:
    if case.rule != "clip":
        raise Skip("not examined: the rule is not clip")
    case.need("critic_step", "loop")
    generator, critic = case.players()
    with torch.no_grad():
        for weight in critic.parameters():  # outside the box, so that a clip has something to do
            weight.copy_(case.c * (4 * torch.rand(weight.shape) - 2))
    rate = case.c / 100
    optimizers = [
        torch.optim.RMSprop(player.parameters(), lr=rate) for player in (generator, critic)
    ]
    seen: list[float] = []

    def look(*_: object) -> None:
        seen.append(max(weight.abs().max().item() for weight in critic.parameters()) / case.c)

    optimizers[0].register_step_pre_hook(look)
    case.play(generator, critic, optimizers, [case.real] * BATCHES)
    look()
    measured = f"largest weight / c = {max(seen):.3f} when the generator learns from it "
    measured += "(expected at most 1)"
    # RMSProp's first step is ten times its rate
    near = "Outside by no more than a step: the clip comes before the step. Clip last."
    far = "Nothing holds the weights: clamp the parameters themselves, all of them, in place."
    return Finding("", max(seen) <= 1 + 1e-6, measured, near if max(seen) < 1.15 else far)


def _penalty(case: Case) -> Finding:
    if case.rule not in ("penalty", "one-sided", "r1"):
        raise Skip(f"not examined: the rule is {case.rule}")
    case.need("critic_step", "loop")
    half, one, three = (on_plane(case, slope)[0].item() for slope in (0.5, 1.0, 3.0))
    expected = {"penalty": (-1, 0, 4), "one-sided": (0, 0, 4), "r1": (0.5, 1, 3)}[case.rule]
    strength = three / expected[2]
    wanted = [strength * share for share in expected]
    kept = (
        strength > 0
        and max(abs(a - b) for a, b in zip((half, one, three), wanted, strict=True))
        < 0.05 * strength
    )
    shares = " : ".join(f"{share:g}" for share in expected)
    pushed = ", ".join(f"{round(push, 6) + 0.0:.3g}" for push in (half, one, three))
    measured = f"slopes ½, 1, 3 are pushed by {pushed} (expected {shares}, times λ)"
    return Finding("", kept, measured, _what_it_asks_for(half, one, three))


def _what_it_asks_for(half: float, one: float, three: float) -> str:
    """Return what a penalty with these pushes looks like."""
    if max(map(abs, (half, one, three))) < 1e-6:
        return "No penalty reaches the critic's loss: is it computed, and never added?"
    if abs(three - 6 * half) < 0.05 * abs(three):
        return "It asks for slope 0: is the -1 missing in (norm - 1)²?"
    if abs(half) + abs(one) < 0.05 * abs(three):
        return "It is one-sided: slopes below 1 are left alone."
    asked = 0.5 - 0.5 * half / (one - half) if one != half else math.nan
    question = f"It asks for slope {asked:.3g}: is the norm over the wrong axis?"
    return f"{question} One norm for each example, over all else."


def _epsilon(case: Case) -> Finding:
    if case.rule not in ("penalty", "one-sided"):
        raise Skip(f"not examined: the rule is {case.rule}")
    case.need("critic_step", "loop")
    _, critic, real, fake = on_plane(case, 1.0)
    mixed = _mixed(critic.shown, real, fake)
    if mixed is None:
        measured = "the critic is never shown a point between real and generated ones"
        advice = "Take the penalty at ε · real + (1 - ε) · fake, with ε uniform in [0, 1]."
        return Finding("", False, measured, advice)
    epsilon, off = _along(mixed, real.flatten(1), fake.flatten(1))
    measured = (
        f"ε from {epsilon.min():.2f} to {epsilon.max():.2f}; the points lie off the segments "
    )
    measured += f"by {off.max():.1%} of their length (expected 0)"
    if off.max() > 0.01:
        advice = "ε is drawn for each pixel: draw one for each example, (n, 1, ..., 1)."
        return Finding("", False, measured, advice)
    inside = epsilon.min() > -0.001 and epsilon.max() < 1.001
    varied = epsilon.max() - epsilon.min() > 0.2
    shared = "All examples share one ε: draw one for each."
    advice = shared if inside else "ε leaves [0, 1]: is it normal?"
    return Finding("", bool(inside and varied), measured, advice)


def _along(mixed: Tensor, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return each point's ε, and how far it lies off its segment, as a share of its length."""
    across = real - fake
    epsilon = ((mixed - fake) * across).sum(dim=1) / across.square().sum(dim=1)
    off = (mixed - fake - epsilon[:, None] * across).norm(dim=1) / across.norm(dim=1)
    return epsilon, off


def _mixed(shown: list[Tensor], real: Tensor, fake: Tensor) -> Tensor | None:
    """Return the first batch, (n, d), shown to the critic that is neither real nor generated."""
    n = len(real)
    for batch in (part.flatten(1) for each in shown for part in each.split(n)):
        known = [
            torch.allclose(batch, other.flatten(1), atol=1e-7)
            for other in (real, fake)
            if len(batch) == n
        ]
        if known and not any(known):
            return batch
    return None


def _finite(case: Case) -> Finding:
    case.need("critic_step", "loop")
    push = on_plane(case, 0.0)[0]
    measured = (
        f"a flat critic gets the gradient {round(push.item(), 6) + 0.0:.3g} (expected a finite one)"
    )
    advice = "The root has no derivative at 0: use torch.linalg.vector_norm, "
    advice += "or add 1e-12 under the root."
    return Finding("", bool(push.isfinite()), measured, advice)


def _alone(case: Case) -> Finding:
    _needs_own_slopes(case)
    critic = copy.deepcopy(case.critic).train()
    company = torch.cat([case.real[:1], 2 * case.real[1:].flip(0) + 1])
    scores = []
    for batch in (case.real, company):
        torch.manual_seed(0)  # the same dropout, if any
        scores.append(critic(batch, *case.condition).detach().flatten())
    change = (scores[0][0] - scores[1][0]).abs().item()
    measured = f"an example's score changes by {change:.2g} with the rest of its batch (expected 0)"
    scale = scores[0].abs().max().item()
    advice = (
        "Batch norm mixes examples, and the penalty is on each one's own slope: use layer norm."
    )
    return Finding("", change <= 1e-4 * max(scale, 1e-6), measured, advice)


def _repeatable(case: Case) -> Finding:
    _needs_own_slopes(case)
    critic = copy.deepcopy(case.critic).train()
    scores = [critic(case.real, *case.condition).detach() for _ in range(2)]
    change = (scores[0] - scores[1]).abs().max().item()
    measured = (
        f"the same batch gets scores that differ by {change:.2g} from call to call (expected 0)"
    )
    advice = "Dropout draws another critic for each call: one is penalised, "
    advice += "others are scored. Take it out."
    return Finding("", change <= 1e-4 * max(scores[0].abs().max().item(), 1e-6), measured, advice)


def _needs_own_slopes(case: Case) -> None:
    case.need("critic")
    if case.rule not in ("penalty", "one-sided", "r1"):
        raise Skip(f"not examined: no penalty, for the rule is {case.rule}")


def _linear_end(case: Case) -> Finding:
    case.need("critic")
    critic = copy.deepcopy(case.critic).eval()
    layer = _last_layer(critic)
    with torch.no_grad():
        before = critic(case.real, *case.condition)
        if getattr(layer, "bias", None) is not None:
            layer.bias += 1000
            risen = (critic(case.real, *case.condition) - before).mean().item()
            measured = f"1000 more in the last bias raise the scores by {risen:.4g} (expected 1000)"
        else:
            layer.weight *= 1000
            risen = 1000 * (critic(case.real, *case.condition) / (1000 * before)).median().item()
            less = f"{1 - risen / 1000:.1%}"
            measured = f"1000 times the last weights make 1000 times the scores, less {less}"
    return Finding(
        "",
        abs(risen - 1000) < 10,
        measured,
        "A score must be free: take away the sigmoid or tanh behind the last layer.",
    )


def _last_layer(network: nn.Module) -> nn.Module:
    layers = [
        layer for layer in network.modules() if isinstance(getattr(layer, "weight", None), Tensor)
    ]
    if not layers:
        raise Skip("not examined: no layer with weights is found")
    return layers[-1]


def _range(case: Case) -> Finding:
    case.need("generator")
    generator = copy.deepcopy(case.generator).train()
    layer = _last_layer(generator)
    with torch.no_grad():
        layer.weight *= 1e4  # so that a bounded last activation shows its bounds
        made = generator(case.latent, *case.condition)
    low, high = made.min().item(), made.max().item()
    least, most = case.real.min().item(), case.real.max().item()
    if high - low > 100:
        return Finding(
            "", True, f"real data from {least:.3g} to {most:.3g}; the generator reaches everything"
        )
    measured = (
        f"real data from {least:.3g} to {most:.3g}, the generator's from {low:.3g} to {high:.3g}"
    )
    gaps = (least - low) / (high - low), (high - most) / (high - low)
    return Finding(
        "",
        all(-0.02 < gap < 0.3 for gap in gaps),
        measured,
        "Scale the data to what the generator's last layer gives: to [-1, 1] for a tanh.",
    )


def _condition(case: Case) -> Finding:
    case.need("labels")
    case.need("generator", "critic")
    said, kept = [], True
    for name, network, x in (
        ("generator", case.generator, case.latent),
        ("critic", case.critic, case.real),
    ):
        if network is None:
            continue
        network = copy.deepcopy(network).eval()
        with torch.no_grad():
            one = network(x, case.labels)
            change = max(
                (network(x, case.labels.roll(k, 0)) - one).abs().max().item() for k in (1, 2, 3)
            )
        said.append(f"other labels change the {name}'s output by {change:.2g}")
        kept &= change > 1e-7
    return Finding(
        "",
        kept,
        ", ".join(said) + " (expected more than 0)",
        "The condition is passed and not used: follow it from the argument to the first layer.",
    )


def _distance(case: Case) -> Finding:
    case.need("distance")
    x, noise = torch.randn(2, 40, 2, generator=toy.rng(6))
    y = 2 * noise + torch.tensor([3.0, 4.0])
    reported = float(case.distance(x, y))
    exact, squared = transport.emd(x, y).cost, transport.emd(x, y, metric="sqeuclidean").cost
    known = {
        squared: "That is the square of W2: the cost must be the distance, not its square "
        "(metric='euclidean').",
        math.sqrt(squared): "That is W2: the cost must be the distance, not its square.",
        transport.emd(x, y, metric="cityblock").cost: "That is W1 for the city-block distance.",
    }
    near = [advice for value, advice in known.items() if abs(reported - value) < 1e-3 * value]
    measured = f"{reported:.4g} reported where exact W1 is {exact:.4g}"
    return Finding(
        "", abs(reported - exact) < 1e-3 * exact, measured, (near or ["This is not W1."])[0]
    )


def _estimate(case: Case) -> Finding:
    if case.rule not in ("penalty", "one-sided", "clip"):
        raise Skip(f"not examined: the rule is {case.rule}")
    case.need("critic_step", "loop")
    real = case.real
    # Brighter by a length of 2, which any critic can see
    fake = real.roll(1, dims=0) + 2 / math.sqrt(real[0].numel())
    exact = transport.emd(real.flatten(1), fake.flatten(1)).cost
    least, most = (0, math.inf) if case.rule == "clip" else (0.6 * exact, _most(case, exact))
    trained = []
    for each in _trained_gaps(case, fake):
        trained.append(each)
        if least < each[1] < most:
            break
    steps, gap = trained[-1]
    measured = f"after {steps} steps the critic says {gap:.3g} where exact W is {exact:.3g}"
    expected = f"expected {least:.3g} to {most:.3g}"
    expected = "in a clipped critic's own unit" if case.rule == "clip" else expected
    advice = "What the critic says is not W: if no other finding says why, it learns too slowly."
    return Finding("", least < gap < most, f"{measured} ({expected})", advice)


def _trained_gaps(case: Case, fake: Tensor) -> Iterator[tuple[int, float]]:
    """Train the critic on two fixed batches, ever faster; yield steps and score gap three times."""
    _, critic = case.players()
    generator = Points(fake)
    for turn, haste in enumerate((1, 5, 5), start=1):
        if case.rule == "clip":
            optimizer = torch.optim.RMSprop(critic.parameters(), lr=case.c / 100)
        else:
            optimizer = torch.optim.Adam(critic.parameters(), lr=2e-3 * haste)
        optimizers = Spy(generator), optimizer
        case.play(generator, critic, optimizers, [case.real] * ESTIMATE_STEPS)
        with torch.no_grad():
            gap = critic(case.real, *case.condition).mean() - critic(fake, *case.condition).mean()
        yield turn * ESTIMATE_STEPS, gap.item()


def _most(case: Case, exact: float) -> float:
    """Return what a penalty of the λ found still allows, generously: a slope of 1 + W / 2λ."""
    strength = on_plane(case, 3.0)[0].item() / 4
    return 1.5 * exact * (1 + (exact / strength if strength > 0.05 else 0))


PROMISES: dict[str, Callable[[Case], Finding]] = {
    "critic moves": _critic_moves,
    "generator moves": _generator_moves,
    "critic steps": _critic_steps,
    "signs": _signs,
    "wasserstein": _wasserstein,
    "clip": _clip,
    "penalty": _penalty,
    "epsilon": _epsilon,
    "finite": _finite,
    "alone": _alone,
    "repeatable": _repeatable,
    "linear end": _linear_end,
    "range": _range,
    "condition": _condition,
    "distance": _distance,
    "estimate": _estimate,
}
