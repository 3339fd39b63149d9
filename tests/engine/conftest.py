"""What the tests of the engine share."""

import pytest
from small_run import RUN, contents

from wgan_lib.training import Trainer, preset


@pytest.fixture(scope="module")
def whole(tmp_path_factory, images):
    """Return the contents of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    Trainer(preset("wgan-gp-conv", width=2, latent_dim=4, batch_size=4, device="cpu", out=out, **RUN), images).run()
    return contents(out)
