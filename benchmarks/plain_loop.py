"""WGAN-GP on MNIST as tutorials usually write it: the yardstick.

Images come one by one through torchvision's `MNIST`, its transforms and a `DataLoader`; the critic is called three
times a step; the generated batch is not detached. Networks, optimiser settings and batch are those of `wgan-gp`.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from wgan_lib.training import Config


def tutorial_critic() -> nn.Sequential:
    """Return the preset's critic, with torch's own LeakyReLU."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 512), nn.LeakyReLU(0.2),
        nn.Linear(512, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
    )  # fmt: skip


class PlainLoop:
    """The usual loop, cut into steps so that it can be timed in turns with another."""

    def __init__(self, config: Config, generator: nn.Module, root: str, device: torch.device) -> None:
        self.config, self.device = config, device
        self.generator, self.critic = generator.to(device), tutorial_critic().to(device)
        transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
        dataset = MNIST(root, train=True, transform=transform)
        self.loader = DataLoader(dataset, config.batch_size, shuffle=True, drop_last=True)
        self.batches = self._endless()
        settings = {"lr": config.learning_rate, "betas": config.betas}
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), **settings)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), **settings)
        self.steps_done = 0

    def step(self) -> None:
        """Make a critic step, and a generator step after every `critic_steps` of them."""
        real = next(self.batches).to(self.device)
        fake = self.generator(self._noise())
        loss = self.critic(fake).mean() - self.critic(real).mean() + self.config.penalty * self._penalty(real, fake)
        self.critic_optimizer.zero_grad()
        loss.backward()
        self.critic_optimizer.step()
        self.steps_done += 1
        if self.steps_done % self.config.critic_steps == 0:
            self.generator_optimizer.zero_grad()
            generator_loss = -self.critic(self.generator(self._noise())).mean()
            generator_loss.backward()
            self.generator_optimizer.step()

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        epsilon = torch.rand(len(real), 1, 1, 1, device=self.device)
        mixed = (epsilon * real.data + (1 - epsilon) * fake.data).requires_grad_(True)
        scores = self.critic(mixed)
        slopes = torch.autograd.grad(
            scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True
        )[0]
        return ((slopes.view(len(real), -1).norm(2, dim=1) - 1) ** 2).mean()

    def _noise(self) -> Tensor:
        return torch.randn(self.config.batch_size, self.config.latent_dim, device=self.device)

    def _endless(self) -> Iterator[Tensor]:
        while True:
            for images, _ in self.loader:
                yield images
