"""Several n-gram models as one."""
