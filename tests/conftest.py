"""What several test files share: a small world in which training takes a moment."""

import dataclasses
import os
import shutil
import signal
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import matplotlib
import pytest
import torch
from hypothesis import settings
from playwright.sync_api import sync_playwright

from wgan_lib import checks, training

matplotlib.use("Agg")
torch.set_num_threads(1)  # two would wait for each other at every small product
# The same examples in every run, and as long as they take: the machine may be busy.
settings.register_profile("book", deadline=None, derandomize=True, max_examples=40, database=None)
settings.load_profile("book")

SMALL = {"latent_dim": 4, "batch_size": 4, "device": "cpu"}


@pytest.fixture(autouse=True)
def signals():
    """Let signals act as they do in a terminal, here and in what is started; in the background Ctrl-C is ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def images():
    """Return sixteen blurry discs of different sizes, as MNIST stores its digits: (16, 1, 28, 28), uint8."""
    axis = torch.arange(28) - 13.5
    radius = (axis[:, None] ** 2 + axis**2).sqrt()
    return (torch.sigmoid(torch.linspace(3, 12, 16)[:, None, None] - radius) * 255).byte()[:, None]


@pytest.fixture
def small():
    """Return a function that makes a Config with networks of a few hundred weights."""

    def config(preset="wgan-gp-conv", **changes):
        plain = training.preset(preset)
        narrow = {"width": 2} if plain.network == "conv" else {}
        return dataclasses.replace(plain, **SMALL | narrow | changes)

    return config


@pytest.fixture
def told(capsys):
    """Return a function that says what a reader is told who gives an answer to an exercise."""

    def says(exercise, answer):
        checks.check(exercise, answer)
        return capsys.readouterr().out.removeprefix(f"Exercise {exercise}: ").strip()

    return says


# Pages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser():
    """Start Chromium; a reader without it skips these tests, a machine that judges a change must have it."""
    if CHROMIUM is None:
        reason = "Chromium is not on the PATH: on Debian or Ubuntu, apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)


@pytest.fixture(scope="session")
def serve():
    """Return a context that serves a folder on this machine, and says at which address; /empty is an empty page."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):  # noqa: N802 (the base class's name)
            if self.path != "/empty":
                return super().do_GET()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            return self.wfile.write(b"<!doctype html><title>empty</title>")

    @contextmanager
    def serving(folder):
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

    return serving
