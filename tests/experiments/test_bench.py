"""The command prints a table for each pair of networks, or holds the race."""

import re
import sys

import pytest
import torch

from wgan_lib import __main__, mnist
from wgan_lib.engine.directory import hardware
from wgan_lib.experiments import bench, race


@pytest.fixture
def few(monkeypatch, images):
    """Let MNIST be a few discs."""
    monkeypatch.setattr(mnist, "images", lambda split="train", **options: images)


def test_bench_prints_a_table_with_the_hardware(few, monkeypatch, capsys):
    words = ["wgan_lib", "bench", "--rounds", "1", "--cycles", "5", "--batch", "4", "--width", "2", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", words)
    __main__.main()
    said = capsys.readouterr().out
    assert hardware(torch.device("cpu")) in said
    assert len(re.findall(r"a critic step: \d+ MFLOP, \d+ MB", said)) == 2
    for variant in ("float32, eager", "bfloat16, eager"):
        assert len(re.findall(rf"{variant} .*\d %? .*[\d.]+\n", said.replace("%", " %"))) == 2
    assert len(re.findall(r"the usual loop .* 1\.00\n", said)) == 2


@pytest.mark.parametrize("options", [{"rounds": 0}, {"cycles": 4}, {"batch": 1}, {"width": 0}])
def test_too_little_to_measure_is_refused(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))} = {next(iter(options.values()))}"):
        bench.main(**options)


def test_bench_to_quality_holds_the_race(monkeypatch, capsys):
    held = []
    monkeypatch.setattr(race, "main", lambda device, root: held.append(device.type))
    bench.main(to_quality=True, device="cpu")
    assert held == ["cpu"]
    assert "GFLOP" not in capsys.readouterr().out
