"""An entry to start from: a plain WGAN-GP."""

import torch

from wgan_lib import networks, training


def train(draw, latent_dim):
    """Return a generator. `draw()` gives 256 real points, 2,000 times at most."""
    generator = networks.toy_generator(latent_dim, 2, width=64)
    critic = networks.toy_critic(2, width=64)
    g_adam = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.0, 0.9))
    c_adam = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.0, 0.9))
    for _ in range(400):  # generator steps, each after five of the critic
        for _ in range(5):
            real = draw()
            fake = generator(torch.randn(len(real), latent_dim))
            training.critic_step(critic, c_adam, real, fake, penalty=1.0)
        latent = torch.randn(256, latent_dim)
        training.generator_step(generator, g_adam, critic, latent)
    return generator
