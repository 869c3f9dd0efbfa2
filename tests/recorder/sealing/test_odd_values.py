"""Values that are no plain words, in the places they stand in; and code that only looks alike."""

from __future__ import annotations

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32


def sealed_parts(text: str) -> list[str]:
    sealed = Sealer(KEY).seal_text(text)
    return [text[p.span.start : p.span.end] for p in sealed.places]


@pytest.mark.parametrize(
    "code",
    [
        "#define SSL_OP_COOKIE_EXCHANGE SSL_OP_BIT(13)\n",
        '#define SSL_TXT_kPSK "kPSK"\n',
        "# define SSL_AD_UNKNOWN_PSK TLS1_AD_UNKNOWN_PSK_IDENTITY\n",
        '#define PQnoPasswordSupplied "fe_sendauth: no password supplied\\n"\n',
        "#define aes128_invert_key nettle_aes128_invert_key\n",
        "X509 *recip, EVP_PKEY *originatorPrivKey, int a",
        "isEqual(const DivRemMapKey &Val1, const DivRemMapKey &Val2)",
        "/* Detach the thread identified by __THR from the process. */",
        "the storage identified by __TSS_ID. Then it is free; create it anew",
        """print "Unknown TAP token: '" . $unk->raw . "'\\n";""",
        """die 'Unknown TAP token: "' . $unk->raw . '"';""",
    ],
)
def test_names_in_code_and_prose_are_no_secrets(code: str) -> None:
    assert sealed_parts(code) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('#define WIFI_PASSWORD "x13xyz77"\n', "x13xyz77"),
        ("CREATE USER u IDENTIFIED BY __x13xyz;", "__x13xyz"),
        ("grant all on *.* to u identified by x13xyz;", "x13xyz"),
    ],
)
def test_the_same_places_with_a_secret_are_sealed(text: str, secret: str) -> None:
    assert sealed_parts(text) == [secret]
