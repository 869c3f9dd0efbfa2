"""Controls: guards as checks over actions, the same in hindsight and live."""

from __future__ import annotations

from analyzer.controls.consent import Approval, BypassFlags, PlanReview
from analyzer.controls.egress import Egress
from analyzer.controls.lasting import (
    BackupElsewhere,
    DeletionProtection,
    PointInTime,
    Recorder,
    SoftDelete,
)
from analyzer.controls.pace import CredentialMismatch, PostCondition, TempoBrake
from analyzer.controls.reach import OperationScope, PathScope, ReadOnly, SeparateCredentials
from analyzer.controls.ruling import Answer, Control, Ruling

__all__ = ["CONTROLS", "Answer", "Control", "Ruling"]

CONTROLS: tuple[Control, ...] = (
    ReadOnly(),
    SeparateCredentials(),
    OperationScope(),
    Approval(),
    BackupElsewhere(),
    PointInTime(),
    SoftDelete(),
    DeletionProtection(),
    PathScope(),
    CredentialMismatch(),
    TempoBrake(),
    BypassFlags(),
    PlanReview(),
    PostCondition(),
    Egress(),
    Recorder(),
)
