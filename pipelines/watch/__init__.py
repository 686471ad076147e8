"""An inbox that is looked into on a schedule: new files in, data published, a digest written."""
