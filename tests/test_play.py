"""What moves in the page computes what the library computes: the same steps, and the same exact distances."""

import re
import sys
from base64 import b64encode
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from wgan_lib import divergences, lipschitz, networks, randomness, runs, toy, training, transport
from wgan_lib.claims import Claim, table
from wgan_lib.objectives import OBJECTIVES

PLAY = Path(__file__).resolve().parent.parent / "book" / "play"
sys.path.insert(0, str(PLAY.parent / "_ext"))

from play import bundle  # noqa: E402

STEPS, BATCH, WIDTH, RATE = 50, 64, 32, 1e-3
METHODS = {  # the game, and the options of `training.critic_step`
    "GP": ("wasserstein", {"penalty": 0.1}),
    "one-sided": ("wasserstein", {"penalty": 0.1, "one_sided": True}),
    "clip": ("wasserstein", {"clip": 0.1}),
    "R1": ("non-saturating", {"r1": 0.1}),
    "SN": ("non-saturating", {}),
    "GAN": ("non-saturating", {}),
}
PLAY_STEPS = """async ({ method, weights, vectors, draws }) => {
    const { Game } = await import("./game.js");
    const game = new Game({ method, rate: 1e-3 });
    const put = (network, values) => network.parameters().forEach(({ value }, i) => value.set(values[i]));
    put(game.critic, weights.critic);
    put(game.generator, weights.generator);
    game.prepare();
    vectors.forEach(([u, v], i) => Object.assign(game.spectral.pairs[i], { u, v }));
    const estimates = draws.map(({ real, latent, epsilon, again }, step) => {
        game.criticStep(Float64Array.from(real), Float64Array.from(latent), Float64Array.from(epsilon));
        if (again) game.generatorStep(Float64Array.from(again));
        return game.estimate;
    });
    const numbers = (network) => network.parameters().flatMap(({ value }) => [...value]);
    return { estimates, critic: numbers(game.critic), generator: numbers(game.generator) };
}"""


@pytest.fixture(scope="module")
def modules(browser, serve):
    """Return a function that evaluates JavaScript in an empty page beside the modules of book/play."""
    with serve(PLAY) as address:
        page = browser.new_page()
        page.goto(f"{address}/empty")
        yield page.evaluate
        page.close()


def players(method):
    """Return a generator and a critic in float64; the critic normalised where the method asks for it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = networks.mlp(2, WIDTH, WIDTH, 2).double()
        critic = networks.mlp(2, WIDTH, WIDTH, 1).append(nn.Flatten(0)).double()
        return generator, lipschitz.spectral_norm(critic) if method == "SN" else critic


def layers(network):
    return [layer for layer in network if isinstance(layer, nn.Linear)]


def parameters(network):
    """Return weight and bias of each layer, before any normalisation."""
    return [
        part
        for layer in layers(network)
        for part in (
            layer.parametrizations.weight.original if hasattr(layer, "parametrizations") else layer.weight,
            layer.bias,
        )
    ]


def flat(network):
    return torch.cat([part.detach().flatten() for part in parameters(network)]).numpy()


def draws():
    """Return what each of the steps draws; every fifth has a generator step."""
    rng = toy.rng(1)

    def normal():
        return torch.randn(BATCH, 2, generator=rng, dtype=torch.float64)

    return [
        {
            "real": toy.eight_gaussians(BATCH, rng).double(),
            "latent": normal(),
            "epsilon": torch.rand(BATCH, 1, generator=rng, dtype=torch.float64),
            "again": normal() if step % 5 == 4 else None,
        }
        for step in range(STEPS)
    ]


def by_torch(method, generator, critic, numbers):
    """Make the steps with the library, and return the critic's estimates."""
    name, options = METHODS[method]
    if "clip" in options:
        lipschitz.clip_weights(critic, options["clip"])
    make = torch.optim.RMSprop if method == "clip" else partial(torch.optim.Adam, betas=(0.5, 0.9))
    critic_optimizer, generator_optimizer = (make(player.parameters(), lr=RATE) for player in (critic, generator))
    found = []
    for draw in numbers:
        with torch.no_grad():
            fake = generator(draw["latent"])
        seen = training.critic_step(
            critic, critic_optimizer, draw["real"], fake, objective=OBJECTIVES[name], epsilon=draw["epsilon"], **options
        )
        found.append(seen[1].item())
        if draw["again"] is not None:
            training.generator_step(generator, generator_optimizer, critic, draw["again"], objective=OBJECTIVES[name])
    return found


@pytest.mark.parametrize("method", METHODS)
def test_fifty_steps_are_those_of_the_library(modules, method):
    generator, critic = players(method)
    numbers = draws()
    given = {
        "method": method,
        "weights": {
            "generator": [part.detach().flatten().tolist() for part in parameters(generator)],
            "critic": [part.detach().flatten().tolist() for part in parameters(critic)],
        },
        "vectors": [
            [layer.parametrizations.weight[0]._u.tolist(), layer.parametrizations.weight[0]._v.tolist()]
            for layer in layers(critic)
            if method == "SN"
        ],
        "draws": [
            {name: None if part is None else part.flatten().tolist() for name, part in draw.items()} for draw in numbers
        ],
    }
    before = flat(critic), flat(generator)
    estimates = by_torch(method, generator, critic, numbers)
    played = modules(PLAY_STEPS, given)
    np.testing.assert_allclose(played["estimates"], estimates, rtol=0, atol=1e-8)
    for player, start, name in ((critic, before[0], "critic"), (generator, before[1], "generator")):
        np.testing.assert_allclose(played[name], flat(player), rtol=0, atol=1e-8)
        assert np.abs(flat(player) - start).max() > 1e-3, "the steps changed something"


def test_exact_distances_are_those_of_the_referee(modules):
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 65, size=500)
    problems = [
        (rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) * rng.uniform(0.1, 2) + rng.normal(size=2)) for n in sizes
    ]
    problems[0] = (np.zeros((4, 2)), np.zeros((4, 2)))  # points that coincide
    given = [[x.ravel().tolist(), y.ravel().tolist()] for x, y in problems]
    solved = modules(
        """async (problems) => {
            const { assign, distances } = await import("./transport.js");
            return problems.map(([x, y]) => {
                const n = x.length / 2, { cost, partner, u, v } = assign(distances(x, y), n);
                const dual = [...u, ...v].reduce((a, b) => a + b) / n;
                return { cost, partner: [...partner], dual };
            });
        }""",
        given,
    )
    exact = [transport.emd(x, y).cost for x, y in problems]
    np.testing.assert_allclose([each["cost"] for each in solved], exact, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose([each["dual"] for each in solved], exact, rtol=1e-9, atol=1e-12)
    for each, (x, _) in zip(solved, problems, strict=True):
        assert sorted(each["partner"]) == list(range(len(x)))


@pytest.mark.parametrize("name", ["8 Gaussians", "25 Gaussians", "Swiss roll"])
def test_the_data_sets_are_the_librarys(modules, name):
    """Half a thousand points of each: nearer to the library's, exactly, than any two of the three are to each other."""
    drawn = modules(
        """async (name) => {
            const { DATA } = await import("./data.js"), { Random } = await import("./random.js");
            const random = new Random(0, "data");
            return Array.from({ length: 500 }, () => DATA[name](random));
        }""",
        name,
    )
    library = {
        "8 Gaussians": toy.eight_gaussians,
        "25 Gaussians": toy.twenty_five_gaussians,
        "Swiss roll": toy.swiss_roll,
    }
    floor = transport.emd(*(library[name](500, toy.rng(seed)).double().numpy() for seed in (0, 1))).cost
    distance = {
        each: transport.emd(np.array(drawn), draw(500, toy.rng(2)).double().numpy()).cost
        for each, draw in library.items()
    }
    assert min(distance, key=distance.get) == name
    assert distance[name] < 1.6 * floor


SETTINGS = [
    ("", {"data": "8 Gaussians", "method": "GP", "strength": 0.1, "rate": 3e-3, "criticSteps": 5, "seed": 0}),
    (
        "#method=clip&strength=0.03&data=Swiss+roll&seed=7",
        {"method": "clip", "strength": 0.03, "data": "Swiss roll", "seed": 7},
    ),
    ("#method=R1", {"method": "R1", "strength": 0.1}),
    ("#method=GAN&strength=0.5", {"method": "GAN", "strength": None}),
    (
        "#method=nonsense&strength=-1&rate=9&criticSteps=0&seed=x",
        {"method": "GP", "strength": 0.1, "rate": 3e-3, "criticSteps": 5, "seed": 0},
    ),
    ("#things-to-try", {"method": "GP"}),
    ("#data=paint+your+own&paint=0.1,0.2;9,9;a,b;-1,1", {"data": "paint your own", "paint": [[0.1, 0.2], [-1, 1]]}),
]


@pytest.mark.parametrize(("address", "wanted"), SETTINGS)
def test_the_address_decides_and_nonsense_in_it_is_passed_over(modules, address, wanted):
    found = modules("""async (address) => (await import("./lab.js")).settingsFrom("", address)""", address)
    assert {name: found[name] for name in wanted} == wanted


def test_a_bundle_holds_each_module_once_and_names_nothing_twice():
    source = bundle("lab.js")
    assert not re.search(r"^(import|export) ", source, re.M)
    names = re.findall(r"^(?:function|class|const) (\w+)", source, re.M)
    assert len(names) == len(set(names)) > 20
    assert {"mount", "Game", "Network", "assign", "Random", "DATA"} <= set(names)


@pytest.fixture
def opened(browser, serve):
    """Return a function that opens an explorable at 390 pixels, for a reader who wants little motion."""
    with serve(PLAY) as address:
        page = browser.new_page(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))

        def open_page(name, file=None):
            content = b64encode(file.read_bytes()).decode() if file else ""
            page.goto(f"{address}/empty")
            page.set_content(
                f"<style>{(PLAY.parent / '_static' / 'play.css').read_text()}</style>"
                f'<div class=play id=here data-file="{content}"></div>'
                f"<script type=module>{bundle(f'{name}.js')};"
                f"window.{name} = mount(document.getElementById('here'))</script>"
            )
            page.wait_for_function(f"window.{name} && !(window.{name} instanceof Element)")
            return page

        yield open_page
        assert page.complaints == []
        page.close()


@pytest.fixture
def lab(opened):
    """Open the laboratory."""
    return opened("lab")


def shown(page):
    """Return what the panel says: {name: value}."""
    return page.evaluate("""() => Object.fromEntries([...document.querySelectorAll("dt")].map(
        (name) => [name.textContent, name.nextElementSibling.textContent]))""")


def test_the_laboratory_trains_and_holds_still_when_asked(lab):
    assert shown(lab)["critic steps"] == "0"
    lab.get_by_role("button", name="Step").click()
    assert shown(lab)["critic steps"] == "1"
    lab.get_by_role("button", name="One cycle").click()
    assert shown(lab)["critic steps"] == "6"
    before = lab.evaluate("lab.plane.canvas.toDataURL()")
    lab.get_by_role("button", name="Run").click()
    lab.wait_for_function("lab.game.steps > 200")
    lab.get_by_role("button", name="Pause").click()
    steps = shown(lab)["critic steps"]
    lab.wait_for_timeout(1200)
    assert shown(lab)["critic steps"] == steps
    assert lab.evaluate("lab.plane.canvas.toDataURL()") != before
    lab.get_by_role("button", name="Reset").click()
    assert shown(lab)["critic steps"] == "0"


def test_the_same_address_plays_the_same_game(lab):
    lab.get_by_label("critic", exact=True).select_option("R1")
    lab.evaluate("lab.advance(50); lab.judge()")
    first, address = shown(lab), lab.evaluate("location.hash")
    assert "method=R1" in address
    lab.get_by_label("critic", exact=True).select_option("GP")
    lab.evaluate("(address) => { location.hash = address }", address)
    lab.wait_for_function("lab.settings.method === 'R1'")
    lab.evaluate("lab.advance(50); lab.judge()")
    assert shown(lab) == first


def test_its_number_is_the_exact_one(lab):
    lab.evaluate("lab.advance(100); lab.judge()")
    x, y = (np.array(lab.evaluate(f"[...{name}]")).reshape(-1, 2) for name in ("lab.real", "lab.shown.fake"))
    assert lab.evaluate("lab.shown.cost") == pytest.approx(transport.emd(x, y).cost, rel=1e-9)


def test_a_finger_and_the_arrow_keys_paint_points(lab):
    lab.get_by_label("real points", exact=True).select_option("paint your own")
    canvas = lab.locator(".play-stage canvas")
    canvas.click(position={"x": 10, "y": 10})
    canvas.press("ArrowRight")
    canvas.press("Enter")
    points = lab.evaluate("lab.settings.paint")
    assert len(points) == 2
    assert points[0][0] < -1.8 and points[0][1] > 1.8
    assert points[1] == pytest.approx([0.1, 0])
    assert "paint=" in lab.evaluate("location.hash")


@pytest.mark.parametrize("name", ["lab", "dirac", "piles", "prices", "digits"])
def test_every_control_has_a_name_and_room_for_a_thumb(opened, name):
    page = opened(name, file=RECORDED)
    for control in page.locator("button, select, input[type=range]").all():
        if control.is_visible():
            assert control.bounding_box()["height"] >= 44
            assert control.evaluate("c => c.tagName === 'BUTTON' ? c.textContent : c.ariaLabel")
    assert page.locator("canvas").first.get_attribute("aria-label")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_slider_says_its_value(lab):
    assert lab.get_by_label("learning rate", exact=True).get_attribute("aria-valuetext") == "0.003"


# The Dirac-GAN: 500 steps of 0.2 from (1, -1), as in chapter 4
RADII = {
    "GAN": 3.10,
    "non-saturating GAN": 0.64,
    "WGAN, clipped": 1.00,
    "WGAN-GP": 1.80,
    "R1": 2.6e-6,
    "consensus": 2.6e-10,
}


@pytest.mark.parametrize("method", RADII)
def test_the_dirac_gan_ends_where_the_chapter_says(modules, method):
    end = modules("""async (method) => (await import("./dirac.js")).path(method).at(-1)""", method)
    assert np.hypot(*end) == pytest.approx(RADII[method], rel=0.02)


@pytest.mark.parametrize("in_turns", [False, True])
def test_its_fields_are_the_gradients_of_the_librarys_losses(modules, in_turns):
    """One step of each method from a dozen places, with the gradients of the objectives by autograd."""
    h, rng = 0.2, np.random.default_rng(0)
    games = {"GAN": "minimax", "non-saturating GAN": "non-saturating", "WGAN, clipped": "wasserstein"}
    for method, name in games.items():
        game = OBJECTIVES[name]
        for theta, psi in rng.uniform(-0.7, 0.7, (12, 2)):
            t, p = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (theta, psi))
            p_new = p - h * torch.autograd.grad(game.critic_loss(p * 0, p * t.detach()), p)[0]
            seen = (p_new if in_turns else p).detach()
            t_new = t - h * torch.autograd.grad(game.generator_loss(seen * t), t)[0]
            found = modules(
                """async ([method, start, inTurns]) => {
                    const { path } = await import("./dirac.js");
                    return path(method, { start, inTurns, n: 1 })[1];
                }""",
                [method, [theta, psi], in_turns],
            )
            assert found == pytest.approx([t_new.item(), p_new.item()], rel=1e-9)


def test_a_click_in_the_field_starts_there(opened):
    page = opened("dirac")
    before = page.locator(".play-says").inner_text()
    page.locator("canvas").click(position={"x": 50, "y": 50})
    assert page.evaluate("dirac.settings.start")[0] < -1.5
    assert page.locator(".play-says").inner_text() != before
    page.get_by_label("method").select_option("R1")
    assert page.get_by_label("γ of R1").is_visible()


def test_piles_w_is_exact_and_js_moves_only_when_a_pile_meets_a_hole(opened):
    page = opened("piles")
    for step in ("ArrowUp", "ArrowLeft", "ArrowUp"):
        page.locator("canvas").press("2")
        page.locator("canvas").press(step)
        real, generated = (
            np.array(page.evaluate(f"[...piles.points.{kind}]")).reshape(4, 2) for kind in ("real", "generated")
        )
        assert page.evaluate("piles.shown.w") == pytest.approx(transport.emd(real, generated).cost, rel=1e-9)
        assert page.evaluate("piles.shown.js") == pytest.approx(np.log(2))
    page.evaluate("piles.held = { kind: 'generated', index: 1 }; piles.move([...piles.points.real.subarray(0, 2)])")
    atoms = np.array([[1, 1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 1, 1, 1]]) / 4
    assert page.evaluate("piles.shown.js") == pytest.approx(divergences.js(*atoms))


def test_prices_meet_w_at_the_optimum_and_are_refused_beyond_it(opened, modules):
    page = opened("prices")
    given = modules("""async () => { const m = await import("./prices.js"); return [m.HOLES, m.PILES, m.W]; }""")
    holes, piles = np.array(given[0]), np.array(given[1])
    answer = transport.emd(holes[:, None], piles[:, None])
    assert given[2] == pytest.approx(answer.cost)
    u, v = answer.potentials
    for name, price in [
        *((f"u{i + 1}", u[i] - u[0]) for i in range(3)),
        *((f"v{j + 1}", v[j] + u[0]) for j in range(3)),
    ]:
        page.get_by_label(name).fill(str(price))
    assert "Met." in page.locator(".play-says").inner_text()
    assert [float(text) for text in page.locator("dd").all_inner_texts()] == pytest.approx([answer.cost] * 2, abs=0.01)
    page.get_by_label("v1").fill("6")
    assert "Too dear" in page.locator(".play-says").inner_text()


# The generator of chapter 9
RECORDED = PLAY.parent.parent / "runs" / "wgan-gp-tuned-seed0" / "generator.safetensors"


def test_the_page_draws_the_digits_that_torch_draws(modules):
    run = runs.load("wgan-gp-tuned-seed0")
    latent = randomness.noise(5, run.config.latent_dim, seed=3)
    drawn = modules(
        """async ([file, latents]) => {
            const { Generator, readTensors } = await import("./generator.js");
            const generator = new Generator(readTensors(Uint8Array.from(atob(file), (c) => c.charCodeAt(0))));
            return latents.map((latent) => [...generator.draw(latent)]);
        }""",
        [b64encode(RECORDED.read_bytes()).decode(), latent.tolist()],
    )
    images = networks.sample(run.generator(), latent)
    np.testing.assert_allclose(np.reshape(drawn, images.shape), images.numpy(), atol=1e-4)
    assert images.std() > 0.3, "there are digits to see"


def test_the_way_between_two_latents_stays_on_their_sphere(modules):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 32))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    shares = [0, 0.25, 0.5, 1]
    points = modules(
        """async ([a, b, shares]) => {
            const { between } = await import("./digits.js");
            return shares.map((t) => between(a, b, t));
        }""",
        [a.tolist(), b.tolist(), shares],
    )
    np.testing.assert_allclose(points[0], a)
    np.testing.assert_allclose(points[-1], b)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.linalg.norm(a))
    angle = np.arccos(np.dot(points[1], a) / np.dot(a, a))
    assert angle == pytest.approx(np.arccos(np.dot(a, b) / np.dot(a, a)) / 4)


def test_a_walk_passes_through_other_digits_and_stops(opened):
    page = opened("digits", file=RECORDED)
    picture = "digits.one.canvas.toDataURL()"
    before = page.evaluate(picture)
    page.get_by_label("place on the way").fill("0.9")
    assert page.evaluate(picture) != before
    strip = page.evaluate("digits.way.canvas.toDataURL()")
    page.get_by_role("button", name="Another first").click()
    assert page.evaluate("digits.way.canvas.toDataURL()") != strip
    page.get_by_role("button", name="Walk").click()
    page.wait_for_function("digits.share === 0")
    page.get_by_role("button", name="Stop").click()
    assert page.get_by_label("place on the way").get_attribute("aria-valuetext") == "0 per cent of the way"


def test_the_scoreboard_is_filtered_by_verdict_chapter_kind_and_words(browser, serve):
    values = [
        ("one", "holds", "theorem", "01"),
        ("two", "does not hold", "figure", "14"),
        ("three", "holds", "figure", "14"),
    ]
    given = [
        Claim(key, f"Claim {key}.", kind, "A paper", "–", "1", verdict, f"part/{chapter}-x")
        for key, verdict, kind, chapter in values
    ]
    with serve(PLAY) as address:
        page = browser.new_page()
        page.goto(f"{address}/empty")
        page.set_content(
            f"{table(given).data}<div class=play id=here></div>"
            f"<script type=module>{bundle('scoreboard.js')};"
            "window.board = mount(document.getElementById('here'))</script>"
        )
        page.wait_for_function("window.board")

        def seen():
            return {each.key for each in given if page.get_by_text(f"Claim {each.key}.").is_visible()}

        assert seen() == {"one", "two", "three"}
        page.get_by_label("verdict").select_option("holds")
        assert seen() == {"one", "three"} and not page.get_by_text("does not hold: 1 of 3").is_visible()
        page.get_by_label("kind").select_option("figure")
        assert seen() == {"three"} and page.get_by_text("1 of 3 claims").is_visible()
        page.get_by_label("verdict").select_option("all")
        page.get_by_label("chapter").select_option("chapter 14")
        assert seen() == {"two", "three"}
        page.get_by_label("words").fill("claim TWO")
        assert seen() == {"two"}
        page.close()


def test_random_numbers_are_what_they_say(modules):
    """Ten thousand of each kind, and another stream for another seed and another purpose."""
    found = modules("""async () => {
        const { Random } = await import("./random.js"), random = new Random(3, "a");
        const first = (seed, purpose) => new Random(seed, purpose).uniform();
        return { uniform: [...random.uniforms(10000)], normal: [...random.normals(10000)],
                 first: [first(3, "a"), first(3, "a"), first(4, "a"), first(3, "b")] };
    }""")
    uniform, normal = np.array(found["uniform"]), np.array(found["normal"])
    assert uniform.min() >= 0 and uniform.max() < 1
    assert transport.wasserstein_1d(uniform, (np.arange(10_000) + 0.5) / 10_000) < 0.01
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1) < 0.03
    assert abs(np.mean(np.abs(normal) > 1.96) - 0.05) < 0.01
    assert found["first"][0] == found["first"][1] and len(set(found["first"])) == 3
