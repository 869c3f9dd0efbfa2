"""Attributes of spans and log records, read pair by pair from the wire.

Most of what an agent's spans say, they all say: its name, its model, the operation, the session. So
a message's attributes are left as the bytes that they came as, and each pair is read once for all
messages that have it; equal names and values are one object then. To read each pair of each message
through the library takes longer than all else that is done to decode them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1 import resource_pb2

from recorder.model import Json

__all__ = ["MAX_DEPTH", "in_pairs", "of_messages", "of_wire", "value_of"]

MAX_DEPTH = 24
MAX_KEPT = 8_000
"""Pairs that are remembered."""
MAX_KEPT_BYTES = 200
"""Bytes of a pair that is likely to come again."""
MAX_SIMPLE = 16_000
"""Bytes of a pair that is taken apart here."""

type Pair = tuple[str, Json]


def in_pairs(file: FileDescriptor, name: str) -> type[Any]:
    """Return the class of a message that has its own attributes as bytes, one for each pair.

    It reads the same bytes: on the wire a message within another is bytes with their length.
    """
    described = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(described)
    for message in described.message_type:
        for field in message.field:
            if message.name == name and field.name == "attributes":
                field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
    pool = descriptor_pool.DescriptorPool()
    for needed in (common_pb2.DESCRIPTOR, resource_pb2.DESCRIPTOR):
        pool.AddSerializedFile(needed.serialized_pb)
    pool.AddSerializedFile(described.SerializeToString())
    found = pool.FindMessageTypeByName(f"{file.package}.{name}")
    return message_factory.GetMessageClass(found)


def of_wire(pairs: Sequence[bytes]) -> dict[str, Json]:
    """Return attributes of which each pair stands as its bytes.

    Raises:
        DecodeError: one of them is no pair.
    """
    # A slice is a list made in one go.
    found = dict(map(_known.__getitem__, pairs[:]))
    return found if len(found) == len(pairs) else _all_of([_known[pair] for pair in pairs])


def of_messages(pairs: Sequence[KeyValue]) -> dict[str, Json]:
    """Return attributes that stand as messages."""
    read = [_read(pair) for pair in pairs]
    found = dict(read)
    return found if len(found) == len(read) else _all_of(read)


def _all_of(pairs: Sequence[Pair]) -> dict[str, Json]:
    """Return attributes of which some have the same name.

    The protocol forbids it; nothing may hide behind a name that comes twice.
    """
    found: dict[str, Json] = {}
    for name, value in pairs:
        found[f"{name}#{len(found)}" if name in found else name] = value
    return found


def _read(pair: KeyValue) -> Pair:
    value = pair.value
    # Most values are text: this spares asking which one it is.
    return pair.key, value.string_value or value_of(value)


class _Known(dict[bytes, Pair]):
    """Bytes of a pair -> its name and value."""

    def __missing__(self, raw: bytes) -> Pair:
        pair = _of_text(raw) or _read(KeyValue.FromString(raw))
        # What has parts is made anew for each message, which may change it.
        if len(raw) <= MAX_KEPT_BYTES and not isinstance(pair[1], list | dict):
            if len(self) >= MAX_KEPT:
                self.clear()
            self[raw] = pair
        return pair


_known = _Known()


class _Heads(dict[int, bytes]):
    """Bytes behind a pair's name -> what begins them where they are a text and no more."""

    def __missing__(self, size: int) -> bytes:
        heads = (
            (text, b"\x12" + _varint(text + 1 + len(_varint(text))) + b"\x0a" + _varint(text))
            for text in range(max(0, size - 12), size)
        )
        # Where no text fills it, what is longer than it: nothing begins with that.
        none = bytes(max(0, size) + 1)
        found = next((head for text, head in heads if len(head) + text == size), none)
        self[size] = found
        return found


_heads = _Heads()


def _of_text(raw: bytes) -> Pair | None:
    """Return a pair whose value is text, as nearly all are that come once; None for another.

    To have the library make two messages of it takes twice as long.

    Raises:
        UnicodeDecodeError: it is no UTF-8.
    """
    if not 2 < len(raw) <= MAX_SIMPLE or raw[0] != 0x0A or raw[1] > 0x7F:
        return None
    value = 2 + raw[1]
    head = _heads[len(raw) - value]
    if not raw.startswith(head, value):
        return None
    return raw[2:value].decode(), raw[value + len(head) :].decode()


def _varint(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits[-1] |= 0x80
        digits.append(number & 0x7F)
    return bytes(digits)


def value_of(value: AnyValue, depth: int = 0) -> Json:  # noqa: PLR0911 - one for each form
    """Return a value as JSON can hold it."""
    match value.WhichOneof("value"):
        case "string_value":
            return str(value.string_value)
        case "int_value":
            return int(value.int_value)
        case "bool_value":
            return bool(value.bool_value)
        case "double_value":
            number = value.double_value
            return number if isfinite(number) else str(number)
        case "bytes_value":
            return bytes(value.bytes_value).decode("utf-8", "backslashreplace")
        case None:
            return None
    if depth > MAX_DEPTH:
        return "… (nested too deeply)"
    if value.HasField("array_value"):
        return [value_of(item, depth + 1) for item in value.array_value.values]
    return {p.key: value_of(p.value, depth + 1) for p in value.kvlist_value.values}
