"""Training a classifier: it learns, it repeats, and what it sees is only a little moved."""

import torch

from wgan_lib import classifiers, mnist, randomness
from wgan_lib.experiments import fit_classifiers


def test_images_are_moved_by_two_pixels_at_most_and_keep_their_background():
    images = torch.full((200, 1, 28, 28), -1.0)
    images[:, :, 13:15, 13:15] = 1.0
    moved = fit_classifiers.moved(images, randomness.stream(0, "test"))
    assert moved.min() >= -1 - 1e-5 and moved.max() <= 1 + 1e-5
    weight = (moved + 1).flatten(2).squeeze(1)
    places = torch.stack(torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")).flatten(1)
    centres = weight @ places.T / weight.sum(dim=1, keepdim=True)
    offset = (centres - 13.5).abs().max().item()
    assert 1.5 < offset < 2.6


def test_training_learns_and_repeats(monkeypatch):
    images, labels = mnist.images()[:256], mnist.labels()[:256]
    monkeypatch.setattr(mnist, "images", lambda **_: images)
    monkeypatch.setattr(mnist, "labels", lambda **_: labels)
    once, again = (fit_classifiers.fit("judge", epochs=12) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(once.parameters(), again.parameters(), strict=True))
    assert classifiers.accuracy(once, mnist.scale(images), labels) > 0.8
