"""Which file names hold credentials or a user's decisions. Nothing so called is ever an entry or removed.

The facts come from the tools' own sources: huggingface_hub `constants.py` (token, stored_tokens), accelerate
(default_config.yaml), torch `hub.py` (trusted_list), cargo (credentials.toml), Composer and other package
managers (auth.json), GNU inetutils and curl (.netrc, _netrc), OpenSSH and Ollama (id_ed25519),
Gradle and Maven (gradle.properties, settings.xml), Ultralytics (settings.json holds an `api_key`), Terraform
(credentials.tfrc.json), Coqui (tos_agreed.txt records a licence that was agreed to).
"""

from fnmatch import fnmatchcase

_EXACT = frozenset(
    {
        ".env",
        ".git-credentials",
        ".htpasswd",
        ".netrc",
        ".npmrc",
        ".pgpass",
        ".pypirc",
        "_netrc",
        "auth.json",
        "default_config.yaml",
        "gradle.properties",
        "kaggle.json",
        "keras.json",
        "settings.xml",
        "stored_tokens",
        "token",
        "tos_agreed.txt",
        "trusted_list",
    }
)
_PATTERNS = (
    "credentials*",
    ".credentials*",
    ".env.*",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.kdbx",
    "*.keystore",
    "*.jks",
    "*.ppk",
    "*.gpg",
)


def is_credential(name: str) -> bool:
    """Whether one component of a path, whatever its case, names a credential or a user's decision."""
    folded = name.casefold()
    return folded in _EXACT or any(fnmatchcase(folded, pattern) for pattern in _PATTERNS)
