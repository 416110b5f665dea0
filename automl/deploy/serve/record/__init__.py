"""What a server answers, written into the store of a watch: beside the answering, which never waits for it."""
