"""The service accounts of the sandbox's Cloud.ru with their access keys and roles: well-known development values."""

from dataclasses import dataclass

from sandbox.settings import GUEST_KEY_ID, GUEST_KEY_SECRET, KEY_ID, KEY_SECRET, PROJECT_ID

PROJECT_ADMIN = "PROJECT_ROLE_PROJECT_ADMIN"
"""Enough for every service here. Source: cloud-ru/evo-aifactory-skills cloudru-account-setup, read 2026-11-21."""
SERVICE_ACCOUNT = "managed-rag-service"


@dataclass(frozen=True)
class Account:
    """Who calls: a service account and its role in each project."""

    name: str
    roles: dict[str, str]


ACCOUNTS = {
    "sandbox-service-account": Account("sandbox-service-account", {PROJECT_ID: PROJECT_ADMIN}),
    "sandbox-guest": Account("sandbox-guest", {}),
    SERVICE_ACCOUNT: Account(SERVICE_ACCOUNT, {PROJECT_ID: PROJECT_ADMIN}),
}
KEYS = {KEY_ID: (KEY_SECRET, "sandbox-service-account"), GUEST_KEY_ID: (GUEST_KEY_SECRET, "sandbox-guest")}
"""Secret and account of each key id."""
