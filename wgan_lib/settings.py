r"""The settings of a run: a `Config` that decides everything, and the presets with their sources.

References
----------
.. [1] Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv:1704.00028.
.. [2] Arjovsky, Chintala and Bottou (2017), Wasserstein GAN, arXiv:1701.07875.
.. [3] Radford, Metz and Chintala (2016), Unsupervised Representation Learning with Deep
   Convolutional Generative Adversarial Networks, arXiv:1511.06434.
.. [4] Miyato and Koyama (2018), cGANs with Projection Discriminator, arXiv:1802.05637.
"""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import torch

TRAINING_IMAGES = 60_000  # in MNIST
CHOICES = (
    "objective",
    "network",
    "conditioning",
    "optimizer",
    "precision",
    "dataset",
    "engine",
)
LOGGED = ("log_every", "sample_every", "checkpoint_every")
SIZES = ("latent_dim", "width", "batch_size", "critic_steps", "train_images", "steps", *LOGGED)
# What changes no number of a run
BOOKKEEPING = ("name", "device", "engine", "tensorboard", *LOGGED)
PLACES = ("data", "out", "resume")  # on this machine


@dataclass(frozen=True)
class Config:
    """Everything that decides a run, by default as `wgan-gp`. A wrong value raises ValueError.

    Parameters
    ----------
    name
        What to call the run: its directory in `out`, if no other is given.
    objective
        The game: wasserstein, non-saturating, or the original minimax.
    network
        mlp, or DCGAN-style conv.
    batch_norm
        Batch norm in the conv critic. Not with a gradient penalty.
    conditioning
        How the conv critic is told the digit's label, if both players are told: by concatenation,
        as channels of the image; or by projection.
    latent_dim
        Numbers of Gaussian noise that become one image.
    width
        Feature maps of the conv critic's first layer, and of the conv generator's last.
    batch_size
        Real images, and generated ones, in a critic step.
    critic_steps
        Critic steps between two generator steps.
    optimizer
        adam or rmsprop.
    learning_rate
        Of both optimisers.
    betas
        Decay of Adam's first and second moment; rmsprop does not use them.
    clip
        Clamp the critic's weights to ±clip after each of its steps.
    penalty
        Weight λ of the gradient penalty.
    one_sided
        Penalise only slopes above 1.
    average
        Decay β of a moving average of the generator's weights, which then makes the samples; 0 for
        none.
    anneal
        Let the learning rates fall linearly to 0 over `steps`.
    precision
        Of matrix products and convolutions: float32; tf32, on a GPU; or bfloat16, fastest where the
        processor has it.
    dataset
        mnist, or fashion-mnist: clothes of ten kinds in place of digits.
    train_images
        Learn from this many of the training images only; fewer than all 60,000 shows a critic that
        overfits.
    steps
        Critic steps to train for, in all.
    seed
        Seed of everything random.
    device
        cpu, cuda, or auto for cuda where there is one.
    engine
        How a GPU is driven: eager, kernel by kernel; graph, a whole cycle of critic and generator
        steps at once; auto for graph where it is possible. The arithmetic is the same.
    data
        Directory of the four MNIST files; found or downloaded if left out.
    out
        Directory to write the run to.
    resume
        Continue the run in `out` where it stopped.
    log_every
        Critic steps between two rows of metrics.csv.
    sample_every
        Critic steps between two sample grids.
    checkpoint_every
        Critic steps between two checkpoints.
    tensorboard
        Log to TensorBoard too, in `out`.
    """

    name: str = "wgan-gp"
    objective: Literal["wasserstein", "non-saturating", "minimax"] = "wasserstein"
    network: Literal["mlp", "conv"] = "mlp"
    batch_norm: bool = False
    conditioning: Literal["none", "concatenation", "projection"] = "none"
    latent_dim: int = 100
    width: int = 64
    batch_size: int = 64
    critic_steps: int = 5
    optimizer: Literal["adam", "rmsprop"] = "adam"
    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.0, 0.9)
    clip: float | None = None
    penalty: float | None = 10.0
    one_sided: bool = False
    average: float = 0.0
    anneal: bool = False
    precision: Literal["float32", "tf32", "bfloat16"] = "float32"
    dataset: Literal["mnist", "fashion-mnist"] = "mnist"
    train_images: int = TRAINING_IMAGES
    steps: int = 20_000
    seed: int = 0
    device: str = "auto"
    engine: Literal["auto", "eager", "graph"] = "auto"
    data: Path | None = None
    out: Path | None = None
    resume: bool = False
    log_every: int = 20
    sample_every: int = 1000
    checkpoint_every: int = 1000
    tensorboard: bool = False

    def __post_init__(self) -> None:
        """Check every value, before any work starts."""
        for name in ("data", "out"):
            if isinstance(getattr(self, name), str):  # what one types in a notebook
                object.__setattr__(self, name, Path(getattr(self, name)))
        self._check_choices()
        self._check_numbers()
        self._check_critic()
        self._check_unused()
        self._check_places()
        gpu = self.device == "auto" or resolve_device(self.device).type == "cuda"
        tf32, graph = self.precision == "tf32", self.engine == "graph"
        only = "only a GPU computes in tf32; use float32 or bfloat16"
        self._require(gpu or not tf32, "precision", only)
        only = "a graph is captured on a GPU only; use auto or eager"
        self._require(gpu or not graph, "engine", only)

    def _require(self, condition: bool, name: str, expected: str) -> None:
        require(condition, name, getattr(self, name), expected)

    def _check_choices(self) -> None:
        hints = get_type_hints(type(self))
        for name in CHOICES:
            choices = get_args(hints[name])
            expected = f"expected one of {', '.join(choices)}"
            self._require(getattr(self, name) in choices, name, expected)
        for name in (name for name, hint in hints.items() if hint is bool):
            self._require(isinstance(getattr(self, name), bool), name, "expected True or False")

    def _check_numbers(self) -> None:
        for name in SIZES:
            whole = _is_whole(getattr(self, name)) and getattr(self, name) >= 1
            self._require(whole, name, "expected a whole number, at least 1")
        enough = self.batch_size >= 2
        self._require(enough, "batch_size", "the generator's batch norm needs at least 2")
        there = self.train_images <= TRAINING_IMAGES
        self._require(there, "train_images", f"MNIST has no more than {TRAINING_IMAGES}")
        rate = _lies(0, self.learning_rate, math.inf) and self.learning_rate > 0
        self._require(rate, "learning_rate", "expected a positive number, for example 1e-4")
        two = isinstance(self.betas, (tuple, list)) and len(self.betas) == 2
        decays = two and all(_lies(0, beta, 1) for beta in self.betas)
        self._require(decays, "betas", "expected two numbers in [0, 1)")
        decay = _lies(0, self.average, 1)
        self._require(decay, "average", "expected a decay in [0, 1), for example 0.999")
        seed = _is_whole(self.seed) and 0 <= self.seed < 2**32
        self._require(seed, "seed", "expected a whole number, at least 0 and below 2**32")

    def _check_critic(self) -> None:
        """Refuse what cannot be, and what would be ignored."""
        clipped, penalised = self.clip is not None, self.penalty is not None
        positive = not clipped or (_lies(0, self.clip, math.inf) and self.clip > 0)
        self._require(positive, "clip", "the bound c must be positive; WGAN uses 0.01")
        not_negative = not penalised or _lies(0, self.penalty, math.inf)
        self._require(not_negative, "penalty", "λ must not be negative; WGAN-GP uses 10")
        both = f"there is a penalty of {self.penalty} already: a critic is clipped or penalised"
        self._require(not (self.clip and self.penalty), "clip", both)
        mixes = "a gradient penalty needs a critic without batch norm, which mixes the examples"
        self._require(not (self.penalty and self.batch_norm), "batch_norm", mixes)
        clamps = "clipping would clamp the scale of batch norm, too; use a critic without it"
        self._require(not (self.clip and self.batch_norm), "batch_norm", clamps)
        has_choice = self.network == "conv" or not self.batch_norm
        self._require(has_choice, "batch_norm", "only conv has the choice")
        has_labels = self.network == "conv" or self.conditioning == "none"
        self._require(has_labels, "conditioning", "only conv is told labels; use --network conv")
        used = bool(self.penalty) or not self.one_sided
        self._require(used, "one_sided", "there is no penalty to change")

    def _check_unused(self) -> None:
        """Refuse what would be ignored, unless it was left as it is."""
        usual = {field.name: field.default for field in dataclasses.fields(self)}
        ignored = {"width": "mlp"} if self.network == "mlp" else {}
        ignored |= {"betas": "rmsprop"} if self.optimizer == "rmsprop" else {}
        for name, by in ignored.items():
            unchanged = getattr(self, name) == usual[name]
            self._require(unchanged, name, f"{by} has no use for it; leave it at {usual[name]}")

    def _check_places(self) -> None:
        name = self.name if isinstance(self.name, str) and self.name.isprintable() else ""
        plain = name not in ("", "..") and Path(name).name == name
        self._require(plain, "name", "expected the name of a directory, without a path")
        alone = "expected a directory for this run alone, such as out/mine"
        require(self.out != Path(), "out", str(self.out), alone)
        known = not self.resume or self.out is not None
        self._require(known, "resume", "say with `out` which run to resume")

    @property
    def source(self) -> dict[str, Any]:
        """Which images to learn from, and where they are: for `mnist.images`."""
        return {"dataset": self.dataset, "data": self.data}

    def identity(self) -> dict[str, Any]:
        """Return the settings that a run cannot change half-way: all but bookkeeping and length.

        A learning rate that falls to 0 at the end makes the length one of them.
        """
        free = set(BOOKKEEPING)
        free |= set() if self.anneal else {"steps"}
        return {key: value for key, value in self.to_json().items() if key not in free}

    def to_json(self) -> dict[str, Any]:
        """Return the settings without those that name places on this machine."""
        settings = dataclasses.asdict(self) | {"betas": list(self.betas)}
        return {key: value for key, value in settings.items() if key not in PLACES}

    @classmethod
    def from_json(cls, settings: dict[str, Any], **changes: Any) -> "Config":
        """Undo `to_json`."""
        return cls(**settings | {"betas": tuple(settings["betas"])} | changes)


def resolve_device(device: str) -> torch.device:
    """Return the torch device that `device` names; "auto" is the GPU where there is one.

    Raises
    ------
    ValueError
        If there is no such device on this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError:
        resolved = torch.device("meta")
    require(resolved.type in ("cpu", "cuda"), "device", device, "expected auto, cpu or cuda")
    require(
        resolved.type == "cpu" or torch.cuda.is_available(),
        "device",
        device,
        "torch finds no GPU on this machine; use cpu, or auto for whatever is there",
    )
    return resolved


def require(condition: bool, name: str, value: Any, expected: str) -> None:
    """Raise ValueError that names `value` and says what was expected, unless `condition` holds."""
    if not condition:
        raise ValueError(f"{name} = {value!r}: {expected}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _lies(lowest: float, value: Any, bound: float) -> bool:
    """Return whether `value` is a number in [lowest, bound)."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and lowest <= value < bound


# Hyperparameters with the place they come from; the appendix "Recipes" shows them side by side.
_GAN = Config(  # [3] section 4: Adam 2e-4 with β₁ = 0.5, mini-batches of 128
    name="gan",
    objective="non-saturating",
    penalty=None,
    batch_size=128,
    critic_steps=1,
    learning_rate=2e-4,
    betas=(0.5, 0.999),
)
_WGAN_CLIP = Config(  # [2] Algorithm 1: RMSProp 5e-5, c = 0.01, m = 64, n_critic = 5
    name="wgan-clip", penalty=None, clip=0.01, optimizer="rmsprop", learning_rate=5e-5
)
# [1] Algorithm 1: Adam 1e-4 with β = (0, 0.9), λ = 10, n_critic = 5
_WGAN_GP = Config(name="wgan-gp")
_TUNED = (
    Config(  # ours: searched for on two processor cores, with the networks and the penalty of [1]
        name="wgan-gp-tuned",
        network="conv",
        latent_dim=32,
        width=16,
        critic_steps=1,
        learning_rate=4e-3,
        average=0.995,
        anneal=True,
        steps=30_000,
        sample_every=1_500,
    )
)
PRESETS = {
    config.name: config
    for config in (
        _GAN,
        _WGAN_CLIP,
        _WGAN_GP,
        dataclasses.replace(
            _GAN, name="gan-conv", network="conv", batch_norm=True
        ),  # [3]: batch norm in both
        dataclasses.replace(_WGAN_CLIP, name="wgan-clip-conv", network="conv"),
        dataclasses.replace(
            _WGAN_GP, name="wgan-gp-conv", network="conv"
        ),  # [1] section 4: none in the critic
        _TUNED,
        dataclasses.replace(  # ours: searched for with the same effort, from [3]
            _TUNED,
            name="gan-tuned",
            objective="non-saturating",
            penalty=None,
            batch_norm=True,
            learning_rate=8e-3,
        ),
        dataclasses.replace(  # ours: the tuned one, told the label as [4] does
            _TUNED,
            name="cwgan-gp",
            conditioning="projection",
            learning_rate=1.5e-3,
            steps=16_000,
            sample_every=1_600,
        ),
        dataclasses.replace(
            _TUNED,
            name="digits-in-a-minute",
            learning_rate=6e-3,
            average=0.99,
            steps=1_150,
            sample_every=100,
        ),
    )
}


def preset(name: str, **changes: Any) -> Config:
    """Return the preset called `name`, with some settings changed.

    Raises
    ------
    ValueError
        If there is no such preset, or a setting is wrong.
    """
    if name not in PRESETS:
        raise ValueError(
            f"preset = {name!r}: there is no such preset; there are {', '.join(PRESETS)}"
        )
    return dataclasses.replace(PRESETS[name], **changes)
