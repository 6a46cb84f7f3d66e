"""The command line: the same services as the pages, from a terminal. Commands and files: design section 6, docs/operations.md.

Errors: one sentence on standard error; exit code 2 for what the user can mend, 1 for the rest. Imports stay inside the commands, so
that `kbapp --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kbapp.cli import audit, lab, models, priors, users
from kbapp.cli.options import Domain, Json, Out, Profile, Storage, one_of, settings_of
from kbapp.errors import KbError, UserError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Knowledge Bridger workbench.",
)
app.add_typer(audit.commands, name="audit")
app.add_typer(priors.commands, name="priors")
app.add_typer(models.commands, name="models")
app.add_typer(lab.commands, name="lab")
app.add_typer(users.commands, name="users")

Report = Annotated[Path | None, typer.Option(help="A report as a text file, - for standard input.")]
Image = Annotated[Path | None, typer.Option(help="An X-ray as PNG, JPEG or DICOM.")]


def main(argv: list[str] | None = None) -> None:
    """Run the command line; leaves by SystemExit."""
    try:
        app(args=argv, prog_name="kbapp")
    except KbError as error:
        print(f"kbapp: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, UserError) else 1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None


@app.command("app")
def start(
    host: Annotated[str | None, typer.Option(help="Loopback address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; the next free one if it is taken.")] = None,
    storage: Storage = None,
    profile: Profile = None,
) -> None:
    """Start the workbench and print its address."""
    from kbapp.start import start_workbench

    start_workbench(settings_of(storage, profile, host=host, port=port))


@app.command()
def extract(
    report: Report = None,
    image: Image = None,
    jsonl: Annotated[Path | None, typer.Option(help='Reports as lines of {"id", "text"}; one object a line comes back.')] = None,
    domain: Domain = "chest-xray",
    out: Out = None,
    form: Annotated[str, typer.Option("--format", help="json, or the graph alone as graphml, jsonld or triples.")] = "json",
    profile: Profile = None,
    storage: Storage = None,
) -> None:
    """Step 1 alone: print the knowledge graph and the findings of a report or an X-ray as JSON."""
    from kbapp.commands.extract import extract_lines, extract_one

    settings = settings_of(storage, profile)
    one_of(report=report, image=image, jsonl=jsonl)
    if jsonl is not None:
        extract_lines(settings, domain, jsonl, out, form)
    else:
        extract_one(settings, domain, report or image, out, form)


@app.command()
def complete(
    report: Report = None,
    image: Image = None,
    n: Annotated[int, typer.Option("-n", min=1, max=15, help="Number of candidates.")] = 5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same candidates.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for graph.json, candidates, scores.json and completion.json.")] = Path(
        "completion"
    ),
    domain: Domain = "chest-xray",
    profile: Profile = None,
    storage: Storage = None,
    json_: Json = False,
) -> None:
    """All three steps: complete the missing modality with n ranked candidates."""
    from kbapp.commands.complete import complete_one

    one_of(report=report, image=image)
    complete_one(settings_of(storage, profile), domain, report or image, n, seed, out, json_)


@app.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="Output folder of a run of the official code (its generation step), or one sample of it.")
    ],
    pictures: Annotated[
        Path | None, typer.Option(help="Folder of the pictures that were given to the run; the run's folder does not hold them.")
    ] = None,
    domain: Annotated[
        str, typer.Option(help="Domain of all samples; if not given, chest-xray or general-scene by the path that made each.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported, and write nothing.")] = False,
    storage: Storage = None,
    json_: Json = False,
) -> None:
    """Open a run of the official code for review: each sample becomes a case. Exit code 2 if a sample was refused that
    the run itself does not list as failed."""
    from kbapp.commands.import_run import Wish, import_run

    whole = import_run(settings_of(storage), Wish(folder, pictures, domain, dry_run, json_))
    raise typer.Exit(0 if whole else 2)


@app.command("export")
def export_(
    out: Annotated[Path, typer.Option(help="A new or empty folder.")],
    storage: Storage = None,
) -> None:
    """Write every case that stands accepted into a folder, as a data set: source, accepted content, decision, completion, hashes."""
    from kbapp.commands.export import export_accepted

    export_accepted(settings_of(storage), out.expanduser())


@app.command()
def doctor(storage: Storage = None, profile: Profile = None, json_: Json = False) -> None:
    """Say what is installed, which extras are missing and whether the storage is healthy. Exit code 1 if something needed is not well."""
    from kbapp.commands.doctor import examine, report_lines

    findings = examine(settings_of(storage, profile))
    if json_:
        import json

        print(json.dumps([finding.__dict__ for finding in findings], indent=2))
    else:
        print("\n".join(report_lines(findings)))
    raise typer.Exit(0 if all(finding.ok or not finding.needed for finding in findings) else 1)


@app.command()
def serve(
    models: Annotated[
        Path | None, typer.Option(help="File of the models to serve; models.toml in the storage folder if not given.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; others than loopback need KB_MODEL_KEY.")] = None,
    port: Annotated[int | None, typer.Option(help="Port (8600).")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cuda, cuda:1 or cpu.")] = None,
    cpu: Annotated[bool, typer.Option("--cpu", help="Go on without a CUDA card, slow as it will be.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Say what the models take on the card, and stop.")] = False,
    profile: Annotated[str, typer.Option(help="The profile it serves: cuda, the one whose models run on this machine.")] = "cuda",
    storage: Storage = None,
) -> None:
    """The local model server: OpenAI-compatible routes over models of this machine; see docs/models.md."""
    from kbapp.errors import SettingsError
    from kbapp.server.serve import read_settings
    from kbapp.server.serve import serve as run

    if profile != "cuda":
        raise SettingsError(f'expected --profile cuda, got "{profile}": the other profiles have no models on this machine')
    file = models or settings_of(storage).storage / "models.toml"
    run(read_settings(file, host=host, port=port, device=device), cpu=cpu, plan=plan)
