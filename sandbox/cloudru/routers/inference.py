"""Model RUN, the console backend of ML Inference. Source: docs/cloudru-api.md, Model RUN."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends

from clouds.cloudru.wire.endpoints import Endpoints
from clouds.cloudru.wire.inference import (
    CreateModelRunResponse,
    GetModelRunResponse,
    ListModelCardsResponse,
    ListModelRunsResponse,
    ListQuotasResponse,
    ListRuntimeTemplatesResponse,
)
from sandbox.cloudru.routers.caller import ArrivalDep, CallerDep, CloudDep, authenticate, authorise, prefix_of
from sandbox.cloudru.rules.runtimes import CARDS, TEMPLATES, card_configs
from sandbox.errors import GrpcCode, RpcError

router = APIRouter(prefix=prefix_of(Endpoints().inference))
project = APIRouter(prefix="/{project_id}", dependencies=[Depends(authorise)])
JsonBody = Annotated[dict[str, Any], Body()]


@project.get("/modelruns")
def list_runs(cloud: CloudDep, limit: int = 100, offset: int = 0) -> dict[str, Any]:
    """Return a page of the runs, deleted ones too."""
    runs, now = cloud.inference.listed(), cloud.host.clock()
    page = [run.listed(now) for run in runs[offset : offset + limit]]
    listed = ListModelRunsResponse(total=len(runs), model_runs=page)
    return listed.model_dump(mode="json", by_alias=True, exclude_unset=True)  # the short fields, no others


@project.get("/modelruns/{run_id}")
def get_run(run_id: str, cloud: CloudDep, arrival: ArrivalDep) -> dict[str, Any]:
    """Return a run."""
    url = arrival.url(Endpoints().model.format(model_run_id=run_id))
    return GetModelRunResponse(model_run=cloud.inference.read(run_id).whole(cloud.host.clock(), url)).to_wire()


@project.post("/modelruns")
def create_run(body: JsonBody, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Make a run; its model is loaded meanwhile."""
    run = cloud.inference.create(body, caller.name)
    cloud.host.background(cloud.models.load, run)
    return CreateModelRunResponse(model_run_id=run.id).to_wire()


@project.put("/modelruns/{run_id}")
def update_run(run_id: str, body: JsonBody, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Change a run."""
    cloud.inference.update(run_id, body, caller.name)
    return {}


@project.delete("/modelruns/{run_id}")
def delete_run(run_id: str, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Delete a run."""
    cloud.inference.delete(run_id, caller.name)
    return {}


@project.patch("/modelruns/{run_id}/suspend")
def suspend_run(run_id: str, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Stop a run."""
    cloud.inference.suspend(run_id, caller.name)
    return {}


@project.patch("/modelruns/{run_id}/resume")
def resume_run(run_id: str, caller: CallerDep, cloud: CloudDep) -> dict[str, Any]:
    """Start a run again."""
    cloud.inference.resume(run_id, caller.name)
    return {}


@project.get("/modelruns/{run_id}/history")
def get_history(run_id: str, cloud: CloudDep) -> dict[str, Any]:
    """Return what was done to a run."""
    events = cloud.inference.get(run_id).events
    return {"events": [{"eventType": e.event_type, "version": e.version, "authorId": e.author_id} for e in events]}


@project.get("/quotas")
@project.get("/quota-usage")
def list_quotas(cloud: CloudDep) -> dict[str, Any]:
    """Return what is left of each resource type; both published paths answer."""
    return ListQuotasResponse(data=cloud.inference.quotas()).to_wire()


@project.get("/runtime_templates")
@project.get("/runtime-templates")
def list_templates(limit: int = 100, offset: int = 0) -> dict[str, Any]:
    """Return the runtimes; both published paths answer."""
    return ListRuntimeTemplatesResponse(runtime_templates=list(TEMPLATES[offset : offset + limit])).to_wire()


@router.get("/predefined-models", dependencies=[Depends(authenticate)])
def list_cards(limit: int = 100, offset: int = 0, query: str = "", sort: str = "") -> dict[str, Any]:
    """Return a page of the vendor's catalogue."""
    cards = [card for card in CARDS if query.lower() in card.name.lower()]
    if sort.startswith("SORT_TYPE_PRICE"):
        cards.sort(key=lambda card: card.price or 0.0, reverse=sort.endswith("DESC"))
    more = len(cards) > offset + limit
    page = cards[offset : offset + limit]
    return ListModelCardsResponse(total=len(cards), has_more=more, model_cards=page).to_wire()


@router.get("/predefined-models/{card_id}", dependencies=[Depends(authenticate)])
def get_card(card_id: str) -> dict[str, Any]:
    """Return a model of the catalogue with its ready-made configurations."""
    card = next((card for card in CARDS if card.id == card_id), None)
    if card is None:
        raise RpcError(GrpcCode.NOT_FOUND, f"predefined model {card_id!r} not found")
    return {"modelCard": card.to_wire(), "modelCardConfigs": card_configs(card)}


router.include_router(project)
