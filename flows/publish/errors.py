"""Errors of a promotion that began."""

from flows.dag import FlowError


class PublishError(FlowError):
    """The gate refused the release, or its data or tags could not be sent."""
