"""Sealing: no secret leaves memory. The same code for every way in."""

from recorder.sealing.sealed import SealedBlob, SealedRecord
from recorder.sealing.sealer import Sealer

__all__ = ["SealedBlob", "SealedRecord", "Sealer"]
