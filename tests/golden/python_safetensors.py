"""Writes python.safetensors with Python's safetensors and numpy, one tensor of each readable dtype, in this folder."""
import json
import struct

import numpy as np
from safetensors.numpy import save_file

halves = np.array([0, 1, -2.5, 65504, 6e-8, -6.1e-5, np.inf, 1 / 3], np.float16)
tensors = {
    "f32": np.array([[1, 2.5, -3], [4, 5e-7, 6e8]], np.float32),
    "f64": np.array([1 / 3, -1e300]),
    "i64": np.array([[-(2**62)], [5]]),
    "u8": np.arange(5, dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "i8": np.array([-128, 127], np.int8),
    "i16": np.array([-32768, 32767], np.int16),
    "u16": np.array([0, 65535], np.uint16),
    "i32": np.array([-(2**31), 2**31 - 1], np.int32),
    "u32": np.array([0, 2**32 - 1], np.uint32),
    "f16": halves,
    "bf16_bits": np.array([0x3F80, 0xC020, 0x7F7F, 0x0001], np.uint16),
    "scalar": np.array(7.25, np.float32),
    "empty": np.zeros((0, 3), np.float32),
    "naïve \"name\"": np.array([1.0], np.float32),
}
save_file(tensors, "python.safetensors", metadata={"made by": "python", "zeile": "eins\nzwei"})

# numpy has no bfloat16: rename the entry of its bits. The spare blanks of the header keep the length.
with open("python.safetensors", "rb") as file:
    data = file.read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
header["bf16"] = dict(header.pop("bf16_bits"), dtype="BF16")
text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
text += b" " * (length - len(text))
assert len(text) == length
with open("python.safetensors", "wb") as file:
    file.write(data[:8] + text + data[8 + length :])
