"""What an inference costs by the hour, by the vendor's catalogue. That its prices are RUB per hour is INFERRED."""

from prefect import get_run_logger

from clouds.cloudru.client import CloudRuClient
from clouds.errors import APIError, ConnectionFailedError, WrongAnswerError


def catalogue_prices(client: CloudRuClient) -> dict[str, float]:
    """Return RUB per hour of one instance by repository; empty, with a warning, when the catalogue cannot be read."""
    try:
        return client.inference_catalogue.prices()
    except (APIError, ConnectionFailedError, WrongAnswerError) as error:
        get_run_logger().warning("No prices: %s", error)
        return {}
