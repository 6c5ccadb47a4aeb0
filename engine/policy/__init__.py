"""What a deletion must achieve, as a file: read, judged, and told to a pipeline."""
