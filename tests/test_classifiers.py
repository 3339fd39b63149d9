"""The two classifiers: as accurate as they say, small, and made of what they should be."""

import pytest
import torch
import torchvision.datasets

from wgan_lib import classifiers, mnist
from wgan_lib.engine import storage


@pytest.fixture(scope="module")
def test_set():
    return mnist.scale(mnist.images("test")), mnist.labels("test")


@pytest.mark.parametrize(("name", "least"), [("features", 0.993), ("judge", 0.99)])
def test_a_classifier_is_as_accurate_as_its_file_says(name, least, test_set):
    accuracy = classifiers.accuracy(classifiers.load(name), *test_set)
    _, facts = storage.load(classifiers.WEIGHTS / f"{name}.safetensors")
    assert accuracy >= least
    assert accuracy == pytest.approx(facts["test_accuracy"], abs=5e-4), "half precision costs nothing"


@pytest.mark.parametrize("dataset", mnist.DATASETS)
@pytest.mark.parametrize("name", classifiers.NAMES)
def test_the_weights_are_a_few_hundred_kilobytes(name, dataset):
    assert classifiers.weights(name, dataset).stat().st_size < 300_000


@pytest.mark.parametrize(("name", "least"), [("features", 0.88), ("judge", 0.88)])
def test_those_for_clothes_are_as_accurate_as_their_files_say(name, least, monkeypatch):
    monkeypatch.delattr(torchvision.datasets, "FashionMNIST")  # 31 MB, which no test downloads
    try:
        images, labels = (read("test", dataset="fashion-mnist") for read in (mnist.images, mnist.labels))
    except FileNotFoundError as error:
        pytest.skip(str(error))
    accuracy = classifiers.accuracy(classifiers.load(name, "fashion-mnist"), mnist.scale(images), labels)
    _, facts = storage.load(classifiers.weights(name, "fashion-mnist"))
    assert accuracy >= least and accuracy == pytest.approx(facts["test_accuracy"], abs=5e-4)
    assert torch.bincount(labels).tolist() == [1000] * 10


@pytest.mark.parametrize("name", classifiers.NAMES)
def test_a_loaded_classifier_treats_each_image_by_itself(name, test_set):
    network, images = classifiers.load(name), test_set[0][:8]
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    torch.testing.assert_close(network(images)[:1], network(images[:1]), rtol=1e-4, atol=1e-4)


def test_a_network_that_there_is_not_is_named():
    with pytest.raises(ValueError, match="name = 'inception': expected one of features, judge"):
        classifiers.build("inception")


def test_labels_as_a_column_are_refused():
    """They would be compared with every prediction: 10 % for a perfect classifier."""
    images = torch.zeros(4, 1, 28, 28)
    with pytest.raises(ValueError, match=r"labels have shape \(4, 1\): expected one for each of the 4 images"):
        classifiers.accuracy(classifiers.load("judge"), images, torch.zeros(4, 1))
