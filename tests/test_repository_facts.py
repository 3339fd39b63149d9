"""The repository's address and branch stand in _config.yml; whatever repeats them must agree."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
URL, BRANCH = CONFIG["repository"]["url"], CONFIG["repository"]["branch"]
VERSION = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)[1]


def read(name):
    """Return the text of a file."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_citation_agrees():
    """Title, address, version and authors."""
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["title"] == CONFIG["title"]
    assert citation["repository-code"] == URL
    assert citation["version"] == VERSION
    assert [author["name"] for author in citation["authors"]] == [CONFIG["author"]]


def test_the_package_agrees():
    """Address, authors and version."""
    import wgan_lib

    assert f'Repository = "{URL}"' in read("pyproject.toml")
    assert f'name = "{CONFIG["author"]}"' in read("pyproject.toml")
    assert getattr(wgan_lib, "__version__", VERSION) == VERSION


def test_the_readme_agrees():
    """Every address of the repository, and the one on Colab."""
    assert URL in read("README.md") and VERSION in read("README.md")
    for path, branch in re.findall(r"colab\.research\.google\.com/github/(\S+?)/blob/([^/]+)/", read("README.md")):
        assert (f"https://github.com/{path}", branch) == (URL, BRANCH)


@pytest.mark.parametrize("name", ["README.md", "LICENSE-text.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    """Each relative link of the top-level texts is a file."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", read(name))
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_command_of_the_readme_exists():
    """What the README tells people to type is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    assert set(re.findall(r"make ([a-z-]+)", read("README.md") + read("CONTRIBUTING.md"))) <= targets


@pytest.mark.parametrize("name", ["requirements.lock", "tools/colab.lock"])
def test_every_locked_package_has_its_hashes(name):
    """And no index is named: where packages come from is the reader's choice."""
    pins = re.split(r"^(?=[\w.-]+==)", read(name), flags=re.M)[1:]
    assert len(pins) > 100
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in read(name)


def test_a_skipped_test_says_why():
    """Under -q, too, where pytest says nothing by itself."""
    options = re.search(r'^addopts = "(.*)"', read("pyproject.toml"), re.M)[1].split()
    assert {"-q", "-rs"} <= set(options)


def test_ci_runs_what_a_reader_can_run():
    """The tests, then every notebook as on Colab; the first failure ends it."""
    script = read(".ci/run")
    assert "set -euo pipefail" in script
    assert script.index("make test\n") < script.index("make test-colab")


WORKFLOW = ".github/workflows/book.yml"


def test_the_workflow_names_no_repository():
    """The address of the site follows from the repository in which it runs; and each action has its version."""
    text = read(WORKFLOW)
    owner = URL.split("/")[-2]
    assert owner not in text and "github.io" not in text
    uses = re.findall(r"uses: (\S+)", text)
    assert len(uses) >= 6 and [action for action in uses if not re.search(r"@v\d+\.\d+\.\d+$", action)] == []


def test_the_workflow_tests_before_it_publishes():
    """From the main branch alone, by the targets that a reader has; links are asked once a week."""
    jobs = yaml.safe_load(read(WORKFLOW))["jobs"]
    assert jobs["publish"]["needs"] == "test" and f"refs/heads/{BRANCH}" in jobs["publish"]["if"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    assert set(" ".join(run for run in runs if run.startswith("make ")).replace("make ", "").split()) <= targets
    assert "make test" in runs and "cron" in read(WORKFLOW)


def test_the_repository_is_named_in_one_place_only():
    """Extensions, styles and scripts of the page derive its address."""
    owner = "/".join(URL.split("/")[-2:])
    files = [path for path in (ROOT / "book").rglob("*") if path.suffix in (".py", ".css", ".js", ".html")]
    files += [*(ROOT / "tools").glob("*.py"), ROOT / "Makefile"]
    assert [path.name for path in files if owner in path.read_text(encoding="utf-8")] == []
