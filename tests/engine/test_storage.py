"""A checkpoint comes back as it was, or not at all."""

import errno
import os
import pickle
import threading

import pytest
import torch

from wgan_lib.engine import storage

TREE = {
    "net": {"weight": torch.randn(3, 2), "deep": {"empty": torch.zeros(0, 4)}},
    "state": {0: {"step": torch.tensor(7.0)}, 1: {"step": torch.tensor(8.0)}},
    "half": torch.randn(2, dtype=torch.float16),
    "brain": torch.randn(2).bfloat16(),
    "count": torch.tensor(2**40),
    "flags": torch.tensor([True, False]),
    "bytes": torch.arange(5, dtype=torch.uint8),
    "nan": torch.tensor(float("nan")),
    "transposed": torch.randn(3, 2).t(),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.safetensors"


def same(tree, loaded):
    assert set(map(str, tree)) == set(loaded)
    for key, value in tree.items():
        if isinstance(value, dict):
            same(value, loaded[str(key)])
        else:
            assert value.dtype == loaded[str(key)].dtype
            torch.testing.assert_close(loaded[str(key)], value, rtol=0, atol=0, equal_nan=True)


def test_tensors_of_every_kind_and_facts_come_back(path):
    storage.save(path, TREE, step=3, config={"betas": [0.0, 0.9], "clip": None, "name": "φ"})
    tensors, facts = storage.load(path)
    same(TREE, tensors)
    assert facts == {"step": 3, "config": {"betas": [0.0, 0.9], "clip": None, "name": "φ"}}


def test_what_comes_back_is_independent_of_the_file(path):
    storage.save(path, {"x": torch.ones(3)})
    tensors, _ = storage.load(path)
    storage.save(path, {"x": torch.zeros(3)})
    tensors["x"] += 1
    assert tensors["x"].tolist() == [2, 2, 2]
    assert storage.load(path)[0]["x"].tolist() == [0, 0, 0]


def test_weights_that_require_gradients_are_saved_as_plain_numbers(path):
    storage.save(path, {"x": torch.ones(2, requires_grad=True)})
    assert not storage.load(path)[0]["x"].requires_grad


# Damage


@pytest.fixture
def content(path):
    """Return the bytes of a small checkpoint that is there."""
    storage.save(path, {"w": {"0": torch.randn(3)}, "n": torch.tensor(5)}, step=3)
    return path.read_bytes()


def test_every_truncation_is_noticed(path, content):
    for kept in range(len(content)):
        path.write_bytes(content[:kept])
        with pytest.raises(ValueError, match=r"some.safetensors"):
            storage.load(path)


def test_every_single_flipped_bit_is_noticed(path, content):
    for place in range(len(content)):
        for bit in range(8):
            altered = bytearray(content)
            altered[place] ^= 1 << bit
            path.write_bytes(altered)
            with pytest.raises(ValueError, match=r"some.safetensors.* altered"):
                storage.load(path)


def test_appended_bytes_are_noticed(path, content):
    path.write_bytes(content + b"\0")
    with pytest.raises(ValueError, match="altered"):
        storage.load(path)


def test_safetensors_without_our_digest_are_refused(path):
    import safetensors.torch

    safetensors.torch.save_file({"x": torch.ones(2)}, path)
    with pytest.raises(ValueError, match="altered"):
        storage.load(path)


def test_a_missing_file_is_called_missing(path):
    with pytest.raises(FileNotFoundError, match=r"some.safetensors"):
        storage.load(path)


def test_a_file_that_cannot_be_opened_is_not_called_missing(path, monkeypatch):
    path.mkdir()
    with pytest.raises(IsADirectoryError, match=r"some.safetensors"):
        storage.load(path)
    path.rmdir()
    storage.save(path, TREE)

    def denied(file, **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr(type(path), "open", denied)
    with pytest.raises(PermissionError, match=r"Permission denied: '.*some.safetensors'"):
        storage.load(path)


def test_a_file_is_read_once_so_that_a_training_may_replace_it_meanwhile(path, tmp_path):
    storage.save(path, TREE, step=3)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # what passes through it can be read once only
    writer = threading.Thread(target=pipe.write_bytes, args=[path.read_bytes()])
    writer.start()
    tensors, facts = storage.load(pipe)
    writer.join()
    same(TREE, tensors)
    assert facts == {"step": 3}


def test_loading_runs_no_code(path, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    for content in (pickle.dumps(Trap()), b""):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="altered"):
            storage.load(path)
    torch.save({"x": Trap()}, path)
    with pytest.raises(ValueError, match="altered"):
        storage.load(path)
    assert not (tmp_path / "sprung").exists()


# Writing


def test_text_and_bytes_are_written_whole(tmp_path):
    storage.write_atomically(tmp_path / "a", "größer")
    storage.write_atomically(tmp_path / "b", b"\0\1")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "größer"
    assert (tmp_path / "b").read_bytes() == b"\0\1"


def disk_full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(path, monkeypatch, moment):
    path.write_text("old")
    monkeypatch.setattr(storage.os, moment, disk_full)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        storage.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_new_content_is_on_disk_before_it_takes_the_old_ones_place(path, monkeypatch):
    path.write_text("old")
    events, fsync, replace = [], os.fsync, os.replace

    def synced(number):
        events.append(("synced", os.fstat(number).st_size, path.read_text()))
        fsync(number)

    def replaced(draft, target):
        events.append(("replaced", draft.read_text(), path.read_text()))
        replace(draft, target)

    monkeypatch.setattr(storage.os, "fsync", synced)
    monkeypatch.setattr(storage.os, "replace", replaced)
    storage.write_atomically(path, "newer")
    assert events == [("synced", 5, "old"), ("replaced", "newer", "old")]
    assert path.read_text() == "newer"


def test_the_draft_lies_beside_its_target_so_that_the_move_is_one_step(path, monkeypatch):
    monkeypatch.setattr(storage.os, "replace", lambda draft, target: folders.append((draft.parent, target.parent)))
    folders = []
    storage.write_atomically(path, "new")
    assert folders == [(path.parent, path.parent)]
