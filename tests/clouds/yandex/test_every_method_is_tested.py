"""A method of the client that no test calls is noticed."""

from clouds.yandex.client import YandexClient
from tests.clouds.test_every_method_is_tested import called_names, methods


def test_every_public_method_is_called_by_a_test(yandex: YandexClient) -> None:
    """Services are called through the client: `yandex.tunings.find`."""
    services = {name: type(value) for name, value in vars(yandex).items() if not name.startswith("_")}
    assert len(services) == 8
    wanted = {(name, method) for name, service in services.items() for method in methods(service)}
    assert sorted(wanted - called_names()) == []
