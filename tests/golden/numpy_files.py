"""Writes numpy*.npz and numpy*.npy with numpy in this folder: files that load_npz and load_npy have to read."""
import io

import numpy as np

rows = np.array([[1, 2.5, -3], [4, 5e-7, 6e8]], np.float32)
halves = np.array([0, 1, -2.5, 65504, 6e-8, -6.1e-5, np.inf, 1 / 3], np.float16)
block = np.arange(24).reshape(2, 3, 4)
arrays = {
    # numpy.save's own bytes for each of the types that save_npy writes
    "f4": rows,
    "f8": np.array([1 / 3, -1e300]),
    "i8": np.array([[-(2**62)], [5]]),
    "u1": np.arange(5, dtype=np.uint8),
    "b1": np.array([True, False, True]),
    "scalar": np.array(7.25, np.float32),
    "empty": np.zeros((0, 3), np.float32),
    "six axes": np.arange(64.0).reshape((2,) * 6),
    "long": np.empty((0, 1234567890), np.uint8),
    # types that become another one
    "i1": np.array([-128, 127], np.int8),
    "i2": np.array([-32768, 32767], np.int16),
    "u2": np.array([0, 65535], np.uint16),
    "i4": np.array([-(2**31), 2**31 - 1], np.int32),
    "u4": np.array([0, 2**32 - 1], np.uint32),
    "u8": np.array([0, 2**63 - 1], np.uint64),
    "f2": halves,
    # big endian, Fortran's order
    ">f4": rows.astype(">f4"),
    ">f8": np.array([1 / 3, -1e300], ">f8"),
    ">i8": np.array([[-(2**62)], [5]], ">i8"),
    ">u2": np.array([1, 65280], ">u2"),
    ">f2": halves.astype(">f2"),
    "fortran": np.asfortranarray(block),
    ">fortran": np.asfortranarray(block.astype(">i4")),
    # names that are no file names
    "../../naïve": np.array([1.0], np.float32),
    "": np.array([2.0], np.float32),
    "a.npy": np.array([3.0], np.float32),
}
np.savez("numpy.npz", **arrays)
np.savez_compressed("numpy_compressed.npz", **arrays)


class Pipe(io.RawIOBase):
    """A file that cannot seek: the sizes follow the data."""

    def __init__(self):
        super().__init__()
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, part):
        self.bytes += bytes(part)
        return len(part)


for name, save in (("streamed", np.savez), ("streamed_compressed", np.savez_compressed)):
    pipe = Pipe()
    save(pipe, rows=rows, block=block)
    with open(f"numpy_{name}.npz", "wb") as file:
        file.write(pipe.bytes)
for version in (2, 3):
    with open(f"numpy_v{version}.npy", "wb") as file:
        np.lib.format.write_array(file, np.asfortranarray(block.astype(np.float64)), version=(version, 0))
