"""The floor: one place each for time, storage, errors, audit, pages, serving and outbound HTTP."""
