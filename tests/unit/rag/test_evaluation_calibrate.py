import numpy as np
import pytest

from rag.evaluation.calibrate import Sample, cross_validated, fit, fit_logistic, log_loss


def test_without_features_that_tell_the_intercept_is_the_log_odds() -> None:
    weights, intercept = fit_logistic(np.zeros((4, 2)), np.array([True, True, True, False]), pull=0.01)
    assert weights == pytest.approx([0.0, 0.0], abs=1e-6)
    assert intercept == pytest.approx(np.log(3), abs=1e-4)


def test_a_feature_of_two_values_is_fitted_to_their_odds() -> None:
    features = np.array([[0.0]] * 4 + [[1.0]] * 4)
    right = np.array([True, False, False, False, True, True, True, False])
    weights, intercept = fit_logistic(features, right, pull=1e-9)
    assert intercept == pytest.approx(-np.log(3), abs=1e-3)
    assert weights[0] == pytest.approx(2 * np.log(3), abs=1e-3)


def test_weights_are_drawn_to_zero_and_what_is_given_counts() -> None:
    features, right = np.array([[0.0], [1.0]] * 5), np.array([False, True] * 5)
    loose, _ = fit_logistic(features, right, pull=0.001)
    tight, _ = fit_logistic(features, right, pull=0.1)
    assert loose[0] > tight[0] > 0
    told, _ = fit_logistic(features, right, pull=0.1, given=20.0 * features[:, 0] - 10)
    assert abs(told[0]) < 0.1 * tight[0], "there is nothing left to tell"


def test_log_loss() -> None:
    features, right = np.array([[0.0], [1.0]]), np.array([True, False])
    assert log_loss(features, right, np.array([0.0]), 0.0) == pytest.approx(np.log(2))
    # Probabilities 1/2 and 3/4 of being right.
    expected = -(np.log(1 / 2) + np.log(1 / 4)) / 2
    assert log_loss(features, right, np.array([np.log(3)]), 0.0) == pytest.approx(expected)


def test_cross_validation_does_not_reward_features_that_tell_nothing() -> None:
    random = np.random.default_rng(3)
    right = random.random(200) < 0.5
    noise = random.random((200, 8))
    loss = cross_validated(noise, right, pull=1e-4)
    assert loss > np.log(2) - 0.01
    weights, intercept = fit_logistic(noise, right, pull=1e-4)
    assert log_loss(noise, right, weights, intercept) < loss, "what was fitted on is always met better"
    telling = np.column_stack([noise, right + random.normal(0, 0.3, 200)])
    assert cross_validated(telling, right, pull=1e-4) < 0.4
    assert cross_validated(telling, right, pull=1e-4) == cross_validated(telling, right, pull=1e-4)


def test_the_weight_of_what_fits_is_given() -> None:
    random = np.random.default_rng(4)
    values = random.random((100, 4))
    samples = [Sample(tuple(row), bool(row[1] > 0.5), answerable=True) for row in values.tolist()]
    found = fit(samples)
    assert found.fits == 2.0
    assert found.coverage > max(abs(found.cosine), abs(found.missing))
