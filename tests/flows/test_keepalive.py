"""Prefect's threads of this process outlive a test: they must not change what later tests draw."""

import random


def test_a_connection_to_the_server_draws_nothing_that_keras_seeds(prefect_api):  # noqa: ARG001
    from prefect.events import Event, Resource
    from prefect.events.worker import EventsWorker

    random.seed(1)
    before = random.getstate()
    resource = Resource({"prefect.resource.id": "lungline.test"})
    worker = EventsWorker.instance()
    worker.send(Event(event="lungline.test", resource=resource))
    worker.drain()
    assert random.getstate() == before
