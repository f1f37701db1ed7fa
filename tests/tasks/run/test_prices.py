"""Where a page says that nothing is billed, and where it must not."""

import pytest
from pydantic import SecretStr

from blocks.cloudru import CloudRuCredentials
from blocks.yandex import YandexCloudCredentials
from tasks.run.prices import billing_note

CLOUDRU = CloudRuCredentials(key_id="key", key_secret=SecretStr("a-secret-value"), project_id="project")
YANDEX = YandexCloudCredentials(folder_id="b1g", api_key=SecretStr("a-secret-value"))


@pytest.mark.parametrize("cloud", [CLOUDRU, YANDEX])
def test_a_page_about_a_cloud_does_not_say_that_nothing_is_billed(
    cloud: CloudRuCredentials | YandexCloudCredentials,
) -> None:
    """The blocks lead to the clouds themselves."""
    assert not billing_note(cloud)
