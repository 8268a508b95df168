import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lulc_assets.core.errors import UnknownClass
from lulc_assets.core.legend import KARRA_10
from lulc_assets.core.model.network import LOG_OFFSET
from lulc_assets.core.training.dataset import (
    COPY_THREADS,
    HELD_BATCHES,
    ChipBatches,
    count_class_pixels,
    measure_normalisation,
    select_chips,
    share_out,
    to_reflectance,
)
from lulc_assets.core.training.lightning_module import LandCoverTraining
from lulc_assets.core.training.loss import LossWeights
from lulc_assets.core.training.recipe import TrainingRecipe
from lulc_assets_tests.core.training.chips_for_tests import chips_of, two_class_chips


def test_chips_are_chosen_by_split_over_all_sets_and_only_if_labelled():
    first, second = two_class_chips(seed=1), two_class_chips(seed=2)
    second.masks[0] = 0
    selection = select_chips([first, second], "train")
    assert len(selection) == 8 + 7
    np.testing.assert_array_equal(selection.mask(8), second.masks[1])
    assert selection.chip_ids()[8] == "chip-001"


def test_class_pixels_are_counted_without_the_unlabelled():
    chips = two_class_chips()
    selection = select_chips([chips], "gold")
    counts = count_class_pixels(selection, KARRA_10)
    assert counts[0] == (chips.masks[-2:] == 1).sum()
    assert counts[7] == (chips.masks[-2:] == 8).sum()
    assert counts.sum() == (chips.masks[-2:] > 0).sum()


def test_a_code_that_the_legend_does_not_have_is_refused():
    chips = two_class_chips()
    chips.masks[0, 0, 0] = 11
    with pytest.raises(UnknownClass, match="11"):
        count_class_pixels(select_chips([chips], "train"), KARRA_10)


def test_normalisation_is_that_of_the_labelled_pixels():
    chips = two_class_chips()
    normalisation = measure_normalisation(select_chips([chips], "train"))
    labelled = chips.masks[:8] > 0
    values = np.log(chips.images[:8, 0][labelled] / 10_000 + LOG_OFFSET)
    assert normalisation.mean[0] == pytest.approx(values.mean(), abs=1e-6)
    assert normalisation.std[0] == pytest.approx(values.std(), abs=1e-6)


def test_a_band_without_variation_does_not_divide_by_zero():
    images = np.full((1, 6, 32, 32), 1000, np.uint16)
    chips = chips_of(images, np.ones((1, 32, 32), np.uint8), ["train"])
    assert min(measure_normalisation(select_chips([chips], "train")).std) > 0


def test_batches_hold_reflectance_and_codes_in_order():
    chips = two_class_chips()
    images, codes = next(iter(ChipBatches(select_chips([chips], "train"), 3)))
    np.testing.assert_array_equal(images.numpy(), chips.images[:3].astype(np.float32) / 10_000)
    np.testing.assert_array_equal(codes.numpy(), chips.masks[:3])


def test_augmented_epochs_differ_but_repeat_with_the_seed():
    selection = select_chips([two_class_chips()], "train")

    def epochs(seed):
        batches = ChipBatches(selection, 8, augment=True, seed=seed)
        return [next(iter(batches))[0].numpy() for _ in range(2)]

    first, second = epochs(3)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, epochs(3)[0])
    np.testing.assert_array_equal(second, epochs(3)[1])
    assert not np.array_equal(first, epochs(4)[0])


def test_flips_move_image_and_mask_together():
    masks = two_class_chips(n_train=16).masks
    images = np.repeat(masks[:, None], 6, axis=1).astype(np.uint16) * 100
    chips = chips_of(images, masks, ["train"] * len(masks))
    batches = ChipBatches(select_chips([chips], "train"), 16, augment=True)
    for reflectance, codes in batches:
        np.testing.assert_allclose(reflectance[:, 0].numpy() * 100, codes.numpy(), atol=1e-5)


def test_every_chip_is_seen_once_an_epoch():
    chips = two_class_chips(n_train=10)
    chips.images[:10] = np.arange(10)[:, None, None, None] + 1
    batches = ChipBatches(select_chips([chips], "train"), 4, augment=True)
    seen = [round(float(image[0, 0, 0]) * 10_000) for images, _ in batches for image in images]
    assert len(batches) == 3
    assert sorted(seen) == list(range(1, 11))


def test_stored_batches_become_the_same_reflectance_after_the_transfer():
    selection = select_chips([two_class_chips()], "train")
    plain = ChipBatches(selection, 3, augment=True, seed=2)
    stored = ChipBatches(selection, 3, augment=True, seed=2, stored=True)
    for (images, codes), batch in zip(plain, stored, strict=True):
        assert (batch[0].dtype, batch[1].dtype) == (torch.int16, torch.uint8)
        again, same = to_reflectance(batch)
        assert torch.equal(again, images)
        assert torch.equal(same, codes)
        assert images.is_contiguous(memory_format=torch.channels_last)


def test_a_stored_batch_stays_as_it_is_while_two_more_are_taken():
    chips = two_class_chips(n_train=24)
    chips.images[:24] = np.arange(24)[:, None, None, None]
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    for images, _ in ChipBatches(select_chips([chips], "train"), 2, stored=True):
        seen.append((images, images.clone()))
        assert all(torch.equal(kept, copy) for kept, copy in seen[-1 - HELD_BATCHES :])
    assert [int(copy[0, 0, 0, 0]) for _, copy in seen] == list(range(0, 24, 2))


def test_epochs_share_memory_and_two_at_once_do_not_disturb_each_other():
    selection = select_chips([two_class_chips(n_train=24)], "train")
    plain, stored = (ChipBatches(selection, 4, augment=True, stored=kept) for kept in (False, True))
    for left_early in (True, False):
        expected = list(plain)
        for number, (images, codes) in enumerate(map(to_reflectance, stored)):
            assert torch.equal(images, expected[number][0])
            assert torch.equal(codes, expected[number][1])
            if left_early:
                break
    rooms = {images.data_ptr() for _ in range(5) for images, _ in stored}
    assert len(rooms) <= 2 * COPY_THREADS + HELD_BATCHES + 1  # of 30 batches
    for _ in range(5):
        list(plain)
    first, second = (list(plain) for _ in range(2))
    for number, (one, other) in enumerate(zip(stored, stored, strict=True)):
        assert torch.equal(to_reflectance(one)[0], first[number][0])
        assert torch.equal(to_reflectance(other)[0], second[number][0])


def test_an_epoch_that_is_left_early_leaves_no_thread():
    before = threading.active_count()
    for _ in ChipBatches(select_chips([two_class_chips()], "train"), 1):
        break
    assert threading.active_count() == before


def test_training_makes_reflectance_of_stored_batches_and_leaves_others():
    module = LandCoverTraining(
        torch.nn.Identity(), LossWeights.of(np.ones(10)), TrainingRecipe(), 1
    )
    selection = select_chips([two_class_chips()], "train")
    (plain,), (stored,) = (ChipBatches(selection, 8, stored=kept) for kept in (False, True))
    for batch in (plain, stored):
        images, codes = module.on_after_batch_transfer(batch, 0)
        assert torch.equal(images, plain[0])
        assert torch.equal(codes, plain[1])


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 4))
def test_batches_take_every_chip_once_and_none_is_below_the_least(count, batch_size, least):
    parts = share_out(count, max(batch_size, least), least)
    assert [n for part in parts for n in range(count)[part]] == list(range(count))
    sizes = [part.stop - part.start for part in parts]
    assert min(sizes) >= min(least, count)
    assert max(sizes) <= max(batch_size, least) + least - 1


def test_without_a_least_a_last_batch_of_one_stays():
    assert share_out(9, 4) == [slice(0, 4), slice(4, 8), slice(8, 9)]
    assert share_out(9, 4, 2) == [slice(0, 4), slice(4, 7), slice(7, 9)]
