"""Item vectors in one byte a number: a first look at all products, a quarter of the memory read, that misses nothing.

A vector v is kept as ``scale * w`` with whole numbers w from -127 to 127, and a query q is asked as ``step * u`` with
whole numbers of seven bits. What rounding takes away is bounded by Cauchy and Schwarz:
``|q v - step u scale w| <= |q| |v - scale w| + |q - step u| scale |w| <= scale * error(q)``,
so that whoever stands below the bound of enough others cannot be among the first, and only the rest is worked out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

FILE = "coarse.onnx"
"""The product of whole numbers, beside the arrays of a model."""
_FINEST = 127
_HALF = 63
"""Queries are from -63 to 63 and asked with 63 added: processors without dot products of bytes add two products in 16
bits, which these never fill."""
_AT_ONCE = 65_536


def arrays(vectors: NDArray[np.float32]) -> dict[str, NDArray]:
    """What :class:`Coarse` reads of item vectors [N, d], to be kept beside them."""
    items, width = vectors.shape
    whole = np.empty((width, items), np.int8)
    scale, shift = np.empty(items, np.float32), np.empty(items, np.int32)
    lost = length = 0.0
    for begin in range(0, items, _AT_ONCE):
        part = np.asarray(vectors[begin : begin + _AT_ONCE], np.float64)  # [n, d]
        own = (np.abs(part).max(axis=1) / _FINEST).astype(np.float32).astype(np.float64)
        safe = np.where(own > 0, own, 1.0)[:, None]
        rounded = np.clip(np.rint(part / safe), -_FINEST, _FINEST)
        lost = max(lost, float((np.linalg.norm(part / safe - rounded, axis=1) * (own > 0)).max(initial=0.0)))
        length = max(length, float(np.linalg.norm(rounded, axis=1).max(initial=0.0)))
        end = begin + len(part)
        whole[:, begin:end], scale[begin:end] = rounded.T, own
        shift[begin:end] = _HALF * rounded.sum(axis=1)
    longest = float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
    return {
        "coarse": whole,
        "coarse_scale": scale,
        "coarse_shift": shift,
        "coarse_bounds": np.array([lost, length, longest]),
    }


def graph() -> bytes:
    """The product as ONNX: a query [1, d] of bytes and the vectors [d, N] in, whole numbers [1, N] out."""
    from onnx import TensorProto, helper

    inputs = [
        helper.make_tensor_value_info("query", TensorProto.UINT8, [1, "d"]),
        helper.make_tensor_value_info("vectors", TensorProto.INT8, ["d", "items"]),
    ]
    output = helper.make_tensor_value_info("products", TensorProto.INT32, [1, "items"])
    product = helper.make_node("MatMulInteger", ["query", "vectors"], ["products"])
    made = helper.make_model(
        helper.make_graph([product], "coarse", inputs, [output]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    return made.SerializeToString()


@dataclass(frozen=True)
class Products:
    """What all products with a query are at least; each is at most ``width * scale`` more."""

    least: NDArray[np.float32]
    """[N]."""
    width: float
    size: float
    """No product is farther from 0."""


class Coarse:
    """Products of one query with all items, by their lower bounds."""

    def __init__(self, kept: Mapping[str, NDArray], path: Path) -> None:
        """``kept`` as :func:`arrays` gave it, and where :func:`graph` lies."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._whole, self.scale, self._shift = (kept[name] for name in ("coarse", "coarse_scale", "coarse_shift"))
        self._lost, self._length, self._longest = kept["coarse_bounds"].tolist()

    def products(self, query: NDArray[np.float32]) -> Products:
        """The bounds for a query [d]."""
        exact = query.astype(np.float64)
        step = float(np.abs(exact).max()) / _HALF or 1.0
        rounded = np.rint(exact / step)
        asked = (rounded + _HALF).astype(np.uint8)[None]
        found = self._session.run(None, {"query": asked, "vectors": self._whole})[0][0]  # int32 [N]
        size = float(np.linalg.norm(exact))
        error = size * self._lost + float(np.linalg.norm(exact - step * rounded)) * self._length
        found -= self._shift
        least = found.astype(np.float32)  # below 2 ** 24: nothing is rounded
        least *= np.float32(step)
        least -= np.float32(error)
        least *= self.scale
        return Products(least, 2 * error, size * self._longest)
