"""Which file names hold credentials or a person's decisions. Nothing so called is an entry, or removed.

From the tools' own sources: huggingface_hub `constants.py` and `utils/_auth.py` (token, stored_tokens),
accelerate (default_config.yaml), torch `hub.py` (trusted_list: losing it stops unattended jobs at a prompt),
cargo (credentials.toml), Terraform (credentials.tfrc.json), Composer (auth.json), Ollama and OpenSSH
(id_ed25519), git (.git-credentials), npm, twine, PostgreSQL and Kaggle; curl and ftp read `.netrc`, on
Windows `_netrc`; Coqui records an agreed licence in tos_agreed.txt.
"""

import re
from collections.abc import Iterable

_WHOLE = (
    r"token|stored_tokens|trusted_list|default_config\.yaml|auth\.json|kaggle\.json|tos_agreed\.txt"
    r"|\.cachemgr-(?:quarantine|staging)-[^/]*"
    r"|[._]netrc|\.git-credentials|\.npmrc|\.pypirc|\.pgpass|\.htpasswd"
)
_BEGINNING = r"\.?credentials|\.env\.|id_rsa|id_dsa|id_ecdsa|id_ed25519"
_ENDING = r"env|pem|key|p12|pfx|kdbx|keystore|jks|ppk"
_OURS = re.compile(r"/(\.cachemgr-(?:quarantine|staging)-[^/]*)(?=/)")
"""What lies in a quarantine of our own may still be brought back, whoever packed what is around it."""
_CREDENTIAL = re.compile(rf"/({_WHOLE}|(?:{_BEGINNING})[^/]*|[^/]*\.(?:{_ENDING}))(?=/)")
# What neither of these finds, the whole one does not. Each begins with a letter to skip to, and the second
# looks at one more before it tries its alternatives: together they cost a tenth of the whole one.
_ENDS = re.compile(rf"\.(?:{_ENDING})/")
_BEGINS = re.compile(rf"/(?=[._acdikst])(?:(?:{_WHOLE})/|{_BEGINNING})")


def first_credential(names: Iterable[str], *, third_party: bool = False) -> str | None:
    """The first of some components of paths that names a credential, in lower case; None where none does.

    The case is ignored, because a file system that ignores it leads `Token` to `token`. In a `third_party`
    tree other people packed what is called so, and only a quarantine of our own counts.
    """
    # Over one string: this runs for every name of a scan, and re.IGNORECASE is three times slower.
    text = f"/{'/'.join(names)}/".lower()
    if third_party:
        match = _OURS.search(text)
    elif ("." not in text or _ENDS.search(text) is None) and _BEGINS.search(text) is None:
        return None
    else:
        match = _CREDENTIAL.search(text)
    return match and match.group(1)


def is_credential(name: str) -> bool:
    """Whether one component of a path names a credential or a person's decision."""
    return first_credential((name,)) is not None
