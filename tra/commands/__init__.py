"""The subcommands of `tra`, a file each."""
