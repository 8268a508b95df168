import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lulc_assets.core.errors import InvalidGeometry, InvalidSample, MissingCrs
from lulc_assets.core.sampling.sample import (
    ReferenceSample,
    read_sample,
    units_from_mask,
    write_sample,
)

from .samples import blocky_map, random_sample, sample_at, small_grid


@pytest.fixture
def sample():
    grid = small_grid()
    return random_sample(grid, blocky_map(grid, [1, 2, 7]), 60, sample_size=60)


def test_a_stored_sample_comes_back_with_its_design(sample, tmp_path):
    again = read_sample(write_sample(tmp_path / "sample.parquet", sample))

    assert again.units.equals(sample.units)
    assert again.units.crs == sample.units.crs
    assert again.design == sample.design


def test_the_same_sample_gives_the_same_bytes(sample, tmp_path):
    first = write_sample(tmp_path / "a.parquet", sample).read_bytes()

    assert write_sample(tmp_path / "b.parquet", sample).read_bytes() == first


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads of Linux")
def test_writing_a_sample_leaves_no_thread_that_could_abort_the_end_of_the_process(tmp_path):
    script = f"""
from pathlib import Path
from lulc_assets.core.sampling.sample import write_sample
from lulc_assets_tests.core.sampling.samples import blocky_map, random_sample, small_grid

grid = small_grid()
sample = random_sample(grid, blocky_map(grid, [1, 2, 7]), 60)
before = len(list(Path("/proc/self/task").iterdir()))
write_sample(Path({str(tmp_path / "sample.parquet")!r}), sample)
print(len(list(Path("/proc/self/task").iterdir())) - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0"]


def test_a_file_without_design_is_refused(sample, tmp_path):
    sample.units.to_parquet(tmp_path / "plain.parquet")

    with pytest.raises(InvalidSample, match="carries no sampling design"):
        read_sample(tmp_path / "plain.parquet")


def test_a_file_that_is_no_sample_is_refused(tmp_path):
    (tmp_path / "text.parquet").write_text("no")

    with pytest.raises(InvalidSample, match=r"text\.parquet"):
        read_sample(tmp_path / "text.parquet")
    with pytest.raises(InvalidSample, match=r"absent\.parquet"):
        read_sample(tmp_path / "absent.parquet")


def changed(sample, **columns):
    return ReferenceSample(sample.units.assign(**columns), sample.design)


def test_units_that_break_the_schema_are_named(sample):
    ids = sample.units["unit_id"].where(sample.units.index != 3, "u00000")

    with pytest.raises(InvalidSample, match="u00000"):
        changed(sample, unit_id=ids)
    with pytest.raises(InvalidSample, match="unit 'u00000': inclusion_probability = "):
        changed(sample, inclusion_probability=1.5)
    with pytest.raises(InvalidSample, match="class_code"):
        changed(sample, class_code=np.uint8(61))


def test_two_units_at_one_place_are_refused(sample):
    with pytest.raises(InvalidSample, match="reference sample"):
        changed(sample, x=1.0, y=2.0)


def test_a_unit_that_is_no_point_is_refused(sample):
    with pytest.raises(InvalidGeometry, match="u00000"):
        changed(sample, geometry=sample.units.buffer(5))


def test_units_without_crs_are_refused(sample):
    with pytest.raises(MissingCrs):
        ReferenceSample(sample.units.set_crs(None, allow_override=True), sample.design)


def test_lost_units_are_noticed():
    grid = small_grid()
    with pytest.raises(InvalidSample, match="60 units were drawn, 59 are here"):
        random_sample(grid, blocky_map(grid, [1, 2]), 59, sample_size=60)


def test_unequal_chances_are_no_simple_random_sample():
    with pytest.raises(InvalidSample, match="must be equal"):
        sample_at(small_grid(), [1, 2], [1, 2], [1, 1], chance=[0.1, 0.2])


def test_a_probability_sample_without_chances_is_refused():
    with pytest.raises(InvalidSample, match="no inclusion probability"):
        sample_at(small_grid(), [1, 2], [1, 2], [1, 1], chance=np.nan)


def stratified(**fields):
    return sample_at(
        small_grid(),
        range(5),
        range(5),
        [1, 1, 2, 2, 2],
        design="stratified",
        strata=["hill", "hill", "plain", "plain", "plain"],
        chance=[0.1, 0.1, 0.01, 0.01, 0.01],
        **fields,
    )


def test_strata_take_their_sizes_from_the_design():
    strata = stratified(stratum_pixels={"hill": 20, "plain": 303}).strata()

    assert strata.names == ("hill", "plain")
    assert strata.sizes.tolist() == [20, 303]
    assert strata.fractions.tolist() == [0, 0]


def test_strata_without_sizes_take_them_from_the_chances():
    strata = stratified().strata(finite_population=True)

    assert strata.sizes == pytest.approx([20, 300])
    assert strata.fractions == pytest.approx([0.1, 0.01])


def test_a_stratum_without_size_is_named():
    with pytest.raises(InvalidSample, match="lacks the size of stratum 'plain'"):
        stratified(stratum_pixels={"hill": 20})


@settings(deadline=None)
@given(mask=hnp.arrays(np.uint8, (6, 8), elements=st.integers(0, 9)))
def test_every_labelled_pixel_is_a_unit_at_its_centre(mask):
    grid = small_grid(6, 8)

    sample = units_from_mask(mask, grid, region="plot", year=2023)

    rows, cols = grid.cells(sample.units["x"], sample.units["y"])
    assert sample.design.design == "none"
    assert len(sample.units) == np.count_nonzero(mask)
    assert np.array_equal(mask[rows, cols], sample.units["class_code"])


def test_a_mask_off_its_grid_is_refused():
    with pytest.raises(InvalidSample, match="does not fit grid"):
        units_from_mask(np.zeros((5, 5), np.uint8), small_grid(6, 8))


def clustered(primary=("w1", "w1", "w2", "w2", "w3"), **fields):
    return sample_at(
        small_grid(),
        range(5),
        range(5),
        [1, 1, 2, 2, 2],
        design="cluster",
        chance=[0.1, 0.1, 0.2, 0.2, 0.2],
        primary=None if primary is None else list(primary),
        **fields,
    )


def test_a_cluster_sample_keeps_its_windows_through_the_file(tmp_path):
    again = read_sample(write_sample(tmp_path / "windows.parquet", clustered()))
    strata = again.strata()

    assert again.units["primary_unit"].tolist() == ["w1", "w1", "w2", "w2", "w3"]
    assert strata.primary_counts.tolist() == [3]
    assert strata.weights == pytest.approx([10, 10, 5, 5, 5])


def test_a_cluster_sample_without_windows_is_refused():
    with pytest.raises(InvalidSample, match="needs the column primary_unit"):
        clustered(primary=None)


def test_merged_strata_keep_the_weights_of_their_units():
    strata = stratified(stratum_pixels={"hill": 20, "plain": 300}).strata(merge=[("hill", "plain")])

    assert strata.names == ("hill + plain",)
    assert strata.sizes.tolist() == [320]
    assert strata.weights == pytest.approx([10, 10, 100, 100, 100])


def test_a_merged_stratum_without_units_of_its_own_is_carried_by_the_others():
    strata = stratified(stratum_pixels={"hill": 20, "plain": 300, "marsh": 10}).strata(
        merge=[("hill", "marsh")]
    )

    assert strata.weights == pytest.approx([15, 15, 100, 100, 100])
