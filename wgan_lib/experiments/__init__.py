"""What was run once, or serves one chapter: the wing that stands on everything else."""
