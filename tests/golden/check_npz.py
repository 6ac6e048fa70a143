"""Reads files written by save_npz and save_npy with numpy and compares them: check_npz.py FILE (see below).

The test "what is written is kept for numpy to check" makes FILE.npz, FILE_compressed.npz and FILE.npy:
GRADUS_KEEP_NPZ=FILE gradus_tests "[numpy]".
"""
import sys
import zipfile

import numpy as np

expected = {
    "weights": np.array([[1, 2.5], [3, -4e-8]], np.float32),
    "transposed": np.array([[1, 4], [2, 5], [3, 6]], np.float64),
    "labels": np.array([-1, 2**40]),
    "bytes": np.array([0, 255], np.uint8),
    "mask": np.array([True, False]),
    "scalar": np.array(0.5, np.float32),
    "empty": np.zeros((2, 0), np.float32),
    "../naïve": np.array([1.0], np.float32),
}
for ending, method in ((".npz", zipfile.ZIP_STORED), ("_compressed.npz", zipfile.ZIP_DEFLATED)):
    with zipfile.ZipFile(sys.argv[1] + ending) as file:
        assert file.testzip() is None
        assert {entry.compress_type for entry in file.infolist()} == {method}
    with np.load(sys.argv[1] + ending) as file:
        assert set(file.keys()) == set(expected), list(file.keys())
        for name, wanted in expected.items():
            found = file[name]
            assert found.dtype == wanted.dtype and found.shape == wanted.shape, name
            assert np.array_equal(found, wanted), (name, found)
assert np.array_equal(np.load(sys.argv[1] + ".npy"), expected["transposed"])
print("ok:", len(expected), "arrays")
