"""The judge: which promises a history keeps."""
