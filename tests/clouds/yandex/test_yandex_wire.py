"""Endpoints, URIs and parameters: what is no good is refused when it is written down."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from clouds.yandex import specs
from clouds.yandex.specs import CosineSpec, LoraSpec, TuningParameters, WeightedDataset
from clouds.yandex.wire.endpoints import Endpoints, is_loopback
from clouds.yandex.wire.uris import EmbedderUri

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_", min_size=1, max_size=20)
SPECS = [each for each in vars(specs).values() if isinstance(each, type) and issubclass(each, BaseModel)]


def test_defaults_are_the_real_hosts() -> None:
    """Without endpoints Yandex Cloud is called, under TLS."""
    endpoints = Endpoints()
    assert endpoints.llm == "llm.api.cloud.yandex.net:443"
    assert (endpoints.tls, endpoints.ca_file) == (True, None)


def test_a_sandbox_is_called_without_tls() -> None:
    """Every gRPC service answers at one address, REST below its vendor's host name."""
    endpoints = Endpoints.local("127.0.0.1:7", "http://127.0.0.1:8/")
    assert {endpoints.llm, endpoints.assistant, endpoints.operation, endpoints.iam} == {"127.0.0.1:7"}
    assert endpoints.ai_rest == "http://127.0.0.1:8/ai.api.cloud.yandex.net"
    assert not endpoints.tls


@pytest.mark.parametrize("name", ["llm", "assistant", "operation", "iam"])
def test_plaintext_stays_on_this_machine(name: str) -> None:
    """With TLS off, any host elsewhere is refused, and the message says which."""
    local = Endpoints.local("localhost:7", "http://localhost:8").model_dump()
    with pytest.raises(ValidationError, match=rf"endpoints\.{name} is .*turn tls on"):
        Endpoints.model_validate({**local, name: "llm.api.cloud.yandex.net:443"})
    with pytest.raises(ValidationError, match="must begin with https://"):
        Endpoints(ai_rest="http://ai.api.cloud.yandex.net")


@pytest.mark.parametrize("address", ["llm.api.cloud.yandex.net", "https://llm:443", "host:", "a/b:1", ""])
def test_an_address_is_host_and_port(address: str) -> None:
    """A URL or a bare host is not."""
    with pytest.raises(ValidationError, match="llm"):
        Endpoints(llm=address)


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("127.0.0.1.example", False), ("localhost.example", False), ("10.0.0.1", False), ("", False)],
)  # fmt: skip
def test_loopback_is_this_machine_only(host: str, *, here: bool) -> None:
    """A name that only looks like it is not."""
    assert is_loopback(host) is here


@given(WORDS.filter(lambda word: not word.startswith("text-")), WORDS, WORDS, WORDS | st.just(""))
def test_uris_are_read_as_they_are_written(folder: str, model: str, version: str, suffix: str) -> None:
    """Whatever is written is read back."""
    uri = EmbedderUri(folder, model, version, suffix)
    assert EmbedderUri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("emb://b1g/text-embeddings/latest", EmbedderUri("b1g", "text-embeddings")),
        ("emb://b1g/text-search-doc", EmbedderUri("b1g", "text-search-doc")),
        ("emb://text-embeddings/latest", EmbedderUri("", "text-embeddings")),
        ("emb://b1g/text-embeddings/latest@tamr1", EmbedderUri("b1g", "text-embeddings", "latest", "tamr1")),
    ],
)
def test_recorded_uris_are_read(text: str, uri: EmbedderUri) -> None:
    """The folder may be missing in what a service tells, the version in what a user writes."""
    assert EmbedderUri.parse(text) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "b1g",
        "gpt://b1g/text-embeddings/latest",
        "emb://",
        "emb://b1g",
        "emb://b1g/m/v@",
        "emb://a/b/c/d",
        "emb://b1g//latest",
    ],
)
def test_what_is_no_uri_is_refused_with_the_form_it_must_have(text: str) -> None:
    """The message shows how to write it."""
    with pytest.raises(ValueError, match="write emb://"):
        EmbedderUri.parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("emb://b1g/text-embeddings/latest", ""),
        ("emb://other/text-embeddings/latest", "belongs to the folder other"),
        ("emb://text-embeddings/latest", r"belongs to the folder \(none\)"),
        ("emb://b1g/text-search-doc/latest", "cannot be tuned"),
        ("emb://b1g/text-embeddings/latest@tamr1", "cannot be tuned"),
    ],
)
def test_only_the_base_model_of_the_own_folder_can_be_tuned(text: str, why: str) -> None:
    """The sentence says what to take."""
    told = EmbedderUri.parse(text).why_not_tunable("b1g")
    assert (told == "") is (why == "")
    assert why.replace("\\", "") in told


@pytest.mark.parametrize("spec", SPECS)
def test_every_parameter_is_titled_and_described(spec: type[BaseModel]) -> None:
    """The Prefect UI shows them as a form; what is kept is read back."""
    assert all(field.title and field.description for field in spec.model_fields.values())


def test_a_choice_is_drawn_as_tabs() -> None:
    """Prefect's UI draws anyOf, and a raw JSON field for oneOf."""
    schema = TuningParameters.model_json_schema()
    for name in ("tuning_type", "scheduler"):
        assert len(schema["properties"][name]["anyOf"]) >= 3
        assert "oneOf" not in str(schema["properties"][name])
    whole = TuningParameters(tuning_type=LoraSpec(rank=8), scheduler=CosineSpec(min_lr=1e-6), embedding_dims=(35, 128))
    assert TuningParameters.model_validate_json(whole.model_dump_json()) == whole


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"embedding_dims": [0]}, "at least 1 component"),
        ({"embedding_dims": [64, 64]}, "twice"),
        ({"seed": 0}, "greater than or equal to 1"),
        ({"lr": 0}, "greater than 0"),
        ({"lr": float("nan")}, "finite"),
        ({"warmup_ratio": 1.5}, "less than or equal to 1"),
        ({"epochs": 3}, "Extra inputs"),
        ({"tuning_type": {"kind": "full"}}, "lora"),
        ({"optimizer": {"beta1": 1}}, "less than 1"),
        ({"n_samples": 2**63}, "less than or equal"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(parameters: dict[str, Any], told: str) -> None:
    """Zero stands for the default on the wire, so that it is refused where it would mean something else."""
    with pytest.raises(ValidationError, match=told):
        TuningParameters.model_validate(parameters)


def test_a_weight_is_a_share() -> None:
    """One that counts nothing is not a dataset of the tuning."""
    assert WeightedDataset(dataset_id="fds").weight == 1.0
    with pytest.raises(ValidationError):
        WeightedDataset(dataset_id="fds", weight=0)
