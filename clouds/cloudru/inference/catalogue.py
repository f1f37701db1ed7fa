"""What ML Inference offers: free resources, runtimes, and the vendor's models with their prices.

Source: docs/cloudru-api.md, ML Inference.
"""

from collections.abc import Sequence

from clouds.cloudru.connection import Connection
from clouds.cloudru.inference.request import FRAMEWORK, RESOURCE
from clouds.cloudru.specs import InferenceSpec
from clouds.cloudru.spellings import Spellings
from clouds.cloudru.wire.inference import (
    ListModelCardsResponse,
    ListQuotasResponse,
    ListRuntimeTemplatesResponse,
    Quota,
    RuntimeTemplate,
)
from clouds.errors import ConfigurationError, WrongAnswerError
from clouds.pages import by_offset

PAGE_SIZE = 100


class InferenceCatalogue:
    """What a project may run. Safe under threads."""

    def __init__(self, connection: Connection) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._base = f"{connection.endpoints.inference.rstrip('/')}/{connection.project_id}"
        assumed = connection.assumptions.inference
        self._quota_paths = Spellings(
            assumed.quota_paths,
            "Neither published path of the quotas is known: correct the project id, endpoints.inference or "
            "assumptions.inference.quota_paths in the connection block",
        )
        self._template_paths = Spellings(
            assumed.runtime_template_paths,
            "Neither published path of the runtime templates is known: correct the project id, endpoints.inference or "
            "assumptions.inference.runtime_template_paths in the connection block",
        )

    def quotas(self) -> Sequence[Quota]:
        """Return what is free of each resource; that it counts GPUs is INFERRED."""
        ask = self._connection.transport.ask
        return self._quota_paths.ask(lambda path: ask(ListQuotasResponse, "GET", f"{self._base}/{path}")).data

    def runtime_templates(self) -> Sequence[RuntimeTemplate]:
        """Return the versions of the runtimes, retired ones too."""
        return self._template_paths.ask(self._templates)

    def runtime_template(self, spec: InferenceSpec) -> RuntimeTemplate:
        """Return the first active template of the runtime that runs on the resource, as the official client chooses.

        Raises:
            ConfigurationError: the runtime is not offered.

        """
        templates = self.runtime_templates()
        framework, resource = FRAMEWORK[spec.runtime], RESOURCE[spec.resource]
        for template in templates:
            refused = any(gpu.resource_type == resource and not gpu.is_allowed for gpu in template.gpus)
            if template.framework_type == framework and template.is_active and not refused:
                return template
        offered = sorted({template.framework_type.removeprefix("FrameworkType_") for template in templates})
        raise ConfigurationError(
            f"{spec.name}: no active runtime template of {spec.runtime} for {spec.resource}; "
            f"offered: {', '.join(offered) or 'none'}. Change `runtime` or `resource`."
        )

    def prices(self) -> dict[str, float]:
        """Return the price of each repository in the vendor's catalogue, in RUB per hour of one instance (INFERRED)."""
        url = f"{self._connection.endpoints.inference.rstrip('/')}/predefined-models"

        def ask(offset: int) -> ListModelCardsResponse:
            params = {"limit": PAGE_SIZE, "offset": offset}
            return self._connection.transport.ask(ListModelCardsResponse, "GET", url, params=params)

        def goes_on(page: ListModelCardsResponse, count: int) -> bool:
            return page.has_more or count < page.total

        cards, last = by_offset(ask, lambda page: {card.id: card for card in page.model_cards}, goes_on)
        if goes_on(last, len(cards)):
            raise WrongAnswerError(
                f"GET {url} sent {len(cards)} models, names more and sends none that is new: it is not whole"
            )
        prices: dict[str, float] = {}
        for card in cards.values():
            repository = card.model_source.hugging_face_repository if card.model_source else None
            if card.price is not None:
                prices[repository.full_name if repository else card.name] = card.price
        return prices

    def _templates(self, path: str) -> Sequence[RuntimeTemplate]:
        def ask(offset: int) -> ListRuntimeTemplatesResponse:
            params = {"limit": PAGE_SIZE, "offset": offset}
            url = f"{self._base}/{path}"
            return self._connection.transport.ask(ListRuntimeTemplatesResponse, "GET", url, params=params)

        # No total is published: a page that is not full is the last one.
        found, _ = by_offset(
            ask,
            lambda page: {template.id: template for template in page.runtime_templates},
            lambda page, _: len(page.runtime_templates) >= PAGE_SIZE,
        )
        return [*found.values()]
