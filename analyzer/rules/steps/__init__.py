"""The rules that are code, listed one by one: they compare fields, or remember a session's past."""

from __future__ import annotations

from analyzer.rules.step import StepRule
from analyzer.rules.steps.r02_destroyed_unread import DestroyedUnread
from analyzer.rules.steps.r03_credential_from_elsewhere import CredentialFromElsewhere
from analyzer.rules.steps.r06_refused_then_other_credential import RefusedThenOtherCredential
from analyzer.rules.steps.r12_stronger_after_warning import StrongerAfterWarning
from analyzer.rules.steps.r14_pointed_elsewhere import PointedElsewhere
from analyzer.rules.steps.r15_built_on_failure import BuiltOnFailure
from analyzer.rules.steps.r18_forgotten_constraint import ForgottenConstraint
from analyzer.rules.steps.r22_other_target import OtherTarget
from analyzer.rules.steps.r23_claim_against_record import ClaimAgainstRecord

__all__ = ["STEPS"]

STEPS: tuple[type[StepRule], ...] = (
    DestroyedUnread,
    CredentialFromElsewhere,
    RefusedThenOtherCredential,
    StrongerAfterWarning,
    PointedElsewhere,
    BuiltOnFailure,
    ForgottenConstraint,
    OtherTarget,
    ClaimAgainstRecord,
)
