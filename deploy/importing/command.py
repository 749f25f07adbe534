"""`ecoute import`: a file of feedback, and a mapping that says what is what in it."""

from pathlib import Path
from typing import Annotated

import typer

from libs.common.settings import stop

Token = Annotated[Path | None, typer.Option(help="A file with a token; on one machine it is signed here.")]
At = Annotated[str | None, typer.Option(help="Address of the gateway; the services of this machine where missing.")]


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON, in any encoding.")],
    mapping: Annotated[Path, typer.Option(help="YAML: which column is which field. See examples/.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, and send nothing.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where refused rows and the progress lie; var/import.")] = None,
    at: At = None,
    token_file: Token = None,
    admin_token_file: Token = None,
) -> None:
    """Bring in feedback from before, with what became of it.

    Cut off, it goes on where it stopped; sent again, nothing is taken in twice. Refused rows are written to a file
    that can be mended and sent again.
    """
    from rich.console import Console  # noqa: PLC0415 - other commands start without all this

    from deploy.importing.doors import Addresses  # noqa: PLC0415
    from deploy.importing.importing import Tokens  # noqa: PLC0415
    from deploy.importing.showing import closing_table, import_file  # noqa: PLC0415

    console = Console()
    addresses = Addresses.at(at.rstrip("/")) if at is not None else Addresses(*_addresses_here())
    admin = _token(admin_token_file, "admin") if admin_token_file or not token_file else None
    tokens = Tokens(_token(token_file, "importer"), admin)
    result = import_file(file, mapping, addresses, tokens, _folder(folder), console, dry_run=dry_run)
    console.print(closing_table(result))
    if result.progress.refused:
        raise typer.Exit(1)


def _token(path: Path | None, role: str) -> str:
    if path is None:
        from deploy.one_machine import sign_token  # noqa: PLC0415 - not needed with tokens of another issuer

        return sign_token(role, [role], [])
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as unreadable:
        stop(f"the token file cannot be read: {unreadable}")


def _addresses_here() -> tuple[str, str, str]:
    from deploy.one_machine import addresses_here  # noqa: PLC0415

    return addresses_here()


def _folder(folder: Path | None) -> Path:
    if folder is not None:
        return folder
    from deploy.settings import MachineSettings  # noqa: PLC0415

    return MachineSettings.load().var / "import"
