"""What we learn from a run: lineage, frames, a summary. Reads run folders and changes nothing."""
