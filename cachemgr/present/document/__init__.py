"""The values as JSON-ready dictionaries, one module a family of schemas (`cachemgr config schema NAME`).

Bytes are integers, times are UTC, unknown is null, and a schema that has shipped only grows.
"""
