"""What make does to folders, in a small copy of the project where nothing is really installed or built."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# It makes environments whose programs only note in `log` what they were asked.
PYTHON = """#!/bin/sh
if [ "$2" != venv ]; then exec {python} "$@"; fi
echo "venv $3" >> log
mkdir -p "$3/bin"
cp fake/installed "$3/bin/python"
cp fake/jupyter-book "$3/bin/jupyter-book"
"""
INSTALLED = """#!/bin/sh
if [ "$2" != pip ]; then exec {python} "$@"; fi
echo "$@" >> log
[ ! -e slow ] || sleep 1
[ ! -e offline ]
"""
JUPYTER_BOOK = """#!/bin/sh
echo build >> log
mkdir -p _build/html
mkdir _build/one || exit 9
[ ! -e slow ] || sleep 1
[ ! -e edit ] || echo more >> book/intro.md
cp book/intro.md _build/html/index.html
rmdir _build/one
[ ! -e warning ]
"""


@pytest.fixture
def project(tmp_path):
    """Return a copy of what make reads, with a Python that installs nothing."""
    project = tmp_path / "project"
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "_config.yml", "_toc.yml"):
        project.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, project)
    shutil.copytree(ROOT / "tools", project / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (project / "requirements.lock").write_text("tqdm==4.67.3\n")
    for folder, file in (("book", "intro.md"), ("wgan_lib", "__init__.py")):
        (project / folder).mkdir()
        (project / folder / file).write_text("text\n")
    (project / "fake").mkdir()
    for name, text in (("python", PYTHON), ("installed", INSTALLED), ("jupyter-book", JUPYTER_BOOK)):
        (project / "fake" / name).write_text(text.replace("{python}", sys.executable))
        (project / "fake" / name).chmod(0o755)
    (project / "tools" / "preflight.py").write_text("")  # this machine's disk is not the question
    past = time.time() - 60
    for path in project.rglob("*"):
        os.utime(path, (past, past))
    return project


def start(project, *words):
    """Start make, in a process group of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.Popen(
        ["make", "PYTHON=fake/python", *words], cwd=project, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def make(project, *words):
    """Run make; return its exit status and what it said."""
    process = start(project, *words)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def log(project, word=""):
    """Return what the programs noted, of the lines that begin with `word`."""
    path = project / "log"
    return [line for line in path.read_text().splitlines() if line.startswith(word)] if path.exists() else []


def files(folder):
    """Return every file of a folder, with its content."""
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}


def wait_for(condition):
    """Wait until `condition` holds."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_first_make_installs_and_the_second_does_nothing(project):
    """One environment, the locked packages and then the library itself; the book is built once."""
    status, said = make(project, "book")
    assert status == 0, said
    assert "index.html" in said and (project / "_build/html/index.html").read_text() == "text\n"
    first = log(project)
    assert len(first) == 4 and first[0] == "venv .venv" and first[3] == "build"
    assert make(project, "book")[0] == 0 and log(project) == first


@pytest.mark.parametrize("kind", ["absolute", "symlink", ".venv", "empty"])
def test_a_folder_that_make_did_not_make_stays_as_it_is(project, tmp_path, kind):
    """Whoever names a folder of their own loses nothing, and is told what to do."""
    theirs = project / ".venv" if kind == ".venv" else tmp_path / "theirs"
    (theirs / "bin").mkdir(parents=True)
    if kind != "empty":
        (theirs / "bin" / "python").write_text("mine")
    name = {".venv": ".venv", "symlink": "link"}.get(kind, str(theirs))
    (project / "link").symlink_to(theirs)
    before = files(tmp_path)
    status, said = make(project, "book", f"VENV={name}")
    assert status != 0 and "make VENV=" in said
    assert files(tmp_path) == before and theirs.is_dir()


def test_a_name_with_a_space_is_refused(project, tmp_path):
    """For make it would be two folders."""
    before = files(tmp_path)
    status, said = make(project, "book", "VENV=my environment")
    assert status != 0 and "no space" in said and files(tmp_path) == before


def test_an_environment_of_an_older_checkout_is_kept(project):
    """It has the stamp alone: only packages that changed are installed."""
    make(project, "book")
    (project / ".venv" / "made-by-make").unlink()
    (project / ".venv" / "theirs").write_text("kept")
    (project / "requirements.lock").touch()
    time.sleep(0.02)
    assert make(project, "book")[0] == 0
    assert log(project, "venv") == ["venv .venv"] and len(log(project, "-m pip")) == 4
    assert (project / ".venv" / "theirs").exists()


@pytest.mark.parametrize("how", ["offline", "killed"])
def test_a_first_installation_that_did_not_end_is_made_again_from_the_start(project, how):
    """What it left would be incomplete. A kill leaves no lock either."""
    if how == "offline":
        (project / "offline").touch()
        assert make(project, "book")[0] != 0
        (project / "offline").unlink()
    else:
        (project / "slow").touch()
        process = start(project, "book")
        wait_for(lambda: log(project, "-m pip"))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        (project / "slow").unlink()
    assert not (project / ".venv" / "ready").exists()
    (project / ".venv" / "bin" / "half").write_text("half a package")
    status, said = make(project, "book")
    assert status == 0, said
    assert len(log(project, "venv")) == 2 and not (project / ".venv" / "bin" / "half").exists()


def test_two_at_once_share_one_environment_and_one_book(project):
    """The second waits for the first, and finds all done."""
    (project / "slow").touch()
    processes = [start(project, "book"), start(project, "book")]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert len(log(project, "venv")) == 1 and len(log(project, "-m pip")) == 2 and log(project, "build") == ["build"]
    assert "Waiting for another make" in "".join(said)


@pytest.mark.parametrize("name", ["a file.md", "what: 100% $(odd) #1.md", "[0] é*.png"])
def test_any_file_name_may_stand_in_the_book(project, name):
    """And a change of that file is seen."""
    path = project / "book" / name
    path.write_text("text\n")
    os.utime(path, (0, 0))
    for builds in (1, 1):
        status, said = make(project, "book")
        assert status == 0, said
        assert len(log(project, "build")) == builds
    time.sleep(0.02)
    path.write_text("other\n")
    assert make(project, "book")[0] == 0 and len(log(project, "build")) == 2


def test_what_changes_during_a_build_is_built_next_time(project):
    """The stamp of a build is its begin."""
    (project / "edit").touch()
    assert make(project, "book")[0] == 0
    (project / "edit").unlink()
    assert make(project, "book")[0] == 0 and len(log(project, "build")) == 2


def test_a_build_with_a_warning_fails_and_leaves_no_page(project):
    """Else the next make would call it built."""
    (project / "warning").touch()
    status, _ = make(project, "book")
    assert status != 0 and not (project / "_build/html/index.html").exists()


def test_only_locked_packages_must_have_their_hashes(project):
    """`make test-latest` takes what there is."""
    make(project, "book")
    make(project, "book", "VENV=.venv-latest", "LOCK=requirements.txt")
    asked = [line for line in log(project, "-m pip") if " -r " in line]
    assert ["--require-hashes" in line for line in asked] == [True, False]


def test_colab_needs_a_python_that_its_versions_know(project):
    """Without one it says which."""
    status, said = make(project, "test-colab", "COLAB_PYTHON=")
    assert status != 0 and "Python 3.11 to 3.13" in said and not (project / ".venv-colab").exists()
    (project / "tools" / "colab.py").write_text("print('ran')\n")
    status, said = make(project, "test-colab", "COLAB_PYTHON=fake/python")
    assert status == 0 and "ran" in said, said
    assert [("--require-hashes" in line, "tools/colab.lock" in line) for line in log(project, "-m pip")] == [
        (True, True)
    ]
