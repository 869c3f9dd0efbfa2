"""Find secrets by the shape that their issuer gives them.

Prefixes and lengths are the issuers' own, from their public documentation. A JSON Web Token counts
as one shape for all issuers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from recorder.sealing.spans import SecretSpan

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

type _Sought = tuple[str, Shape, re.Pattern[str]]


def _by_mark() -> tuple[tuple[str, tuple[_Sought, ...]], ...]:
    """Return the needles in groups that have a character in common, which is looked for first."""
    groups: dict[str, list[_Sought]] = {}
    for shape in SHAPES:
        pattern = re.compile(_whole_word(shape.pattern))
        for needle in shape.needles or (shape.hint,):
            mark = next((mark for mark in "_-." if mark in needle), "")
            groups.setdefault(mark, []).append((needle, shape, pattern))
    return tuple((mark, tuple(group)) for mark, group in groups.items())


_BY_MARK = _by_mark()


def find_shapes(text: str) -> Iterator[SecretSpan]:
    """Yield the secrets in a text whose shape is an issuer's."""
    for mark, group in _BY_MARK:
        if mark not in text:
            continue
        for needle, shape, pattern in group:
            # A search for a few literal characters is a hundred times cheaper than the pattern.
            if needle in text:
                for match in pattern.finditer(text):
                    yield SecretSpan(
                        match.start(), match.end(), shape.credential_class, "shape", hint=shape.hint
                    )
