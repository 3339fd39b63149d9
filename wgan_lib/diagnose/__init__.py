r"""Why does it not train? A reader's own code, held against what every Wasserstein GAN promises.

`examine` runs the code on problems whose answers are known, and reports which promise is broken,
with the number that was measured beside the one that was expected. It needs no access to the inside
of the code: in place of the reader's networks it puts *probes*, a critic of a known slope or with
known scores, and in place of the optimiser a *spy* that writes down the gradients and moves
nothing. What the loss is, where the penalty looks and which slope it asks for can all be read from
those gradients. Chapter 15 shows it at work on eighteen patients.
"""

from wgan_lib.diagnose.examination import examine
from wgan_lib.diagnose.report import Finding, Report

__all__ = ["Finding", "Report", "examine"]
