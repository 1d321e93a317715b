import pytest

from tasks.page.weakness_rules.heat_rules import heat_outside_lungs, no_sane_method
from tests.evaluation_cases import inputs_of
from tests.more_results import grades, method
from tests.report_tables import estimate


@pytest.mark.parametrize(
    ("share", "is_weak"),
    [
        (0.52, False),  # 0.46 to 0.58; the lung fields fill 0.29
        (0.34, True),  # 0.28 to 0.40 holds 0.29: no preference is shown
        (0.10, True),
    ],
)
def test_heat_that_does_not_prefer_the_lungs_is_weak(share: float, is_weak: bool) -> None:
    methods = [
        method("lime", rank=2, is_sane=False, share=0.9),
        method("grad_cam", rank=1, is_sane=True, share=share),
    ]
    found = heat_outside_lungs(inputs_of(grades=grades() | {"methods": methods}))
    assert found is not None
    assert found.is_weak is is_weak
    assert f"Grad-CAM, on 20 films: a share of {share:.2f} (95 % interval" in found.detail
    assert found.number.endswith("by chance 0.29")


def test_heat_without_lung_fields_is_no_result() -> None:
    unknown = method("lime", rank=1, is_sane=True, share=0.5)
    unknown["lungs"]["share"] = estimate(None, None, None)
    assert heat_outside_lungs(inputs_of(grades=grades() | {"methods": [unknown]})) is None
    assert heat_outside_lungs(inputs_of(grades=grades() | {"methods": []})) is None


def test_no_method_that_passes_its_sanity_check_is_weak() -> None:
    found = no_sane_method(inputs_of())
    assert found is not None
    assert (found.is_weak, found.number) == (False, "1 of 2")
    failed = [method("lime", rank=1, is_sane=False, share=0.5)]
    found = no_sane_method(inputs_of(grades=grades() | {"methods": failed}))
    assert found is not None
    assert found.is_weak
    assert "Passed: none. Failed: LIME. Not computable: none." in found.detail


def test_method_whose_check_is_not_computable_did_not_pass() -> None:
    unchecked = method("lime", rank=1, is_sane=True, share=0.5)
    unchecked["sanity"]["passed"] = None
    found = no_sane_method(inputs_of(grades=grades() | {"methods": [unchecked]}))
    assert found is not None
    assert (found.is_weak, found.number) == (True, "0 of 1")
    assert found.detail.endswith("Failed: none. Not computable: LIME.")
    assert no_sane_method(inputs_of(grades=grades() | {"methods": []})) is None
