r"""How the arithmetic is done: in which precision; and on a GPU, how many steps are recorded and played back as one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

import torch

Result = TypeVar("Result")
WARM_UPS = 3  # calls before the recording, in which libraries choose their kernels and reserve their memory


@contextmanager
def arithmetic(precision: str, device: torch.device) -> Iterator[None]:
    """Compute matrix products and convolutions in the given precision; weights, sums and losses stay float32.

    Parameters
    ----------
    precision : str
        float32; tf32, which on a GPU keeps 10 bits of the 23 behind the point; or bfloat16, which keeps 7.
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
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn  # where torch allows tf32 to convolutions unasked
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


class Recording(Generic[Result]):
    """A function that gives work to the GPU and to nobody else, recorded once as a CUDA graph and then played back.

    The first calls run as they are, so that they count; then the recording is made, which computes nothing; from then
    on a call costs the processor one launch. The function runs in Python no more: it must neither read a number back
    nor depend on one that changes, but for what it reads from tensors that stay in place.

    Parameters
    ----------
    play : callable
        The function. What it returns stays in place: each call overwrites it.
    rng : torch.Generator
        The source of all its random numbers, on the GPU. The recording takes them from the same stream.
    or_play : bool
        What to do where the recording fails: say so once and go on without one, or raise.
    """

    def __init__(self, play: Callable[[], Result], rng: torch.Generator, or_play: bool = False) -> None:
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
            self._try_to_record()
        if self.failed:
            return self.play()
        self.graph.replay()
        return self.result

    def _warm_up(self) -> Result:
        """Run on a side stream, since what the main stream has been used for would be recorded too."""
        self.side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.side):
            result = self.play()
        torch.cuda.current_stream().wait_stream(self.side)
        return result

    def _try_to_record(self) -> None:
        """Record; if that fails, the random numbers go on where they were, in a state that no graph holds."""
        before = torch.Generator(self.rng.device)
        before.set_state(self.rng.get_state())
        try:
            self._record()
        except RuntimeError as error:
            if not self.or_play:
                raise
            self.failed = True
            self.rng.graphsafe_set_state(before)
            reason = str(error.__context__ or error).splitlines()[0]
            print(f"No CUDA graph could be recorded, so training goes on step by step: {reason}", file=sys.stderr)

    def _record(self) -> None:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.rng)
        with torch.cuda.graph(graph):
            self.result = self.play()
        self.graph = graph
