"""The library behind *Wasserstein GANs, computed*: one small module for each idea.

Read the ideas in this order: toy, transport, divergences, objectives, lipschitz, networks, randomness,
training, metrics. All else serves them; the page book/appendix/api.md says how.
"""

__version__ = "0.1.0"
