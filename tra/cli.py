"""The `tra` command. Each subcommand is a file of tra/commands, imported when it is called."""

import importlib
import pkgutil
import sys

import click

import tra.commands


class Commands(click.Group):
    """Finds `tra NAME` in tra/commands/NAME.py, as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # the interface's
        return sorted(module.name for module in pkgutil.iter_modules(tra.commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"tra.commands.{cmd_name}").command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tra")
def tra_command() -> None:
    """Tra: sign people in, seal documents, verify them.

    Settings come from the environment and from the file that TRA_CONFIG names; docs/settings.md
    lists them.
    """


def main() -> None:
    """Entry point of the console script."""
    tra_command(prog_name="tra")
    sys.exit(0)
