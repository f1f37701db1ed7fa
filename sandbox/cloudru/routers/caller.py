"""What every handler may ask for: the services, who is calling, and the project in the path."""

from typing import Annotated, cast

from fastapi import Depends, Request

from sandbox.cloudru.rules.iam import Account
from sandbox.dispatch import Arrival
from sandbox.services import Services


async def services_of(request: Request) -> Services:
    """Return the services behind this application; asynchronous, or each request would pay for another thread."""
    return cast("Services", request.app.state.services)


async def arrival_of(request: Request) -> Arrival:
    """Return how the request came: vendor host and way."""
    return cast("Arrival", request.scope["sandbox.arrival"])


ServicesDep = Annotated[Services, Depends(services_of)]
ArrivalDep = Annotated[Arrival, Depends(arrival_of)]


def authenticate(request: Request, services: ServicesDep) -> Account:
    """Return the caller, or refuse with 401."""
    return services.iam.authenticate(request.headers.get("authorization"))


CallerDep = Annotated[Account, Depends(authenticate)]


def authorise(project_id: str, caller: CallerDep, services: ServicesDep) -> str:
    """Return `project_id` of the path or query, or refuse with 401 or 403."""
    services.iam.authorise(caller, project_id)
    return project_id


ProjectDep = Annotated[str, Depends(authorise)]
"""The project that stands in the path (or query) as `project_id`, already checked."""


def prefix_of(vendor_url: str) -> str:
    """Return the path under which the dispatch serves a vendor URL: `/host/path`."""
    return vendor_url.removeprefix("https:/")
