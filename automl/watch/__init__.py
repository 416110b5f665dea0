"""The store of a watch: what a model answered, what became of it, what was looked at, and which alarms there were."""
