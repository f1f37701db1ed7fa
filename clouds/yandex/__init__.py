"""Yandex AI Studio: tuning of text embedders and what it needs; `YandexClient` holds the services."""
