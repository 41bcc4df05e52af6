"""Names that hold credentials or decisions, and names that only look a little like them."""

import pytest

from cachemgr.domain.credentials import first_credential, is_credential


@pytest.mark.parametrize(
    "name",
    "token stored_tokens .netrc _netrc default_config.yaml trusted_list auth.json credentials"
    " credentials.toml credentials.tfrc.json .credentials.json id_rsa id_ed25519 id_ed25519.pub kaggle.json"
    " .npmrc .pypirc"
    " .git-credentials .env .env.production .Env.local prod.env"
    " server.pem a.key b.p12 c.pfx d.kdbx tos_agreed.txt Token AUTH.JSON"
    " Server.PEM".split(),
)
def test_credentials_are_known_by_name(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize(
    "name",
    "tokens tokenizer.json token.json my_token trusted_list2 keys monkey.py env environment.yml key"
    " .env-cache .envrc-x a.keys b.pem.txt author.json config.yaml model.safetensors".split(),
)
def test_other_names_are_not_mistaken_for_credentials(name: str) -> None:
    assert not is_credential(name)


def test_one_credential_among_many_components_is_found() -> None:
    assert first_credential(["a", "b.txt", "token", "c"]) == "token"
    assert first_credential(["a", "b.txt"]) is None
    assert first_credential([]) is None
