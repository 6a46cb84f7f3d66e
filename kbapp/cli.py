"""The command line: the same services as the pages, from a terminal. Commands and files: design section 6, docs/operations.md.

Errors: one sentence on standard error; exit code 2 for what the user can mend, 1 for the rest. Imports stay inside the commands, so
that `kbapp --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from kbapp.errors import KbError, UserError
from kbapp.lab.commands import lab
from kbapp.settings import Settings, from_environment

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Knowledge Bridger workbench.",
)
audit = typer.Typer(no_args_is_help=True, help="What was shown, who decided, and how to make it again.")
priors = typer.Typer(no_args_is_help=True, help="Domain priors: what experts know of a domain.")
app.add_typer(audit, name="audit")
app.add_typer(priors, name="priors")
models_app = typer.Typer(no_args_is_help=True, help="Files of the models that `serve` runs; see docs/models.md.")
app.add_typer(models_app, name="models")
app.add_typer(lab, name="lab")
users = typer.Typer(no_args_is_help=True, help="Accounts: who may sign in, and in which role.")
app.add_typer(users, name="users")

Storage = Annotated[Path | None, typer.Option(help="Folder of database and artifacts (KB_STORAGE).")]
Profile = Annotated[str | None, typer.Option(help="Which engines play the roles: builtin, server or cuda (KB_PROFILE).")]
Domain = Annotated[str, typer.Option(help="Domain whose published prior is used.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Report = Annotated[Path | None, typer.Option(help="A report as a text file, - for standard input.")]
Image = Annotated[Path | None, typer.Option(help="An X-ray as PNG, JPEG or DICOM.")]
PriorDomain = Annotated[str, typer.Argument(metavar="[DOMAIN]", help="Name of the domain.")]
Version = Annotated[int | None, typer.Option(min=1, help="Number of the version; the published one if not given.")]
UserName = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]
UserRole = Annotated[str, typer.Option("--role", help="viewer, annotator, clinician, expert or admin.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")]
Out = Annotated[Path | None, typer.Option(help="Where to write; standard output if not given.")]


def main(argv: list[str] | None = None) -> None:
    """Run the command line; leaves by SystemExit."""
    try:
        app(args=argv, prog_name="kbapp")
    except KbError as error:
        print(f"kbapp: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, UserError) else 1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None


def _settings(storage: Path | None = None, profile: str | None = None, **more) -> Settings:
    return from_environment().with_(storage=storage and storage.expanduser().resolve(), profile=profile, **more)


@app.command("app")
def start(
    host: Annotated[str | None, typer.Option(help="Loopback address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; the next free one if it is taken.")] = None,
    storage: Storage = None,
    profile: Profile = None,
) -> None:
    """Start the workbench and print its address."""
    from kbapp.start import start_workbench

    start_workbench(_settings(storage, profile, host=host, port=port))


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

    settings = _settings(storage, profile)
    _one_of(report=report, image=image, jsonl=jsonl)
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

    _one_of(report=report, image=image)
    complete_one(_settings(storage, profile), domain, report or image, n, seed, out, json_)


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

    whole = import_run(_settings(storage), Wish(folder, pictures, domain, dry_run, json_))
    raise typer.Exit(0 if whole else 2)


@app.command("export")
def export_(
    out: Annotated[Path, typer.Option(help="A new or empty folder.")],
    storage: Storage = None,
) -> None:
    """Write every case that stands accepted into a folder, as a data set: source, accepted content, decision, completion, hashes."""
    from kbapp.commands.export import export_accepted

    export_accepted(_settings(storage), out.expanduser())


@app.command()
def doctor(storage: Storage = None, profile: Profile = None, json_: Json = False) -> None:
    """Say what is installed, which extras are missing and whether the storage is healthy. Exit code 1 if something needed is not well."""
    from kbapp.commands.doctor import examine, report_lines

    findings = examine(_settings(storage, profile))
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
    file = models or _settings(storage).storage / "models.toml"
    run(read_settings(file, host=host, port=port, device=device), cpu=cpu, plan=plan)


@models_app.command("list")
def models_list(
    models: Annotated[Path | None, typer.Option(help="File of the models; models.toml in the storage folder if not given.")] = None,
    storage: Storage = None,
) -> None:
    """The models of the file: role, engine, size on disk, origin and licence."""
    from kbapp.server.model_files import list_line
    from kbapp.server.serve import read_settings

    for recipe in read_settings(models or _settings(storage).storage / "models.toml").recipes:
        print(list_line(recipe.name, recipe.role, recipe.kind, recipe.paths[0]))


@models_app.command("pull")
def models_pull(
    repo: Annotated[str | None, typer.Argument(metavar="[REPO]", help="Name on the hub, OWNER/NAME.")] = None,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Where the files go; the hub's local cache if not given.")
    ] = None,
    models: Annotated[Path | None, typer.Option("--for", help="File of models: fetch all that it names an origin of.")] = None,
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of REPO.")] = "main",
    keep: Annotated[list[str] | None, typer.Option(help="Pattern to fetch although it is left out, such as *.bin.")] = None,
) -> None:
    """Fetch models ahead of time; commit, licence and checksums are kept beside them."""
    from kbapp.errors import InputError
    from kbapp.server.hub import Wish, pull, wishes_of
    from kbapp.server.serve import read_settings

    _one_of(REPO=repo, **{"for": models})
    kept = tuple(keep or ())
    if models is None:
        wishes = [Wish(repo, folder and folder.expanduser(), revision, kept)]
    else:
        wishes = wishes_of(read_settings(models).recipes, kept)
    if not wishes:
        raise InputError(f'{models} names no origin; write from = {{ path = "OWNER/NAME" }} beside a path, see docs/models.md')
    for place in pull(wishes):
        print(f"all files in {place}")


@models_app.command("convert-cheff")
def models_convert_cheff(
    source: Annotated[Path, typer.Argument(help="Cheff's checkpoint as published, .pt or .ckpt.")],
    target: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
) -> None:
    """Write Cheff's checkpoint as safetensors once, so that no pickle has to be opened again."""
    from kbapp.engines.cheff_checkpoint import to_safetensors
    from kbapp.errors import InputError

    if target.suffix != ".safetensors" or target.exists() or not target.parent.is_dir():
        raise InputError(f"expected a new .safetensors file in a folder that is there, got {target}")
    to_safetensors(source, target)
    print(f"written: {target}")


@models_app.command("verify")
def models_verify(folder: Annotated[Path, typer.Argument(help="A folder that was fetched.")]) -> None:
    """Compare a model's files with what was fetched. Exit code 1 if anything differs."""
    from kbapp.server.model_files import verify

    faults = verify(folder.expanduser())
    print("\n".join(faults) or "all files are as they were fetched")
    raise typer.Exit(1 if faults else 0)


@audit.command("show")
def audit_show(
    id_: Annotated[int | None, typer.Argument(metavar="[ID]", help="A decision; all of them if not given.")] = None,
    storage: Storage = None,
    json_: Json = False,
) -> None:
    """Show the decisions: who, when, what was shown, what it was made with."""
    from kbapp.commands.audit import show_audit

    show_audit(_settings(storage), id_, json_)


@audit.command("export")
def audit_export(
    out: Out = None,
    form: Annotated[str, typer.Option("--format", help="csv for a spreadsheet, or jsonl with every stored field.")] = "csv",
    person: Annotated[str | None, typer.Option(help="Only what this person decided.")] = None,
    action: Annotated[str | None, typer.Option(help="accept, accept_edited, reject, defer, flag or undo.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only with this reason.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, such as 2026-01-31, in UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, itself included.")] = None,
    case: Annotated[str | None, typer.Option(help="A case's id, or words that stand in its texts.")] = None,
    storage: Storage = None,
) -> None:
    """Write the decisions to a file, newest first, one line each."""
    from kbapp.commands.audit import export_decisions

    asked = {"person": person, "action": action, "reason": reason, "since": since, "until": until, "case": case}
    export_decisions(_settings(storage), asked, out, form)


@priors.command("list")
def priors_list(storage: Storage = None, json_: Json = False) -> None:
    """List the versions of every domain."""
    from kbapp.commands.priors import list_priors

    list_priors(_settings(storage), json_)


@priors.command("show")
def priors_show(domain: PriorDomain = "chest-xray", version: Version = None, storage: Storage = None) -> None:
    """Print the YAML of the published version, or of another."""
    from kbapp.commands.priors import export_prior

    export_prior(_settings(storage), domain, version, None)


@priors.command("export")
def priors_export(domain: PriorDomain = "chest-xray", version: Version = None, out: Out = None, storage: Storage = None) -> None:
    """Write the YAML of the published version, or of another, to a file."""
    from kbapp.commands.priors import export_prior

    export_prior(_settings(storage), domain, version, out)


@priors.command("validate")
def priors_validate(file: Annotated[Path, typer.Argument()]) -> None:
    """Check a prior; the first fault is named with its line, and what most likely is not meant is said."""
    from kbapp.commands.priors import validate_prior

    validate_prior(file)


@priors.command("import")
def priors_import(
    file: Annotated[Path, typer.Argument()],
    reason: Annotated[
        str | None, typer.Option(help="What changes and why, kept with the version; the file's name if not given.")
    ] = None,
    storage: Storage = None,
) -> None:
    """Save a file as the next version of its domain and publish it; only while no workbench runs on the storage."""
    from kbapp.commands.priors import import_prior

    import_prior(_settings(storage), file, reason)


@priors.command("diff")
def priors_diff(
    old: Annotated[str, typer.Argument(help="DOMAIN, DOMAIN@NUMBER or a file.")],
    new: Annotated[str, typer.Argument(help="DOMAIN, DOMAIN@NUMBER or a file.")],
    storage: Storage = None,
    json_: Json = False,
) -> None:
    """Say what changed from one prior to another, one line for each change of meaning."""
    from kbapp.commands.priors import show_difference

    show_difference(_settings(storage), old, new, json_)


@priors.command("schema")
def priors_schema() -> None:
    """Print the JSON schema of a prior, for editors that check while you type."""
    from kbapp.commands.priors import print_schema

    print_schema()


def _one_of(**given) -> None:
    from kbapp.errors import InputError

    if sum(value is not None for value in given.values()) != 1:
        raise InputError("expected exactly one of " + ", ".join(f"--{name}" for name in given))


@users.command("add")
def users_add(name: UserName, role: UserRole, password_stdin: PasswordStdin = False, storage: Storage = None) -> None:
    """Make an account. The first one must be an admin's; from then on everybody signs in."""
    from kbapp.commands.users import add_user

    add_user(_settings(storage), name, role, password_stdin)


@users.command("list")
def users_list(as_json: Json = False, storage: Storage = None) -> None:
    """The accounts with their roles."""
    from kbapp.commands.users import list_users

    list_users(_settings(storage), as_json)


@users.command("role")
def users_role(name: UserName, role: UserRole, storage: Storage = None) -> None:
    """Give an account another role."""
    from kbapp.commands.users import set_role

    set_role(_settings(storage), name, role)


@users.command("password")
def users_password(name: UserName, password_stdin: PasswordStdin = False, storage: Storage = None) -> None:
    """Set a new password."""
    from kbapp.commands.users import set_password

    set_password(_settings(storage), name, password_stdin)


@users.command("disable")
def users_disable(name: UserName, storage: Storage = None) -> None:
    """Close an account: its decisions stay, it cannot sign in."""
    from kbapp.commands.users import disable

    disable(_settings(storage), name, True)


@users.command("enable")
def users_enable(name: UserName, storage: Storage = None) -> None:
    """Open a closed account again."""
    from kbapp.commands.users import disable

    disable(_settings(storage), name, False)


@users.command("events")
def users_events(limit: Annotated[int, typer.Option(min=1, max=500)] = 100, storage: Storage = None) -> None:
    """Who came and went, who was refused, which account was changed; newest first."""
    from kbapp.commands.users import list_events

    list_events(_settings(storage), limit)
