"""Find secrets by the shape that their issuer gives them.

Prefixes and lengths are the issuers' own, from their public documentation. A JSON Web Token counts
as one shape for all issuers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from recorder.sealing.spans import SecretSpan

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

__all__ = ["SHAPES", "Shape", "find_shapes"]


@dataclass(frozen=True, slots=True)
class Shape:
    """An issuer's token format."""

    credential_class: str
    pattern: str
    hint: str
    """The public prefix by which people recognise it."""
    needles: tuple[str, ...] = ()
    """Characters of which one stands in every such token; default: the hint."""


def _whole_word(pattern: str) -> str:
    return rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"


SHAPES: tuple[Shape, ...] = (
    Shape("github-pat", r"ghp_[A-Za-z0-9]{36}", "ghp_"),
    Shape("github-oauth", r"gho_[A-Za-z0-9]{36}", "gho_"),
    Shape("github-app", r"gh[us]_[A-Za-z0-9]{36}", "ghs_", ("ghu_", "ghs_")),
    Shape("github-refresh", r"ghr_[A-Za-z0-9]{36,76}", "ghr_"),
    Shape("github-fine-grained", r"github_pat_[A-Za-z0-9_]{60,90}", "github_pat_"),
    Shape("gitlab-pat", r"glpat-[A-Za-z0-9_\-]{20,60}", "glpat-"),
    Shape(
        "aws-access-key",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
        "AKIA",
        ("AKIA", "ASIA", "ABIA", "ACCA"),
    ),
    Shape("anthropic-key", r"sk-ant-[a-z]{2,8}[0-9]{2}-[A-Za-z0-9_\-]{80,120}", "sk-ant-"),
    Shape("openai-key", r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_\-]{40,200}", "sk-"),
    Shape("stripe-key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,120}", "sk_", ("sk_", "rk_")),
    Shape("stripe-webhook", r"whsec_[A-Za-z0-9]{32,64}", "whsec_"),
    Shape("slack-token", r"xox[abeoprs]-[A-Za-z0-9\-]{10,250}", "xox"),
    Shape("slack-app", r"xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-f0-9]{32,80}", "xapp-"),
    Shape("supabase-pat", r"sbp_(?:fc_)?[a-f0-9]{40}", "sbp_"),
    Shape("google-api-key", r"AIza[A-Za-z0-9_\-]{35}", "AIza"),
    Shape("google-oauth", r"ya29\.[A-Za-z0-9_\-]{20,400}", "ya29."),
    Shape("huggingface-token", r"hf_[A-Za-z0-9]{34,40}", "hf_"),
    Shape("npm-token", r"npm_[A-Za-z0-9]{36}", "npm_"),
    Shape("pypi-token", r"pypi-AgE[A-Za-z0-9_\-]{50,400}", "pypi-"),
    Shape("sendgrid-key", r"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}", "SG."),
    Shape("digitalocean-token", r"do[opr]_v1_[a-f0-9]{64}", "dop_v1_", ("_v1_",)),
    Shape("shopify-token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "shpat_", ("shp",)),
    Shape("linear-key", r"lin_api_[A-Za-z0-9]{40}", "lin_api_"),
    Shape("vercel-token", r"vc[pkaric]_[A-Za-z0-9]{24,60}", "vcp_", ("vc",)),
    Shape("planetscale-token", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_\-.=]{32,64}", "pscale_"),
    Shape("flyio-token", r"fm2_[A-Za-z0-9+/=_\-]{100,600}", "fm2_"),
    Shape("databricks-token", r"dapi[a-f0-9]{32}(?:-\d)?", "dapi"),
    Shape("doppler-token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.\-]{40,60}", "dp."),
    Shape("telegram-bot", r"\d{8,10}:AA[A-Za-z0-9_\-]{33}", "", (":AA",)),
    Shape(
        "jwt",
        r"eyJ[A-Za-z0-9_\-]{10,2000}\.eyJ[A-Za-z0-9_\-]{10,8000}\.[A-Za-z0-9_\-]{10,2000}",
        "eyJ",
    ),
)

_BY_NEEDLE: dict[str, list[tuple[Shape, re.Pattern[str]]]] = {}
for _shape in SHAPES:
    for _needle in _shape.needles or (_shape.hint,):
        _pattern = re.compile(_whole_word(_shape.pattern))
        _BY_NEEDLE.setdefault(_needle, []).append((_shape, _pattern))
_NEEDLES = tuple(_BY_NEEDLE)
LONG = 512
"""Characters of a text in which all needles are looked for at once."""


def find_shapes(text: str) -> Iterator[SecretSpan]:
    """Yield the secrets in a text whose shape is an issuer's."""
    # A search for a few literal characters is a hundred times cheaper than the pattern.
    for needle in _needles_in(text):
        for shape, pattern in _BY_NEEDLE[needle]:
            for match in pattern.finditer(text):
                yield SecretSpan(
                    match.start(), match.end(), shape.credential_class, "shape", hint=shape.hint
                )


def _needles_in(text: str) -> list[str]:
    """Return the needles that stand in a text, in the order of the table."""
    if len(text) > LONG:
        try:
            found = set(_finder().find_matches_as_indexes(text, overlapping=True))
        except UnicodeEncodeError:
            pass  # half a surrogate pair: one needle after the other
        else:
            return [_NEEDLES[number] for number in sorted({number for number, _, _ in found})]
    return [needle for needle in _NEEDLES if needle in text]


@cache
def _finder() -> AhoCorasick:
    # Loaded where texts are long: hooks, for which every millisecond counts, mostly have none.
    from ahocorasick_rs import AhoCorasick  # noqa: PLC0415

    return AhoCorasick(_NEEDLES)
