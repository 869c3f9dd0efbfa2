"""What issuers put in front of their tokens in public, as finely as it tells the token's kind.

A shape's own hint is often that of a family (`xox`, `AKIA`); `xoxp-` against `xoxb-` and `ASIA`
against `AKIA` tell a person from a bot, and what expires from what stays.
"""

from __future__ import annotations

__all__ = ["public_prefix"]

_FINE = (
    "AKIA", "ASIA", "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxc-", "xoxd-", "xoxe.xoxp-",
    "xoxe-", "xapp-", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "pk_live_", "sbp_fc",
    "sb_secret_", "sb_publishable_", "glpat-", "gldt-", "glcbt-", "glptt-", "glrt-", "gloas-",
    "glsoat-", "glagent-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "sk-ant-admin", "sk-ant-oat",
    "sk-ant-api", "sk-proj-", "sk-svcacct-", "sk-admin-", "dp.pt.", "dp.st.", "dp.sa.", "dp.ct.",
    "hvs.", "hvb.", "dckr_pat_", "dckr_oat_", "dop_v1_", "doo_v1_", "dor_v1_", "pscale_tkn_",
    "pscale_pw_", "pscale_oauth_", "tskey-api-", "tskey-auth-", "tskey-client-", "NRAK-", "NRII-",
    "shpat_", "shpca_", "shppa_", "shpss_", "sq0atp-", "sq0csp-", "lin_api_", "lin_oauth_",
    "secret_", "ntn_", "CCIPAT_", "CCIPRJ_", "figd_", "STS.",
)  # fmt: skip
_BY_LENGTH = tuple(sorted(_FINE, key=len, reverse=True))
LEAST = 4
"""Characters of a prefix; `sk_` and its like say less than the hint of the shape that they have."""


def public_prefix(token: str, hint: str) -> str:
    """Return the public prefix of a token: the finest that is known, else its shape's hint.

    Empty where the token does not begin with that hint, for then it would tell something wrong.
    """
    for prefix in _BY_LENGTH:
        if len(prefix) >= LEAST and len(prefix) >= len(hint) and token.startswith(prefix):
            return prefix
    return hint if token.startswith(hint) else ""
