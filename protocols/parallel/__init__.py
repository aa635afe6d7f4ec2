"""Work spread over processes.

In the order of reading: `local`.
"""

from protocols.parallel.local import cores, keep_freed_memory, spread

__all__ = ["cores", "keep_freed_memory", "spread"]
