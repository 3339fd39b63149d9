r"""How the arithmetic is done: in which precision, and on a GPU, how a cycle is captured as one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from wgan_lib.engine import processes
from wgan_lib.settings import Config

Result = TypeVar("Result")
WARM_UPS = 3  # calls before the capture, in which libraries choose kernels and reserve memory


def optimizer(network: nn.Module, config: Config, device: torch.device) -> torch.optim.Optimizer:
    """Return the optimiser of `network`, which a CUDA graph can hold and several processes share.

    Adam is fused: one pass over the weights in place of a dozen.
    """
    on_gpu = device.type == "cuda"  # where a graph reads the count of steps and the rate
    rate: Any = config.learning_rate
    if on_gpu and config.anneal:
        rate = torch.tensor(rate, device=device)
    if config.optimizer == "adam":
        made = torch.optim.Adam(
            network.parameters(), rate, betas=config.betas, fused=True, capturable=on_gpu
        )
    else:
        made = torch.optim.RMSprop(network.parameters(), rate, foreach=on_gpu, capturable=on_gpu)
    processes.average_gradients(made)
    return made


def set_rates(trainer: Any) -> None:
    """Set the learning rates of the cycle that is under way, if they fall over the run."""
    config = trainer.config
    if not config.anneal:
        return
    begun = trainer.steps_done - trainer.steps_done % config.critic_steps
    rate = config.learning_rate * (1 - begun / config.steps)
    for optimizer in (trainer.generator_optimizer, trainer.critic_optimizer):
        for group in optimizer.param_groups:
            if isinstance(group["lr"], Tensor):  # in place, for a graph reads it there
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate


def follow(average: nn.Module, network: nn.Module, share: float) -> None:
    """Move the numbers of `average`, batch norm's statistics too, a share of the way to others."""
    torch._foreach_lerp_(_numbers(average), _numbers(network), share)


def _numbers(network: nn.Module) -> list[Tensor]:
    tensors = network.state_dict().values()
    return [tensor for tensor in tensors if tensor.is_floating_point()]


@contextmanager
def arithmetic(precision: str, device: torch.device) -> Iterator[None]:
    """Compute products and convolutions in a precision; weights, sums and losses stay float32.

    Parameters
    ----------
    precision : str
        float32; tf32, which on a GPU keeps 10 bits of the 23 behind the point; or bfloat16, which
        keeps 7.
    device : torch.device
        Where the arithmetic is done.
    """
    if precision == "bfloat16":
        with torch.autocast(device.type, torch.bfloat16):
            yield
        return
    if device.type == "cpu":
        yield
        return
    # Where torch allows tf32 to convolutions unasked
    matmul, cudnn = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


class Capture(Generic[Result]):
    """A function of work for the GPU alone, captured once as a CUDA graph and then replayed.

    The first calls run as they are, so that they count; then the capture is made, which computes
    nothing; from then on a call costs the processor one launch. The function runs in Python no
    more: it must neither read a number back nor depend on one that changes, but for what it reads
    from tensors that stay in place.

    Parameters
    ----------
    play : callable
        The function. What it returns stays in place: each call overwrites it.
    rng : torch.Generator
        The source of all its random numbers, on the GPU. The graph takes them from the same stream.
    or_play : bool
        What to do where the capture fails: say so once and go on without one, or raise.
    """

    def __init__(
        self, play: Callable[[], Result], rng: torch.Generator, or_play: bool = False
    ) -> None:
        self.play, self.rng, self.or_play = play, rng, or_play
        self.warm_ups, self.failed = 0, False
        self.graph: torch.cuda.CUDAGraph | None = None
        self.side = torch.cuda.Stream()

    def __call__(self) -> Result:
        """Do what `play` does."""
        if self.warm_ups < WARM_UPS:
            self.warm_ups += 1
            return self._warm_up()
        if self.graph is None and not self.failed:
            self._try_to_capture()
        if self.failed:
            return self.play()
        self.graph.replay()
        return self.result

    def _warm_up(self) -> Result:
        """Run on a side stream: what the main stream was used for would be captured, too."""
        self.side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.side):
            result = self.play()
        torch.cuda.current_stream().wait_stream(self.side)
        return result

    def _try_to_capture(self) -> None:
        """Capture; if that fails, the random numbers go on where they were."""
        before = torch.Generator(self.rng.device)
        before.set_state(self.rng.get_state())
        try:
            self._capture()
        except RuntimeError as error:
            if not self.or_play:
                raise
            self.failed = True
            self.rng.graphsafe_set_state(before)
            reason = str(error.__context__ or error).splitlines()[0]
            print(
                f"No CUDA graph could be captured, so training goes on step by step: {reason}",
                file=sys.stderr,
            )

    def _capture(self) -> None:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.rng)
        with torch.cuda.graph(graph):
            self.result = self.play()
        self.graph = graph


# Of a run: `trainer` is a `training.Trainer`, and what is captured is one cycle of its game.


def cycle(trainer: Any, unseen: Tensor | None) -> tuple[Any, Tensor, Tensor]:
    """Make `critic_steps` critic steps and a generator step, and count nothing: what is captured.

    Parameters
    ----------
    trainer : Trainer
        Whose game it is.
    unseen : Tensor, shape (n,), int64, optional
        Which test digits the last critic step is validated on.

    Returns
    -------
    tuple of CriticStep, Tensor, Tensor
        What the last critic step saw, the generator's loss, and the critic's estimate on `unseen`.
    """
    for turn in range(1, trainer.config.critic_steps + 1):
        last = turn == trainer.config.critic_steps
        seen = trainer.play(unseen if last else None, last)
    return seen, trainer.generator_loss, trainer.validation_estimate


def capture(trainer: Any) -> Capture | None:
    """Return the capture of a cycle, still to be made, where settings and device allow one."""
    config = trainer.config
    if config.engine == "eager" or trainer.device.type != "cuda" or processes.size() > 1:
        return None
    # The graph reads which digits where that lies now, so that other ones have to be copied here.
    trainer.unseen_now = trainer.unseen_at(config.log_every).clone()
    return Capture(
        lambda: cycle(trainer, trainer.unseen_now), trainer.rng, or_play=config.engine == "auto"
    )


def advance(trainer: Any) -> Any:
    """Replay the capture of a whole cycle where one fits, and otherwise make one step."""
    if trainer.capture is None or not _fits(trainer):
        return trainer.step()
    set_rates(trainer)
    trainer.steps_done += trainer.config.critic_steps
    if trainer.steps_done % trainer.config.log_every == 0:
        trainer.unseen_now.copy_(trainer.unseen_at(trainer.steps_done))
    seen, trainer.generator_loss, trainer.validation_estimate = trainer.capture()
    return seen


def _fits(trainer: Any) -> bool:
    """Return whether a whole cycle comes next, with nothing to log or to save before its end."""
    config, end = trainer.config, trainer.steps_done + trainer.config.critic_steps
    every = (config.critic_steps, config.log_every, config.sample_every, config.checkpoint_every)
    # No multiple of any falls on a step before the last; for critic_steps, that means that a cycle
    # begins here.
    undisturbed = all(trainer.steps_done // each == (end - 1) // each for each in every)
    # The last test digits may fill no batch; the graph holds the shape of a full one.
    whole = end % config.log_every != 0 or trainer.unseen_at(end).shape == trainer.unseen_now.shape
    return undisturbed and whole and end <= config.steps
