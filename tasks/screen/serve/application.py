"""The web application: routes, errors, and the gate around them."""

from fastapi import FastAPI

from tasks.screen.serve.film_routes import film_routes
from tasks.screen.serve.problems import add_problem_handlers
from tasks.screen.serve.request_gate import Gate, GateRules
from tasks.screen.serve.service import Service
from tasks.screen.serve.system_routes import description_routes, machine_routes, picture_routes

_DESCRIPTION = (
    "Films in, a worklist out. Research software, not a medical device: do not use it for"
    " decisions about patients."
)


def build_application(service: Service, rules: GateRules) -> FastAPI:
    """The application, with the gate as its outermost layer.

    FastAPI's own pages of documentation load scripts from the internet, so they are off.

    Args:
        service: The parts that the routes use.
        rules: Who may pass the gate.
    """
    application = FastAPI(
        title="Lungline", description=_DESCRIPTION, version="1", docs_url=None, redoc_url=None
    )
    add_problem_handlers(application)
    for router in (film_routes(service), picture_routes(service), machine_routes(service)):
        application.include_router(router)
    application.include_router(description_routes(application, has_tokens=bool(rules.tokens)))
    application.add_middleware(Gate, rules=rules)
    return application
