"""The JSON schema of a protocol, made from the types that read it, so that both know the same keys.

Owns its title and its text. The rules between tables are no part of it: `load` checks these.
"""

import json

from protocols.schema.protocol import Protocol

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def protocol_schema() -> str:
    """Return the schema (draft 2020-12) as indented JSON with keys as the protocol has them."""
    schema = Protocol.model_json_schema(by_alias=True, mode="validation")
    return json.dumps({"$schema": DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"
