"""Files of the suite: canonical bytes, documents, manifest, run folder and output lock.

In the order of reading: `canonical`, `json_document`, `strict_json`, `reading`, `manifest`, `run_folder`,
`output_lock`.
"""

from protocols.storage.canonical import (
    csv_text,
    json_line,
    json_text,
    new_file,
    new_folder,
    refuse_existing_file,
    refuse_occupied,
    rounded,
    sha256_bytes,
    sha256_file,
    sync_folder,
    write_bytes,
    write_text,
)
from protocols.storage.json_document import read_document, read_document_file
from protocols.storage.manifest import (
    ManifestEntry,
    check_manifest,
    differences,
    entries_of,
    read_manifest,
    recorded_files,
    write_manifest,
)
from protocols.storage.output_lock import describe_os_error, exclusive_output, lock
from protocols.storage.reading import read_content
from protocols.storage.run_folder import RunFolder, RunRecord, amended, create
from protocols.storage.strict_json import member, strict_json, text_member

__all__ = [
    "ManifestEntry",
    "RunFolder",
    "RunRecord",
    "amended",
    "check_manifest",
    "create",
    "csv_text",
    "describe_os_error",
    "differences",
    "entries_of",
    "exclusive_output",
    "json_line",
    "json_text",
    "lock",
    "member",
    "new_file",
    "new_folder",
    "read_content",
    "read_document",
    "read_document_file",
    "read_manifest",
    "recorded_files",
    "refuse_existing_file",
    "refuse_occupied",
    "rounded",
    "sha256_bytes",
    "sha256_file",
    "strict_json",
    "sync_folder",
    "text_member",
    "write_bytes",
    "write_manifest",
    "write_text",
]
