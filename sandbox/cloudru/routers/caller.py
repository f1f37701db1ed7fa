"""What every handler may ask for: the services of Cloud.ru, who is calling, and the project in the path."""

from typing import Annotated, cast

from fastapi import Depends, Request

from sandbox.accounts import Account
from sandbox.arrival import Arrival
from sandbox.cloudru.cloud import CloudRu


async def cloud_of(request: Request) -> CloudRu:
    """Return the services behind the routes; asynchronous, or each request would pay for another thread."""
    return cast("CloudRu", request.app.state.cloudru)


async def arrival_of(request: Request) -> Arrival:
    """Return how the request came: vendor host and way."""
    return cast("Arrival", request.scope["sandbox.arrival"])


CloudDep = Annotated[CloudRu, Depends(cloud_of)]
ArrivalDep = Annotated[Arrival, Depends(arrival_of)]


def authenticate(request: Request, cloud: CloudDep) -> Account:
    """Return the caller, or refuse with 401."""
    return cloud.iam.authenticate(request.headers.get("authorization"))


CallerDep = Annotated[Account, Depends(authenticate)]


def authorise(project_id: str, caller: CallerDep, cloud: CloudDep) -> str:
    """Return `project_id` of the path or query, or refuse with 401 or 403."""
    cloud.iam.authorise(caller, project_id)
    return project_id


ProjectDep = Annotated[str, Depends(authorise)]
"""The project that stands in the path (or query) as `project_id`, already checked."""


def prefix_of(vendor_url: str) -> str:
    """Return the path under which the dispatch serves a vendor URL: `/host/path`."""
    return vendor_url.removeprefix("https:/")
