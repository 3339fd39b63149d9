"""The library behind *Wasserstein GANs, computed*: a hall of ideas, and two wings.

Read the hall in this order: toy, transport, divergences, objectives, lipschitz, networks,
randomness, training, metrics. `engine` keeps a run fast, whole and alive; `experiments` were run
once, or serve one chapter. The page book/appendix/api.md shows how all of it stands together.
"""

__version__ = "0.1.0"
