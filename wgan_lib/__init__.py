"""The library behind *Wasserstein GANs, computed*: one small module for each idea.

Read the modules in this order; each one uses only those before it.

toy, transport, divergences, objectives, lipschitz, networks, mnist, checkpoints, training, runs; then figures, widgets
and checks, which stand apart and serve the notebooks.
"""

__version__ = "0.1.0"
