"""Where the object store answers in production."""

STORAGE_HOST = "s3.cloud.ru"
YANDEX_STORAGE_HOST = "storage.yandexcloud.net"
