r"""How fast training is, beside the loop that tutorials show and what the machine can do.

`PlainLoop` is the yardstick: WGAN-GP as it is usually written. `main` lets it and
`training.Trainer` take turns, counts the work of a step, and prints both beside the rate of bare
matrix products. Run it as ``python -m wgan_lib bench``.
"""

import dataclasses
import gzip
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.data import DataLoader
from torch.utils.flop_counter import flop_registry

from wgan_lib import mnist, networks, training
from wgan_lib.engine import graphs
from wgan_lib.settings import resolve_device


class PlainLoop:
    """WGAN-GP on MNIST as tutorials usually write it.

    Images come one by one through torchvision's `MNIST`, its transforms and a `DataLoader`; the
    critic is called three times a step; the generated batch is not detached. Networks, optimiser
    settings and batch are those of `config`.

    Parameters
    ----------
    config : Config
        A `wgan-gp` configuration.
    root : str
        Where torchvision finds MNIST.
    """

    def __init__(self, config: training.Config, root: str) -> None:
        from torchvision import transforms  # imported here, as elsewhere: it takes a second
        from torchvision.datasets import MNIST

        self.config, self.device = config, resolve_device(config.device)
        generator, critic = training.build(config)
        usual = [
            nn.LeakyReLU(0.2) if isinstance(layer, networks.LeakyReLU) else layer
            for layer in critic
        ]
        self.generator, self.critic = (
            generator.to(self.device),
            nn.Sequential(*usual).to(self.device),
        )
        transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
        )
        dataset = MNIST(root, train=True, transform=transform)
        self.loader = DataLoader(dataset, config.batch_size, shuffle=True, drop_last=True)
        self.batches = self._endless()
        settings = {"lr": config.learning_rate, "betas": config.betas}
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), **settings)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), **settings)

    def cycle(self) -> None:
        """Make the critic steps of one cycle, and then a generator step."""
        for _ in range(self.config.critic_steps):
            real = next(self.batches).to(self.device)
            fake = self.generator(self._noise())
            loss = (
                self.critic(fake).mean()
                - self.critic(real).mean()
                + self.config.penalty * self._penalty(real, fake)
            )
            self.critic_optimizer.zero_grad()
            loss.backward()
            self.critic_optimizer.step()
        self.generator_optimizer.zero_grad()
        generator_loss = -self.critic(self.generator(self._noise())).mean()
        generator_loss.backward()
        self.generator_optimizer.step()

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        epsilon = torch.rand(len(real), 1, 1, 1, device=self.device)
        mixed = (epsilon * real.data + (1 - epsilon) * fake.data).requires_grad_(True)
        scores = self.critic(mixed)
        slopes = torch.autograd.grad(
            scores,
            mixed,
            grad_outputs=torch.ones_like(scores),
            create_graph=True,
            retain_graph=True,
        )[0]
        return ((slopes.view(len(real), -1).norm(2, dim=1) - 1) ** 2).mean()

    def _noise(self) -> Tensor:
        return torch.randn(self.config.batch_size, self.config.latent_dim, device=self.device)

    def _endless(self) -> Iterator[Tensor]:
        while True:
            for images, _ in self.loader:
                yield images


class Work(NamedTuple):
    """What a computation asks of a machine.

    Attributes
    ----------
    flops : int
        Operations in its matrix products and convolutions: two for each multiplication with its
        addition.
    bytes : int
        What its operations read and write, were nothing ever still at hand from the one before.
    """

    flops: int
    bytes: int


def work(action: Callable[[], Any]) -> Work:
    """Return the work in one call of `action`, double backward and optimisers included."""
    with _Counter() as counter:
        action()
    return Work(counter.flops, counter.bytes)


class _Counter(TorchDispatchMode):
    """Adds up what each operation computes, and what it reads and writes; a view moves nothing.

    torch's own `FlopCounterMode` stumbles over double backward, but its table of formulas is good
    here, too.
    """

    flops = bytes = 0

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = operation(*args, **kwargs)
        if operation.overloadpacket in flop_registry:
            self.flops += flop_registry[operation.overloadpacket](*args, **kwargs, out_val=result)
        if not operation.is_view and operation.overloadpacket is not torch.ops.aten._unsafe_view:
            read, written = args, result
            if operation.overloadpacket is torch.ops.aten.index:
                # Of the tensor that it picks from, no more than it picks
                read = (result, *args[1:])
            if operation.overloadpacket is torch.ops.aten._fused_adam_:
                # Weights and both moments, in place; it returns nothing
                written = (args[0], args[2], args[3])
            tensors = [
                leaf for leaf in tree_leaves((read, kwargs, written)) if isinstance(leaf, Tensor)
            ]
            self.bytes += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return result


class _Products(TorchDispatchMode):
    """Keeps each matrix product and convolution that it sees, to be made again."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Callable[[], Any]] = []

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if operation.overloadpacket in flop_registry:
            self.calls.append(partial(operation, *args, **(kwargs or {})))
        return operation(*args, **(kwargs or {}))


def bare_products(action: Callable[[], Any]) -> Callable[[], None]:
    """Return what makes again the products in one call of `action`, and nothing else.

    The operands are those of the call, with their layout in memory: what it takes is the time that
    no loop around the same products can do without.
    """
    with _Products() as seen:
        action()

    @torch.no_grad()
    def again() -> None:
        for product in seen.calls:
            product()

    return again


def step_work(config: training.Config) -> tuple[Work, Work]:
    """Return the work of one critic step and of one generator step."""
    trainer = training.Trainer(config)
    steps = [
        work(trainer.step) for _ in range(config.critic_steps)
    ]  # the last with a generator step
    return steps[1], Work(
        *(both - critic for both, critic in zip(steps[-1], steps[1], strict=True))
    )


def seconds(action: Callable[[], Any], times: int, device: torch.device) -> float:
    """Return how long a call of `action` takes, until the device has finished it.

    On one thread it is the processor's time, which other programs on the machine do not lengthen.
    """
    clock = time.process_time if on_one_thread(device) else time.perf_counter
    started = clock()
    for _ in range(times):
        action()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (clock() - started) / times


def on_one_thread(device: torch.device) -> bool:
    """Return whether one thread computes, so that the processor's clock measures it."""
    return device.type == "cpu" and torch.get_num_threads() == 1


def take_turns(
    loops: dict[str, Callable[[], Any]], rounds: int, cycles: int, device: torch.device
) -> dict[str, list[float]]:
    """Return the seconds of a cycle of each loop in each round, after one to warm up."""
    found: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds + 1):
        for name, cycle in loops.items():
            found[name].append(seconds(cycle, cycles, device))
    return {name: each[1:] for name, each in found.items()}


def product_rate(config: training.Config, device: torch.device) -> float:
    """Return the best rate, operations a second, of the critic's largest layer as a product."""
    batch, width = config.batch_size, config.width
    perceptrons, convolutions = (batch, 784, 512), (16 * batch, 25 * 2 * width, 4 * width)
    rows, inner, columns = perceptrons if config.network == "mlp" else convolutions
    dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    x = torch.randn(rows, inner, device=device, dtype=dtype)
    weight = torch.randn(inner, columns, device=device, dtype=dtype)
    with graphs.arithmetic(config.precision, device):
        best = min(seconds(lambda: x @ weight, 20, device) for _ in range(20))
    return 2 * rows * inner * columns / best


def table(
    config: training.Config, device: torch.device, rounds: int, cycles: int, root: str
) -> None:
    """Print what a step of `config` costs, and how fast each loop is; MNIST lies below `root`."""
    variants = {
        f"{each['precision']}, {each['engine']}": dataclasses.replace(config, **each)
        for each in _variants(device)
    }
    critic, generator = step_work(dataclasses.replace(config, engine="eager"))
    loops = {"the usual loop": PlainLoop(config, root).cycle}
    loops |= {name: cycle_of(training.Trainer(variant)) for name, variant in variants.items()}
    loops |= {f"{name}, products": _products_of(variant) for name, variant in variants.items()}
    times = take_turns(loops, rounds, cycles, device)
    _heading(config, critic, generator)
    images = config.critic_steps * config.batch_size
    flops = config.critic_steps * critic.flops + generator.flops
    print(_row("the usual loop", times, images))
    for name in variants:
        print(_row(name, times, images, flops))


def _heading(config: training.Config, critic: Work, generator: Work) -> None:
    perceptrons, convolutions = "multilayer perceptrons", f"convolutions of width {config.width}"
    layers = perceptrons if config.network == "mlp" else convolutions
    print(f"\n{layers}, batch {config.batch_size}")
    for player, each in (("critic", critic), ("generator", generator)):
        moved = f"{each.bytes / 1e6:.0f} MB read and written"
        print(f"a {player} step: {each.flops / 1e6:.0f} MFLOP, {moved}")
    left, right = ("ms a cycle", "images/s", "GFLOP/s"), ("its products", "share", "ratio")
    print(f"{'':20s}{'{:>12s}{:>12s}{:>10s}'.format(*left)}{'{:>14s}{:>8s}{:>8s}'.format(*right)}")


def _row(name: str, times: dict[str, list[float]], images: int, flops: int | None = None) -> str:
    """Return a line of the table; with operations and bare products where the loop is ours."""
    took = statistics.median(times[name])
    ratio = statistics.median(
        usual / ours for usual, ours in zip(times["the usual loop"], times[name], strict=True)
    )
    products = f"{'':32s}"
    if flops:
        bare = times[f"{name}, products"]
        share = statistics.median(
            alone / whole for alone, whole in zip(bare, times[name], strict=True)
        )
        products = f"{flops / took / 1e9:10.0f}{1e3 * statistics.median(bare):14.2f}{share:8.0%}"
    return f"{name:20s}{1e3 * took:12.2f}{images / took:12.0f}{products}{ratio:8.2f}"


def _products_of(config: training.Config) -> Callable[[], None]:
    """Return the bare products of one cycle, which a GPU too makes one by one here."""
    trainer = training.Trainer(dataclasses.replace(config, engine="eager"))
    again = bare_products(cycle_of(trainer))

    def in_its_precision() -> None:
        with graphs.arithmetic(config.precision, trainer.device):
            again()

    return in_its_precision


def _variants(device: torch.device) -> list[dict[str, str]]:
    if device.type == "cpu":
        return [
            {"precision": precision, "engine": "eager"} for precision in ("float32", "bfloat16")
        ]
    return [
        {"precision": precision, "engine": engine}
        for precision in ("float32", "tf32", "bfloat16")
        for engine in ("eager", "graph")
    ]


def cycle_of(trainer: training.Trainer) -> Callable[[], None]:
    """Return a function that makes one cycle of `trainer`, by a captured graph or step by step."""

    def cycle() -> None:
        end = trainer.steps_done + trainer.config.critic_steps
        while trainer.steps_done < end:
            graphs.advance(trainer)

    return cycle


def unpack_for_torchvision(root: Path) -> None:
    """Put the repository's MNIST where torchvision's dataset looks for it below `root`."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    source = mnist.find_upwards("data/mnist")[0]
    for name in mnist.SHA256:
        (raw / name).write_bytes(gzip.decompress((source / f"{name}.gz").read_bytes()))
