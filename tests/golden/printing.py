"""Writes printing.json: NumPy's str() of many arrays. Needs numpy >= 2.4; run it in this folder."""
import json

import numpy as np

rng = np.random.default_rng(7)
cases = []


def add(array, permute=None):
    """Non-finite values are written as texts, because JSON has none; `permute` is applied before printing."""
    array = np.asarray(array)
    values = [v if not isinstance(v, float) or np.isfinite(v) else str(v) for v in array.ravel().tolist()]
    shown = array if permute is None else array.transpose(permute)
    name = {"float32": "f32", "float64": "f64", "int64": "i64", "uint8": "u8", "bool": "bool"}[array.dtype.name]
    cases.append({"dtype": name, "shape": list(array.shape), "permute": permute, "values": values, "text": str(shown)})


nan, inf = float("nan"), float("inf")
lists = [
    [[1, 2.5], [3, 4]], [0.1, 0.2, 0.3], [1e8, 1], [99999999.0, 1], [1e-4, 1e-3], [9.9e-5, 1], [1, 1000], [1, 1001],
    [nan, 1], [inf, -inf, nan], [-inf, 1.5, 123.25], [nan], [inf], [-inf], [nan, nan], [-0.0, 0.0], [0.0], [1 / 3, 2 / 3],
    [1e-10, 1e10], [-1, 10, -100], [1e38, 1], [1.5, nan, -2.25e-7], [123456.789, 1000.5], [999999.94, 1000.0],
    [1e6, 1e5], [16777216.0, 16777217.0], [0.5, 0.125, 0.0009765625], [2.0 / 3e4, 1], [[1e-5, nan], [inf, 3]],
    [0.000123456789012, 0.05], [1.000000005, 2.5], [0.123456785, 0.987654325],
]
for values in lists:
    for dtype in (np.float32, np.float64):
        add(np.array(values, dtype))
for v in [1.5, 1e5, 999999.0, 1e6, 16777216.0, 1e-4, 9.9e-5, 0.1, 1e15, -0.0, nan, -inf, 1 / 3]:
    for dtype in (np.float32, np.float64):
        add(np.array(v, dtype))
add(np.array([1e300, 1e-300]))
add(np.array([5e-324, 1.7976931348623157e308]))
add(np.array([1e-45, 3.4e38], np.float32))
for i in (7, -3, 2**62):
    add(np.array(i))
    add(np.array([i, 1, 100]))
add(np.array([[1, -20], [300, 4]]))
add(np.arange(60).reshape(3, 4, 5))
add(np.arange(256).astype(np.uint8))
add(np.array(200, np.uint8))
add(np.array([[True, False], [False, True]]))
add(np.array([True, True]))
add(np.array(True))
add(np.array(False))
for shape in [(0,), (0, 3), (2, 0), (1, 1, 0)]:
    add(np.zeros(shape, np.float32))
for shape in [(1,), (1, 1), (1, 1, 1, 1, 1, 1), (2, 2, 2, 2), (2, 1, 3), (5, 30), (40,)]:
    add(rng.standard_normal(shape).astype(np.float32))
    add(rng.standard_normal(shape))
    add((rng.standard_normal(shape) * 10.0 ** rng.integers(-12, 12, shape)).astype(np.float32))
    add(rng.standard_normal(shape) * 10.0 ** rng.integers(-12, 12, shape))
    add(rng.integers(-1000, 1000, shape))
add(np.arange(1000))
add(np.arange(1001))
add(np.arange(1001).astype(np.float32))
add(np.arange(1200).reshape(30, 40))
add(np.arange(1200).reshape(6, 200))
add(np.arange(1120).reshape(7, 4, 40))
add(np.where(np.arange(1200) % 200 == 100, 1e9, 0.5).reshape(6, 200))
add(rng.standard_normal((10, 110)))
add(np.arange(6).reshape(2, 3), [1, 0])
add(rng.standard_normal((2, 3, 4)).astype(np.float32), [2, 0, 1])
add(np.arange(1110).reshape(3, 37, 10), [1, 2, 0])
add(np.arange(1050) % 3 == 0)
with open("printing.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(len(cases), "cases")
