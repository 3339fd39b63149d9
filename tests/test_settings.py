"""The settings: presets as in their papers, and no wrong value that is not named."""

import dataclasses
import json
import re

import pytest
import torch
from small_run import INFINITE, NAN

from wgan_lib.settings import PRESETS, resolve_device
from wgan_lib.training import Config, preset


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gan", ("non-saturating", "adam", 2e-4, (0.5, 0.999), 128, 1, None, None)),
        ("wgan-clip", ("wasserstein", "rmsprop", 5e-5, None, 64, 5, 0.01, None)),
        ("wgan-gp", ("wasserstein", "adam", 1e-4, (0, 0.9), 64, 5, None, 10)),
    ],
)
@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_presets_have_their_papers_hyperparameters(name, expected, network):
    config = preset(name if network == "mlp" else f"{name}-conv")
    betas = config.betas if config.optimizer == "adam" else None
    assert expected == (config.objective, config.optimizer, config.learning_rate, betas, config.batch_size,
                        config.critic_steps, config.clip, config.penalty)  # fmt: skip
    assert config.network == network
    assert config.batch_norm is (config.name == "gan-conv"), "DCGAN has it in the critic; never with a penalty"


def test_each_preset_is_called_by_its_name():
    papers = ["gan", "wgan-clip", "wgan-gp", "gan-conv", "wgan-clip-conv", "wgan-gp-conv"]
    assert list(PRESETS) == [*papers, "wgan-gp-tuned", "gan-tuned", "cwgan-gp", "digits-in-a-minute"]
    assert all(config.name == name for name, config in PRESETS.items())
    assert preset("wgan-gp") == Config()


def test_the_tuned_presets_play_the_game_of_their_paper():
    tuned, papers = preset("wgan-gp-tuned"), preset("wgan-gp-conv")
    for name in ("objective", "network", "batch_norm", "penalty", "one_sided", "optimizer", "betas", "batch_size"):
        assert getattr(tuned, name) == getattr(papers, name)
    game = {"objective", "penalty", "batch_norm", "learning_rate"}
    assert {name for name, value in tuned.identity().items() if preset("gan-tuned").identity()[name] != value} == game
    for name in game - {"learning_rate"}:
        assert getattr(preset("gan-tuned"), name) == getattr(preset("gan-conv"), name)
    told, untold = preset("cwgan-gp").identity(), tuned.identity()
    assert {name for name, value in untold.items() if told[name] != value} == {"conditioning", "learning_rate", "steps"}
    minute = preset("digits-in-a-minute").identity()
    assert {name for name, value in tuned.identity().items() if minute[name] != value} == {
        "learning_rate", "average", "steps"}  # fmt: skip


def test_an_unknown_preset_is_named_and_so_are_the_known_ones():
    with pytest.raises(ValueError, match=r"preset = 'wgan-pg'.*wgan-clip, wgan-gp"):
        preset("wgan-pg")


WRONG = [
    *[(name, value) for name in ("latent_dim", "width", "batch_size", "critic_steps", "steps", "log_every",
                                 "sample_every", "checkpoint_every") for value in (0, -1, 1.5)],
    *[("learning_rate", value) for value in (0.0, -1e-4, INFINITE, NAN)],
    *[("betas", value) for value in ((-0.1, 0.9), (0.5, 1.0), (0.5,), (NAN, 0.9))],
    *[("clip", value) for value in (0.0, -0.01, INFINITE, NAN)],
    *[("penalty", value) for value in (-1.0, INFINITE, NAN)],
    *[("average", value) for value in (-0.1, 1.0, NAN)],
    *[(name, value) for name in ("steps", "latent_dim", "seed") for value in (True, "3", None)],
    *[(name, "0.1") for name in ("learning_rate", "betas", "clip", "penalty", "average")], ("betas", 0.5),
    *[(name, "no") for name in ("batch_norm", "one_sided", "anneal", "resume", "tensorboard")],
    *[("name", value) for value in ("", ".", "..", "../x", "a/b", "/a", "a\nb", None)], ("train_images", 60_001),
    ("precision", "float16"), ("engine", "compile"),
    ("batch_size", 1), ("objective", "least squares"), ("network", "transformer"), ("optimizer", "sgd"), ("seed", -1),
    ("device", "tpu"), ("device", ""), ("device", "meta"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_with_its_value_before_anything_starts(name, value):
    with pytest.raises(ValueError) as error:
        Config(**{name: value})
    assert str(error.value).startswith(f"{name} = {value!r}: ")


def test_a_penalty_and_batch_norm_do_not_go_together():
    with pytest.raises(ValueError, match="batch_norm = True: a gradient penalty needs a critic without"):
        preset("wgan-gp-conv", batch_norm=True)
    assert preset("wgan-gp-conv", batch_norm=True, penalty=None).batch_norm


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("wgan-clip-conv", {"batch_norm": True}, "clipping would clamp the scale of batch norm"),
        ("gan", {"batch_norm": True}, "only conv has the choice"),
        ("wgan-clip", {"one_sided": True}, "there is no penalty to change"),
        ("wgan-gp", {"clip": 0.01}, "clip = 0.01: there is a penalty of 10.0 already"),
        ("wgan-gp", {"precision": "tf32", "device": "cpu"}, "only a GPU computes in tf32"),
        ("wgan-gp", {"engine": "graph", "device": "cpu"}, "a graph is captured on a GPU"),
        ("wgan-gp", {"width": 16}, "width = 16: mlp has no use for it; leave it at 64"),
        ("wgan-clip", {"betas": (0.5, 0.9)}, "betas = (0.5, 0.9): rmsprop has no use for it; leave it at (0.0, 0.9)"),
        ("gan", {"out": ""}, "out = '.': expected a directory for this run alone"),
        ("gan", {"seed": 1.5}, "seed = 1.5: expected a whole number"),
        ("gan", {"seed": 2**32}, "below 2"),
    ],
)
def test_a_setting_that_would_be_ignored_or_do_harm_is_refused(name, changes, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        preset(name, **changes)


def test_a_place_may_be_given_as_a_string(tmp_path):
    assert Config(out=str(tmp_path)).out == tmp_path


def test_to_resume_one_must_say_what():
    with pytest.raises(ValueError, match="resume = True: say with `out` which run"):
        Config(resume=True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(ValueError, match="device = 'cuda': torch finds no GPU on this machine"):
        Config(device="cuda")
    assert resolve_device("auto").type == "cpu"


def test_settings_come_back_from_json_and_cannot_be_changed(tmp_path):
    config = preset("gan-conv", seed=3, out=tmp_path, steps=7)
    stored = json.loads(json.dumps(config.to_json()))
    assert Config.from_json(stored, out=tmp_path) == config
    assert str(tmp_path) not in json.dumps(stored)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.seed = 4
