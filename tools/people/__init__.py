"""People who never existed: their renderer and the making of the embedded gallery."""
