"""What `import recorder` offers is what it says, and every name explains itself."""

from __future__ import annotations

import inspect

import recorder


def test_every_public_name_exists_is_sorted_and_is_documented() -> None:
    assert list(recorder.__all__) == sorted(recorder.__all__)
    for name in recorder.__all__:
        thing = getattr(recorder, name)
        assert inspect.getdoc(thing), name
