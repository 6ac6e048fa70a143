"""Reads a file written by save_safetensors with Python's safetensors and compares it: check_safetensors.py FILE.

The test "what is written is read by Python" prints how to make FILE: GRADUS_KEEP=FILE gradus_tests "[python]".
"""
import sys

import numpy as np
from safetensors import safe_open

expected = {
    "weights": np.array([[1, 2.5], [3, -4e-8]], np.float32),
    "transposed": np.array([[1, 4], [2, 5], [3, 6]], np.float64),
    "labels": np.array([-1, 2**40]),
    "bytes": np.array([0, 255], np.uint8),
    "mask": np.array([True, False]),
    "scalar": np.array(0.5, np.float32),
    "empty": np.zeros((2, 0), np.float32),
}
with safe_open(sys.argv[1], framework="numpy") as file:
    assert file.metadata() == {"step": "12", "note": 'quote " and ünï\n'}, file.metadata()
    assert set(file.keys()) == set(expected), list(file.keys())
    for name, wanted in expected.items():
        found = file.get_tensor(name)
        assert found.dtype == wanted.dtype and found.shape == wanted.shape, name
        assert np.array_equal(found, wanted), (name, found)
print("ok:", len(expected), "tensors")
