r"""What chapter 13 puts GANs to, where it takes minutes: a digit left out, and few labels.

``python -m wgan_lib.experiments.uses --out runs/uses`` trains everything and writes it to a folder.
What lies there already is kept, so that a run which was stopped goes on. It wants the recorded run
``cwgan-gp-seed0``, whose generator was told all labels.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wgan_lib import classifiers, conditional, metrics, mnist, networks, randomness, runs, training
from wgan_lib.engine import directory, storage
from wgan_lib.experiments.fit_classifiers import moved

KEPT_DIGITS = (1, 4, 8)  # left out one by one, and the networks kept
OTHER_DIGITS = (7, 9, 0, 2, 3, 5, 6)  # of these only the figures are kept
STEPS = 2500  # critic steps without a digit
EACH = 200  # test images of the digit that was left out, and as many of the others
STARTS = 2000  # generated images among which a search begins
PER_CLASS = (10, 50, 200)  # labels
SEEDS = 3
FEW_STEPS = 1000  # critic steps on the labelled few
FEW_SETTINGS = {
    "learning_rate": 6e-3,
    "average": 0.99,
    "device": "cpu",
    "steps": FEW_STEPS,
    "log_every": FEW_STEPS,
    "sample_every": FEW_STEPS,
}
TOLD_ALL = "cwgan-gp-seed0"
POOL = 4000  # images from which a classifier's generated batches are drawn
Row = dict[str, float | str]


def auroc(normal: Tensor, odd: Tensor) -> float:
    r"""Return how often an odd example has the higher score: the area under the ROC curve.

    .. math:: P(s' > s) + \tfrac12 P(s' = s)

    for scores s (n,) of normal examples and s' (m,) of odd ones. Raises ValueError if either is
    empty or holds a NaN, which no comparison would show.

    >>> auroc(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))  # three pairs right, one equal
    0.875
    """
    if min(len(normal), len(odd)) == 0 or bool(torch.cat([normal, odd]).isnan().any()):
        raise ValueError("expected at least one score on each side, and no NaN")
    wins = (odd[:, None] > normal).double() + (odd[:, None] == normal).double() / 2
    return wins.mean().item()


def begin(
    generator: nn.Module, images: Tensor, starts: Tensor, visible: Tensor | None = None
) -> Tensor:
    """Return for each image the noise among `starts` (k, latent_dim) that comes nearest to it.

    Only pixels count where `visible` (28, 28) is 1; all, if there is no such mask.
    """
    mask = torch.ones(images.shape[2:]) if visible is None else visible
    shown = networks.sample(generator, starts)
    _, which = metrics.nearest((images * mask).flatten(1), (shown * mask).flatten(1))
    return starts[which]


def search(
    generator: nn.Module,
    images: Tensor,
    latent: Tensor,
    *,
    visible: Tensor | None = None,
    steps: int = 100,
    rate: float = 0.1,
    prior: float = 0.0,
) -> Tensor:
    r"""Return noise (n, latent_dim) that draws `images`, found by gradient from `latent`.

    .. math:: \min_z \operatorname{mean}_{m = 1} (G(z) - x)^2 + \lambda \operatorname{mean} z^2

    with the mask m = `visible`, (28, 28), and λ = `prior`, by so many `steps` of Adam. The
    generator is in evaluation mode, and keeps its weights. Schlegl et al. (2017) search for whole
    images, Yeh et al. (2017) for what a mask leaves.
    """
    mask = torch.ones(images.shape[2:]) if visible is None else visible
    latent = latent.clone().requires_grad_()
    optimizer = torch.optim.Adam([latent], lr=rate)
    for _ in range(steps):
        loss = errors(generator(latent), images, mask) + prior * latent.square().mean(dim=1)
        optimizer.zero_grad()
        loss.sum().backward(inputs=[latent])
        optimizer.step()
    return latent.detach()


def errors(made: Tensor, images: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the mean squared error (n,) of each image, over the pixels where `mask` is 1.

    >>> errors(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2), torch.eye(2))
    tensor([1.])
    """
    mask = torch.ones(images.shape[2:]) if mask is None else mask
    return ((made - images).square() * mask).sum(dim=(1, 2, 3)) / mask.sum()


def without(digit: int, steps: int = STEPS) -> tuple[nn.Module, nn.Module]:
    """Return generator and critic, trained on all training digits but one, ready to be asked."""
    config = training.preset(
        "digits-in-a-minute", steps=steps, log_every=steps, sample_every=steps, device="cpu"
    )
    trainer = _run(training.Trainer(config, mnist.images()[mnist.labels() != digit]))
    return trainer.averaged.eval(), trainer.critic.eval()


def _run(trainer: training.Trainer) -> training.Trainer:
    """Train to the end. A trainer that is asked to stop returns early, as if it were done."""
    trainer.run()
    if trainer.stopped_by is not None:
        raise KeyboardInterrupt
    return trainer


def fit(
    network: nn.Module, loss: Callable[[Tensor], Tensor], n: int, steps: int, rate: float = 3e-3
) -> nn.Module:
    """Train a network by Adam, one cycle of rates; `loss` is told which of n rows to learn from."""
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    rng = randomness.stream(0, "rows")
    for _ in range(steps):
        optimizer.zero_grad()
        loss(torch.randint(n, (64,), generator=rng)).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def autoencoder(images: Tensor, steps: int = 1000) -> nn.Sequential:
    """Return a small autoencoder of `images`: an encoder to 32 numbers, and a decoder."""
    flat = images.flatten(1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        both = nn.Sequential(
            networks.mlp(784, 256, 32), nn.Sequential(networks.mlp(32, 256, 784), nn.Tanh())
        )
    return fit(
        both, lambda which: (both(flat[which]) - flat[which]).square().mean(), len(flat), steps
    )


def classifier(images: Tensor, labels: Tensor, steps: int = 400) -> nn.Sequential:
    """Return a classifier of `images`, of the judge's shape."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = classifiers.build("judge")
    return fit(
        network, lambda w: F.cross_entropy(network(images[w]), labels[w]), len(images), steps
    )


@torch.no_grad()
def scores(
    generator: nn.Module, critic: nn.Module, known: Tensor, labels: Tensor, asked: Tensor
) -> dict[str, Tensor]:
    """Return how odd each detector finds the images `asked` (n, 1, 28, 28): (n,) for each name.

    `known` are real digits with their `labels`, none of the digit that was left out.
    """
    starts = randomness.noise(STARTS, 32, seed=1)
    begun = begin(generator, asked, starts)
    with torch.enable_grad():
        found = search(generator, asked, begun)
        coder, reader = autoencoder(known), classifier(known, labels)[:-1]
    flat, others = asked.flatten(1), known.flatten(1)
    return {
        "critic": -critic(asked),
        "nearest generated": errors(generator(begun), asked),
        "latent search": errors(generator(found), asked),
        "autoencoder": (coder(flat) - flat).square().mean(dim=1),
        "neighbour, pixels": metrics.nearest(flat, others)[0],
        "neighbour, code": metrics.nearest(coder[0](flat), coder[0](others))[0],
        "neighbour, features": metrics.nearest(reader(asked), reader(known))[0],
    }


def asked(digit: int) -> tuple[Tensor, Tensor]:
    """Return test images of other digits, and as many of `digit`: (EACH, 1, 28, 28) both."""
    images, labels = mnist.images("test"), mnist.labels("test")
    order = torch.randperm(len(images), generator=randomness.stream(digit, "asked test"))
    odd = labels[order] == digit
    normal_rows, odd_rows = order[~odd][:EACH], order[odd][:EACH]
    return mnist.scale(images[normal_rows]), mnist.scale(images[odd_rows])


def known(digit: int, n: int = 10_000) -> tuple[Tensor, Tensor]:
    """Return the first n training images that are not a `digit`, and their labels."""
    labels = mnist.labels()
    rows = (labels != digit).nonzero().squeeze(1)[:n]
    return mnist.scale(mnist.images()[rows]), labels[rows]


def anomalies(digit: int, out: Path, keep: bool) -> list[Row]:
    """Train without a digit, and return each detector's AUROC on it."""
    generator, critic = without(digit)
    if keep:
        path = out / f"without-{digit}.safetensors"
        both = {"generator": generator.state_dict(), "critic": critic.state_dict()}
        halves = {name: storage.halved(weights) for name, weights in both.items()}
        storage.save(path, halves, digit=digit, steps=STEPS)
    normal, odd = asked(digit)
    judged = scores(generator, critic, *known(digit), torch.cat([normal, odd]))
    return [
        {"digit": digit, "detector": name, "auroc": auroc(each[:EACH], each[EACH:])}
        for name, each in judged.items()
    ]


def load(path: Path) -> tuple[nn.Module, nn.Module]:
    """Return the generator and the critic that `anomalies` kept."""
    players = training.build(training.preset("digits-in-a-minute"))
    tensors, _ = storage.load(path)
    for name, player in zip(("generator", "critic"), players, strict=True):
        player.load_state_dict(tensors[name])
    return tuple(player.eval().requires_grad_(False) for player in players)


def few(per_class: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return so many training images of each class in [-1, 1], drawn with `seed`, and labels."""
    labels = mnist.labels()
    order = torch.randperm(len(labels), generator=randomness.stream(seed, "few"))
    rows = torch.cat([order[labels[order] == digit][:per_class] for digit in range(10)])
    return mnist.scale(mnist.images()[rows]), labels[rows]


def told_few(per_class: int, seed: int) -> nn.Module:
    """Return a conditional generator that was trained on the few alone."""
    images, labels = few(per_class, seed)
    config = training.preset("cwgan-gp", seed=seed, **FEW_SETTINGS)
    pixels = images.add(1).mul(127.5).round().byte()
    return _run(training.Trainer(config, pixels, labels)).averaged.eval()


def load_few(path: Path) -> nn.Module:
    """Return the generator of a few labels that `augmentations` kept."""
    generator, _ = training.build(training.preset("cwgan-gp"))
    generator.load_state_dict(storage.load(path)[0])
    return generator.eval().requires_grad_(False)


def pool(generator: nn.Module, seed: int) -> tuple[Tensor, Tensor]:
    """Return images of a conditional generator, the ten labels in turn, and the labels."""
    labels = conditional.in_turn(POOL)
    latent = randomness.noise(POOL, 32, seed)
    return networks.sample(conditional.given(generator, labels), latent), labels


def learn(
    images: Tensor,
    labels: Tensor,
    seed: int,
    *,
    move: bool = False,
    generated: tuple[Tensor, Tensor] | None = None,
    steps: int = 600,
) -> nn.Sequential:
    """Return a classifier of the judge's shape that learnt from real images, and generated ones.

    If there are generated ones, half of each batch of 64 is theirs. `move` turns and shifts all.
    """
    rng = randomness.stream(seed, "classifier")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = classifiers.build("judge")
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    sources = [(images, labels)] + ([generated] if generated else [])
    for _ in range(steps):
        parts = [_batch(*source, 64 // len(sources), rng) for source in sources]
        x, y = (torch.cat(part) for part in zip(*parts, strict=True))
        optimizer.zero_grad()
        F.cross_entropy(network(moved(x, rng) if move else x), y).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def _batch(images: Tensor, labels: Tensor, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    which = torch.randint(len(labels), (n,), generator=rng)
    return images[which], labels[which]


def ways(all_told: nn.Module, few_told: nn.Module, seed: int) -> dict[str, dict[str, object]]:
    """Return what `learn` is told, by the name of each way to stretch a few labels."""
    from_all, from_few = (pool(generator, seed) for generator in (all_told, few_told))
    return {
        "real": {},
        "moved": {"move": True},
        "generated, told all": {"generated": from_all},
        "generated, told the few": {"generated": from_few},
        "moved, told all": {"move": True, "generated": from_all},
        "moved, told the few": {"move": True, "generated": from_few},
    }


def augmentations(per_class: int, seed: int, out: Path) -> list[Row]:
    """Train a generator on few labels, then a classifier each way, and return the accuracies."""
    generator, images_labels = told_few(per_class, seed), few(per_class, seed)
    if (per_class, seed) == (PER_CLASS[0], 0):  # the book shows what it draws
        weights = storage.halved(generator.state_dict())
        storage.save(out / f"few-{per_class}.safetensors", weights, per_class=per_class)
    told_all = runs.load(TOLD_ALL).generator()
    test, labels = mnist.scale(mnist.images("test")), mnist.labels("test")
    rows: list[Row] = []
    for way, how in ways(told_all, generator, seed).items():
        accuracy = classifiers.accuracy(learn(*images_labels, seed, **how), test, labels)
        rows.append({"per_class": per_class, "seed": seed, "way": way, "accuracy": accuracy})
    return rows


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table, none if it does not exist yet."""
    return list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []


def extend(path: Path, rows: list[Row]) -> None:
    """Add rows to a table, numbers to four digits, and write it anew."""
    short = [
        {name: f"{value:.4f}" if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]
    storage.write_atomically(path, storage.csv_text(table(path) + short, rows[0]))


def record(out: Path) -> None:
    """Train what is not there yet, and write two tables, the networks and run.json to `out`."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    _leave_out(KEPT_DIGITS, out, keep=True)
    path = out / "augmentation.csv"
    for seed in range(SEEDS):
        for per_class in PER_CLASS:
            done = {(row["per_class"], row["seed"]) for row in table(path)}
            if (str(per_class), str(seed)) not in done:
                extend(path, augmentations(per_class, seed, out))
    _leave_out(OTHER_DIGITS, out, keep=False)
    facts = directory.circumstances(torch.device("cpu"))
    storage.write_atomically(out / "run.json", json.dumps(facts, indent=2) + "\n")


def _leave_out(digits: tuple[int, ...], out: Path, keep: bool) -> None:
    path = out / "anomalies.csv"
    for digit in digits:
        if str(digit) not in {row["digit"] for row in table(path)}:
            extend(path, anomalies(digit, out, keep))


if __name__ == "__main__":
    import tyro

    tyro.cli(record)
