"""Random histories of failures through the fold: what must hold in every one of them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from support.forgetful import ForgetfulHistories
from support.histories import FoundHistories, Histories
from support.supervised import SupervisedHistories

for histories, examples in (
    (Histories, 300),
    (ForgetfulHistories, 50),
    (FoundHistories, 100),
    (SupervisedHistories, 150),
):
    histories.TestCase.settings = settings(
        max_examples=examples, stateful_step_count=50, suppress_health_check=list(HealthCheck)
    )
TestHistories = Histories.TestCase
TestForgetfulHistories = ForgetfulHistories.TestCase
TestFoundHistories = FoundHistories.TestCase
TestSupervisedHistories = SupervisedHistories.TestCase
