"""What an inference costs by the hour, by the vendor's catalogue. That its prices are RUB per hour is INFERRED."""

from prefect import get_run_logger

from blocks.cloudru import CloudRuCredentials
from blocks.yandex import YandexCloudCredentials
from clouds.cloudru.client import CloudRuClient
from clouds.errors import APIError, ConnectionFailedError, WrongAnswerError
from domain.prices import NOT_BILLED


def catalogue_prices(client: CloudRuClient) -> dict[str, float]:
    """Return RUB per hour of one instance by repository; empty, with a warning, when the catalogue cannot be read."""
    try:
        return client.inference_catalogue.prices()
    except (APIError, ConnectionFailedError, WrongAnswerError) as error:
        get_run_logger().warning("No prices: %s", error)
        return {}


def billing_note(cloud: CloudRuCredentials | YandexCloudCredentials) -> str:
    """Return what a page with prices says where none of them is billed; empty where they are."""
    return NOT_BILLED if cloud.endpoints.is_sandbox else ""
