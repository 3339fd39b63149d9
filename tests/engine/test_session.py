"""A session ends as it should: with its last step, at Ctrl-C, or because the run diverged."""

import dataclasses
import importlib.util
import json
import os
import signal
import time

import numpy as np
import pytest
import torch
from small_run import INFINITE, NAN, RUN, contents, poison, stop_at

from wgan_lib import mnist, training
from wgan_lib.engine import session, storage
from wgan_lib.engine.session import Diverged
from wgan_lib.training import Trainer


@pytest.mark.parametrize(("name", "estimate"), [("wgan-gp-conv", "w_estimate"), ("gan-conv", "js_estimate")])
def test_each_row_is_handed_on_and_holds_the_estimate_of_its_game(small, images, name, estimate):
    seen = []
    rows = Trainer(small(name, steps=6, log_every=1), images).run(on_log=seen.append)
    assert seen == rows and [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    other = {"w_estimate": "js_estimate", "js_estimate": "w_estimate"}[estimate]
    assert all(np.isfinite([row[estimate], row["critic_loss"]]).all() and np.isnan(row[other]) for row in rows)
    assert rows[-1]["images_per_second"] > 0
    assert np.isfinite(rows[-1]["generator_loss"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", [1, 4, 8])
def test_ctrl_c_saves_the_step_it_is_at_and_resumes_to_the_same_bits(
    small, images, tmp_path, capsys, whole, number, step
):
    def interrupt(row):
        if row["step"] == step:
            os.kill(os.getpid(), number)

    handler = signal.getsignal(number)
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    trainer.run(on_log=interrupt)
    assert trainer.stopped_by == number
    said = f"Stopped after step {step}. The same command with --out {tmp_path} --resume goes on."
    assert said in capsys.readouterr().out
    assert storage.load(tmp_path / "checkpoint.safetensors")[1]["step"] == step
    assert signal.getsignal(number) is handler, "the signals are given back"
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


def test_a_second_ctrl_c_acts_at_once(small, images, tmp_path):
    def twice(row):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(KeyboardInterrupt):
        trainer.run(on_log=twice)
    assert not (tmp_path / "checkpoint.safetensors").exists()


@pytest.mark.parametrize("player", ["generator", "critic"])
def test_nan_stops_the_run_with_the_step_and_the_causes_and_spares_the_checkpoint(
    small, images, tmp_path, whole, player
):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(Diverged, match="is nan at step 6.*learning rate.*The last checkpoint .* is intact") as error:
        trainer.run(on_log=lambda row: poison(getattr(trainer, player)) if row["step"] == 5 else None)
    assert str(tmp_path) in str(error.value)
    assert storage.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


def test_no_picture_is_drawn_by_a_generator_that_is_not_finite(small, images, tmp_path):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(Diverged, match="generator/.* is NaN or infinite at step 4"):
        trainer.run(on_log=lambda row: poison(trainer.generator) if row["step"] == 4 else None)
    assert [path.stem for path in (tmp_path / "samples").iterdir()] == ["00000002"]


def test_pixels_that_become_nan_stop_the_first_step(small, images, monkeypatch):
    monkeypatch.setattr(mnist, "scale", lambda pixels: pixels * NAN)
    with pytest.raises(Diverged, match="loss is nan at step 1"):
        Trainer(small(steps=5), images).run()


def test_a_learning_rate_that_explodes_is_stopped(small, images):
    config = small("wgan-gp-conv", steps=200, learning_rate=1e20, penalty=None)
    with pytest.raises(Diverged, match=r"here 1e\+20"):
        Trainer(config, images).run()


@pytest.mark.parametrize("player", ["generator", "critic"])
def test_weights_that_break_in_the_very_step_of_a_checkpoint_do_not_get_into_it(small, images, tmp_path, whole, player):
    trainer = Trainer(small(out=tmp_path, **RUN), images)
    with pytest.raises(Diverged, match=f"{player}/.*weight is NaN or infinite at step 6"):
        trainer.run(on_log=lambda row: poison(getattr(trainer, player)) if row["step"] == 6 else None)
    assert storage.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3
    Trainer(small(out=tmp_path, resume=True, **RUN), images).run()
    assert contents(tmp_path) == whole


LASTING = {
    "a statistic of the generator": lambda trainer: trainer.generator[2].running_var,
    "a statistic of the critic": lambda trainer: trainer.critic[3].running_mean,
    "the average": lambda trainer: trainer.averaged[4].weight.data,
    "a statistic of the average": lambda trainer: trainer.averaged[2].running_mean,
    "a moment": lambda trainer: trainer.critic_optimizer.state[trainer.critic[0].weight]["exp_avg_sq"],
}


@pytest.mark.parametrize("value", [NAN, INFINITE])
@pytest.mark.parametrize("what", LASTING)
def test_whatever_lasts_and_is_not_finite_does_not_get_into_a_checkpoint(small, images, tmp_path, what, value):
    trainer = Trainer(small("gan-conv", out=tmp_path, average=0.9, **RUN), images)

    def spoil(row):
        if row["step"] == 6:
            LASTING[what](trainer).view(-1)[0] = value

    with pytest.raises(Diverged, match="is NaN or infinite at step 6"):
        trainer.run(on_log=spoil)
    assert storage.load(tmp_path / "checkpoint.safetensors")[1]["step"] == 3


def test_a_generators_loss_that_is_not_finite_stops_the_run_too(small, images, monkeypatch):
    monkeypatch.setattr(training, "generator_step", lambda *args, **options: torch.tensor(INFINITE))
    with pytest.raises(Diverged, match="the generator's loss is inf at step 2"):
        Trainer(small(steps=6, critic_steps=2), images).run()


def test_without_tensorboard_one_is_told_before_anything_starts(small, images, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="tensorboard = True: the package is not installed; `pip install tensorboard`"):
        Trainer(small(out=tmp_path / "run", tensorboard=True), images)
    assert list(tmp_path.iterdir()) == []


def test_tensorboard_gets_the_same_numbers_once_though_the_run_was_interrupted(small, images, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    options = RUN | {"tensorboard": True, "out": tmp_path}
    trainer = Trainer(small(**options), images)
    with pytest.raises(Diverged):
        trainer.run(on_log=lambda row: poison(trainer.critic) if row["step"] == 5 else None)
    rows = Trainer(small(resume=True, **options), images).run()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    shown = [(event.step, event.value) for event in events.Scalars("critic_loss")]
    assert shown == [(row["step"], pytest.approx(row["critic_loss"])) for row in rows]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_stays_ignored(small, images, number):
    signal.signal(number, signal.SIG_IGN)
    trainer = Trainer(small(steps=3, log_every=1), images)
    assert len(trainer.run(on_log=lambda row: os.kill(os.getpid(), number))) == 3
    assert signal.getsignal(number) is signal.SIG_IGN and trainer.stopped_by is None


class Clock:
    """Stands for `time`: a second passes whenever it is looked at."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        self.now += 1
        return self.now

    def __getattr__(self, name):
        return getattr(time, name)


@pytest.mark.parametrize("batch", [4, 5])
def test_the_speed_is_that_of_the_images_since_the_last_row(small, images, monkeypatch, batch):
    clock, looks = Clock(), []
    monkeypatch.setattr(session, "time", clock)
    rows = Trainer(small(steps=9, log_every=3, batch_size=batch), images).run(
        on_log=lambda row: looks.append(clock.now)
    )
    for then, now, row in zip(looks, looks[1:], rows[1:], strict=False):  # one look for the row, one to begin the next
        assert row["images_per_second"] == round(3 * batch / (now - 1 - then), 1)
    assert len(rows) == len(looks) == 3


def test_seconds_are_those_of_all_sessions(small, images, tmp_path, monkeypatch):
    config = small(out=tmp_path, **RUN)
    Trainer(config, images).run(on_log=stop_at(4))
    monkeypatch.setattr(session, "time", Clock())
    for sitting in ("first", "second"):
        tensors, facts = storage.load(tmp_path / "checkpoint.safetensors")
        storage.save(tmp_path / "checkpoint.safetensors", tensors, **facts | {"seconds": 5000.0})
        trainer = Trainer(dataclasses.replace(config, resume=True), images)
        assert trainer.seconds == 5000
        trainer.run(on_log=stop_at(6) if sitting == "first" else None)
        assert 5000 < trainer.seconds < 5100
        assert json.loads((tmp_path / "run.json").read_text())["seconds"] == pytest.approx(trainer.seconds, abs=0.1)
        assert storage.load(tmp_path / "checkpoint.safetensors")[1]["seconds"] == trainer.seconds


def test_signals_are_given_back_after_a_run_that_nothing_interrupted(small, images):
    before = [signal.getsignal(number) for number in session.ENDING_SIGNALS]
    Trainer(small(steps=2), images).run()
    assert [signal.getsignal(number) for number in session.ENDING_SIGNALS] == before


def test_ctrl_c_between_two_rows_waits_for_its_step_and_not_for_the_next_row(small, images, monkeypatch, capsys):
    trainer, step = Trainer(small(steps=40, log_every=20), images), training.critic_step

    def interrupted(*args, **options):
        if trainer.steps_done == 6:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*args, **options)

    monkeypatch.setattr(training, "critic_step", interrupted)
    trainer.run()
    assert (trainer.steps_done, trainer.stopped_by) == (7, signal.SIGINT)
    assert capsys.readouterr().out == "", "there is nothing to resume"


class Bar:
    """Stands for the progress bar."""

    def __init__(self, **options):
        self.options, self.n, self.said = options, options["initial"], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, steps):
        self.n += steps

    def set_postfix_str(self, words):
        self.said.append((self.n, words))


def test_the_progress_bar_counts_steps_from_where_the_run_was_and_shows_each_row(small, images, tmp_path, monkeypatch):
    config = small(out=tmp_path, **RUN)
    Trainer(config, images).run(on_log=stop_at(4))
    bars = []
    monkeypatch.setattr(session, "tqdm", lambda **options: bars.append(Bar(**options)) or bars[-1])
    rows = Trainer(dataclasses.replace(config, resume=True), images).run()
    assert bars[0].options == {"total": 9, "initial": 4, "unit": "step", "disable": None}, "None: if it is a terminal"
    assert bars[0].n == 9
    expected = [(row["step"], f"{row['images_per_second']:.0f} images/s, estimate {row['w_estimate']:.3f}")
                for row in rows[4:]]  # fmt: skip
    assert bars[0].said == expected


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_graph_is_refused_where_auto_turns_out_to_be_a_processor(small, images):
    with pytest.raises(ValueError, match="engine = 'graph': a graph is captured on a GPU, by one process"):
        Trainer(small(engine="graph", device="auto"), images)


def test_seconds_begin_at_nothing(small, images):
    assert Trainer(small(), images).seconds == 0


def test_tensorboard_shows_a_row_while_the_run_goes_on(small, images, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    shown = []

    def look(row):
        if row["step"] == 4:
            events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
            shown.extend(event.step for event in events.Scalars("critic_loss"))

    Trainer(small(tensorboard=True, out=tmp_path, **RUN), images).run(on_log=look)
    assert shown == [1, 2, 3]
