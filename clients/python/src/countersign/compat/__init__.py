"""Clients for programs that were written for other approval systems: their calls, answered by Countersign's dialects."""
