r"""Several processes train together: ``torchrun --nproc-per-node N -m wgan_lib train``.

Each has its share of every batch. All draw the random numbers of the whole batch and keep their
share; gradients, losses and batch norm's statistics are averaged over the processes. So they
compute what one process would, up to rounding. In one process each function here gives back what it
got.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

SILENCE, PATIENCE = 5, 120  # seconds to wait for the others without a word, and at all


@contextmanager
def joined() -> Iterator[None]:
    """Belong to the processes that torchrun has started, if it has, until the block ends.

    Raises
    ------
    ValueError
        If the environment names other processes, but not how to meet them.
    TimeoutError
        If they are not there after two minutes.
    """
    if "WORLD_SIZE" not in os.environ or dist.is_initialized():
        yield
        return
    store, number, count = _meet()
    dist.init_process_group(
        "nccl" if torch.cuda.is_available() else "gloo", store=store, rank=number, world_size=count
    )
    try:
        yield
    finally:
        dist.destroy_process_group()


def _meet() -> tuple[dist.Store, int, int]:
    """Return the processes' store, this one's number and how many, when all are there."""
    names = [name for name in ("WORLD_SIZE", "RANK") if name in os.environ]
    told = " ".join(f"{name}={os.environ[name]}" for name in names)
    remedy = "torchrun starts them all; to train in one process, "
    remedy += f"unset what the environment says: {told}"
    waiting = threading.Timer(
        SILENCE, print, [f"Waiting for the other processes: {remedy}"], {"file": sys.stderr}
    )
    waiting.daemon = True
    waiting.start()
    try:
        store, number, count = next(dist.rendezvous("env://", timeout=timedelta(seconds=PATIENCE)))
        store.set_timeout(timedelta(minutes=30))  # torch's own, for all that follows
        return store, number, count
    except ValueError as error:
        raise ValueError(f"{error}: {remedy}") from error
    except RuntimeError as error:  # of which torch's own errors are kinds
        raise TimeoutError(
            f"the other processes did not come within {PATIENCE} seconds; {remedy}"
        ) from error
    finally:
        waiting.cancel()


def size() -> int:
    """Return the number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Return this process's number, from 0; number 0 is the one that writes."""
    return dist.get_rank() if dist.is_initialized() else 0


def own_device(device: torch.device) -> torch.device:
    """Return the GPU that belongs to this process if `device` is a GPU, else `device`."""
    if size() == 1 or device.type != "cuda":
        return device
    own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    torch.cuda.set_device(own)
    return own


def share(batch: Tensor) -> Tensor:
    """Return this process's part of a batch (n, ...), where the number of processes divides n."""
    return batch.chunk(size())[rank()]


def wait() -> None:
    """Wait until all processes are here."""
    if size() > 1:
        dist.barrier()


def anywhere(flag: bool, device: torch.device) -> bool:
    """Return whether `flag` is set in any process."""
    return flag if size() == 1 else bool(mean(torch.tensor(float(flag), device=device)) > 0)


def mean(value: Tensor) -> Tensor:
    """Return the mean of `value` over the processes; its gradient arrives in all of them."""
    return value if size() == 1 else _Mean.apply(value)


class _Mean(torch.autograd.Function):
    """The mean over processes; since each minimises the mean of all, so is its gradient."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.detach().clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total / size()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _Mean.forward(ctx, gradient)


def average_gradients(optimizer: torch.optim.Optimizer) -> None:
    """Let `optimizer` average the gradients over the processes before each of its steps."""
    if size() > 1:
        optimizer.register_step_pre_hook(_average_gradients)


@torch.no_grad()
def _average_gradients(optimizer: torch.optim.Optimizer, *_: Any) -> None:
    gradients = [
        p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None
    ]
    # One message in place of one for each
    averaged = mean(torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, part in zip(
        gradients, averaged.split([gradient.numel() for gradient in gradients]), strict=True
    ):
        gradient.copy_(part.view_as(gradient))


def synchronise_batch_norm(network: nn.Module) -> None:
    """Let every batch norm of `network` normalise by the whole batch, not by its share."""
    if size() > 1:
        for layer in network.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.forward = partial(_batch_norm, layer)


def _batch_norm(layer: nn.Module, x: Tensor) -> Tensor:
    """Compute what `layer` would, had it seen the shares of all processes: (n, channels, ...)."""
    if not layer.training:
        return type(layer).forward(layer, x)
    axes, count = [0, *range(2, x.dim())], size() * x.numel() // x.shape[1]
    x = x.to(layer.weight.dtype)
    centre = mean(x.mean(axes))
    shape = [1, -1] + [1] * (x.dim() - 2)
    variance = mean((x - centre.view(shape)).square().mean(axes))
    with torch.no_grad():
        layer.num_batches_tracked.add_(1)
        layer.running_mean.lerp_(centre, layer.momentum)
        layer.running_var.lerp_(variance * count / (count - 1), layer.momentum)
    scale = layer.weight * (variance + layer.eps).rsqrt()
    return (x - centre.view(shape)) * scale.view(shape) + layer.bias.view(shape)
