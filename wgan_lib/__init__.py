"""The library behind *Wasserstein GANs, computed*: one small module for each idea.

Read the modules in this order; each one uses only those before it.

toy, transport, divergences, objectives, lipschitz, networks, mnist, checkpoints, classifiers, metrics, training, runs,
quality, tournament; then figures, widgets and claims, which know no training, and checks, which knows the
exercises.
"""

__version__ = "0.1.0"
