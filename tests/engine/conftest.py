"""What the tests of the engine share."""

import signal

import pytest
from small_run import RUN, contents

from wgan_lib.training import Trainer, preset


@pytest.fixture(autouse=True)
def signals():
    """Let signals act as they do in a terminal; where tests run in the background, Ctrl-C is ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, images):
    """Return the contents of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    Trainer(preset("wgan-gp-conv", width=2, latent_dim=4, batch_size=4, device="cpu", out=out, **RUN), images).run()
    return contents(out)
