"""The challenge: what an entry is told when it breaks a rule, and that its score is what it says."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import challenge  # noqa: E402

from wgan_lib import toy, transport  # noqa: E402

HEAD = "import time, torch\nfrom torch import nn\n\ndef train(draw, latent_dim):\n    "
FAIR = HEAD + "draw()\n    return nn.Linear(latent_dim, 2)\n"
LIMITS = {"seed": 3, "steps": 2, "seconds": 60, "gigabytes": 8}


def scored(tmp_path, code, **limits):
    """Return the score of an entry with this code."""
    entry = tmp_path / "entry.py"
    entry.write_text(code, encoding="utf-8")
    return challenge.score(entry, **(LIMITS | limits))


def test_a_score_is_the_same_each_time_and_above_the_floor(tmp_path):
    first, second = scored(tmp_path, FAIR), scored(tmp_path, FAIR)
    assert first == second
    assert first.w > 2 * first.floor > 0


def test_the_score_is_the_exact_distance_to_fresh_points(tmp_path):
    """A generator that gives one point everywhere is as far away as the real points are from it, on average."""
    code = (
        HEAD
        + "flat = nn.Linear(latent_dim, 2)\n    nn.init.zeros_(flat.weight); nn.init.zeros_(flat.bias)\n    return flat"
    )
    reached = scored(tmp_path, code)
    away = challenge.hidden_toy(3)(100_000, toy.rng(9)).norm(dim=1).mean().item()
    assert reached.w == pytest.approx(away, rel=0.02)


def test_the_floor_is_what_other_real_points_reach():
    draw, source = challenge.hidden_toy(3), toy.rng(0)
    costs = [transport.emd(draw(challenge.JUDGED, source), draw(challenge.JUDGED, source)).cost for _ in range(3)]
    assert 0 < sum(costs) / 3 < 0.3


def test_another_seed_is_another_toy():
    first, second = (challenge.hidden_toy(seed)(500, toy.rng(0)) for seed in (1, 2))
    assert transport.emd(first, second).cost > 0.3


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (HEAD + "[draw() for _ in range(3)]", "the budget of critic steps is spent"),
        (HEAD + "return 3", "train returned int: expected a module"),
        (HEAD + "return nn.Linear(latent_dim, 25_000)", "75,000 parameters: at most 50,000"),
        (HEAD + "return nn.Linear(latent_dim, 3)", r"gives shape \(5000, 3\): expected \(n, 2\)"),
        (HEAD + "return nn.LogSoftmax(dim=0).register_forward_hook(print) and Nan()\n\nclass Nan(nn.Module):\n"
         "    def forward(self, x):\n        return x * float('nan')", "a NaN or an infinite number"),
        (HEAD + "return lost", "NameError: name 'lost' is not defined"),
        ("def train(", "SyntaxError"),
        ("x = 1", r"expected a function train\(draw, latent_dim\)"),
        (HEAD + "return torch.zeros(10**11)", "RuntimeError|memory"),
    ],
)  # fmt: skip
def test_an_entry_that_breaks_a_rule_is_told_in_one_line(tmp_path, code, said):
    with pytest.raises(SystemExit, match=rf"^entry.py: .*({said})") as stopped:
        scored(tmp_path, code)
    assert "\n" not in str(stopped.value)


def test_an_entry_that_takes_too_long_is_stopped(tmp_path):
    with pytest.raises(SystemExit, match="entry.py: took more than 1 seconds"):
        scored(tmp_path, HEAD + "time.sleep(600)", seconds=1)


def test_the_process_of_an_entry_knows_no_seed(tmp_path):
    """Neither its command line nor its folder: the points that judge it are drawn after it has ended."""
    code = HEAD + "import sys, pathlib\n    raise ValueError(str(sys.argv) + str(list(pathlib.Path().iterdir())))"
    with pytest.raises(SystemExit) as stopped:
        scored(tmp_path, code, seed=987654)
    assert "real.npy" in str(stopped.value) and "987654" not in str(stopped.value)


def test_one_command_scores_the_entry_to_start_from():
    entry = ROOT / "book" / "classroom" / "challenge" / "entry.py"
    said = subprocess.run(
        [sys.executable, challenge.__file__, str(entry)], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout
    w, floor = float(said.split()[3]), float(said.split()[-1])
    assert 0 < floor < w < 1, said


def test_a_file_that_is_not_there_is_named():
    done = subprocess.run([sys.executable, challenge.__file__, "nowhere.py"], capture_output=True, text=True)
    assert done.returncode and done.stderr == "nowhere.py: there is no such file\n"


def test_the_judge_takes_no_more_than_it_needs():
    assert challenge.MOST_PARAMETERS < 2 * challenge.BATCH * 2000, "or a generator could keep the points it was shown"
    assert torch.Size([4, 2]) == challenge.hidden_toy(0)(4, toy.rng(0)).shape
