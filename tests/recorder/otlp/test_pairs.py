"""Attributes are read alike whether a pair of them was met before or not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from recorder.capture.otlp import pairs, protobuf
from recorder.capture.otlp.items import LogItem, Rejected, SpanItem
from recorder.model import Json

LONG = "word " * 2000
FORMS: Mapping[str, tuple[AnyValue, Json]] = {
    "text": (AnyValue(string_value="déployé"), "déployé"),
    "no text": (AnyValue(string_value=""), ""),
    "long": (AnyValue(string_value=LONG), LONG),
    "number": (AnyValue(int_value=-(2**63)), -(2**63)),
    "zero": (AnyValue(int_value=0), 0),
    "no": (AnyValue(bool_value=False), False),
    "fraction": (AnyValue(double_value=0.5), 0.5),
    "no number": (AnyValue(double_value=float("nan")), "nan"),
    "bytes": (AnyValue(bytes_value=b"a\xff"), "a\\xff"),
    "nothing": (AnyValue(), None),
    "list": (AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=7)])), [7]),
    "members": (
        AnyValue(
            kvlist_value=KeyValueList(values=[KeyValue(key="k", value=AnyValue(string_value="v"))])
        ),
        {"k": "v"},
    ),
}


def spans_of(*attributes: list[KeyValue]) -> bytes:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for pairs_of_one in attributes:
        spans.add(name="s", attributes=pairs_of_one)
    return request.SerializeToString()


def read(body: bytes) -> list[dict[str, Json]]:
    found = list(protobuf.spans(body))
    assert all(isinstance(item, SpanItem) for item in found)
    return [item.attributes for item in found if isinstance(item, SpanItem)]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_value_is_read_the_same_the_second_time(form: str) -> None:
    value, meant = FORMS[form]
    first, second = read(spans_of(*[[KeyValue(key=form, value=value)]] * 2))
    assert first == second == {form: meant}
    assert type(first[form]) is type(second[form]) is type(meant)


@pytest.mark.parametrize("form", ["list", "members"])
def test_what_has_parts_is_each_messages_own(form: str) -> None:
    first, second = read(spans_of(*[[KeyValue(key=form, value=FORMS[form][0])]] * 2))
    assert first[form] is not second[form]


def test_a_name_that_comes_twice_hides_nothing_however_often_it_was_met() -> None:
    given = [KeyValue(key="k", value=AnyValue(string_value=text)) for text in ("a", "b", "b")]
    assert read(spans_of(given, given)) == [{"k": "a", "k#1": "b", "k#2": "b"}] * 2


def test_a_log_record_is_read_as_a_span_is() -> None:
    given = [KeyValue(key=form, value=value) for form, (value, _) in FORMS.items()]
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(attributes=given)
    (log,) = protobuf.logs(request.SerializeToString())
    assert isinstance(log, LogItem)
    assert log.attributes == {form: meant for form, (_, meant) in FORMS.items()}


def test_a_pair_that_is_none_costs_its_span_and_no_other() -> None:
    whole = spans_of([KeyValue(key="key", value=AnyValue(string_value="value"))])
    broken = whole.replace(b"value", b"va\xffue")
    found = list(protobuf.spans(broken + whole))
    assert [type(item) for item in found] == [Rejected, SpanItem]


@pytest.mark.parametrize("name", ["", "k", "é" * 20, "k" * 127, "k" * 128])
def test_a_text_of_any_length_is_read(name: str) -> None:
    around = (0, 127, 128, 300, 2**14, pairs.MAX_SIMPLE)
    texts = [letter * n for at in around for n in range(max(0, at - 12), at + 3) for letter in "xé"]
    given = [[KeyValue(key=name, value=AnyValue(string_value=text))] for text in texts]
    assert read(spans_of(*given)) == [{name: text} for text in texts]


@pytest.mark.parametrize("size", [*range(12), *range(120, 140)])
@pytest.mark.parametrize("wrong", [b"\0", b"\x12", b"\x12\x01", b"\x12\x02\x0a"])
def test_bytes_that_are_no_text_are_read_as_the_library_reads_them(size: int, wrong: bytes) -> None:
    raw = b"\x0a\x01k" + wrong + bytes(size)
    try:
        library = KeyValue.FromString(raw)
    except DecodeError:
        with pytest.raises(DecodeError):
            pairs.of_wire([raw])
    else:
        value = pairs.value_of(library.value) if library.value.WhichOneof("value") else None
        assert pairs.of_wire([raw]) == {library.key: value}


def test_pairs_that_never_come_again_do_not_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MAX_KEPT", 10)
    given = [KeyValue(key=f"k{n}", value=AnyValue(int_value=n)) for n in range(25)]
    assert read(spans_of(given)) == [{f"k{n}": n for n in range(25)}]
    assert len(pairs._known) <= 10
