"""What `kbapp priors ...` does, and which version of a prior a command works with."""

import json
from pathlib import Path

from kbapp.commands.files import file_bytes, write_text
from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import InputError, NotFound, PriorError, SettingsError, StoreError
from kbapp.priors.difference import difference
from kbapp.priors.document import parse_prior
from kbapp.priors.remarks import remarks
from kbapp.priors.schema import DomainPrior
from kbapp.priors.version import PriorVersion
from kbapp.resources import DOMAINS
from kbapp.settings import Settings


def list_priors(settings: Settings, as_json: bool) -> None:
    listed = [
        {"domain": domain, "version": version.number, "by": version.author, "utc": version.utc, "why": version.reason}
        for domain in _domains(settings)
        for version in _versions(settings, domain)
    ]
    if as_json:
        print(json.dumps(listed, indent=1))
        return
    for row in listed:
        print(f"{row['domain']}@{row['version']}  {row['utc'][:16]}  {row['by']}  {row['why']}")


def export_prior(settings: Settings, domain: str, number: int | None, out: Path | None) -> None:
    """The YAML of a version as its author wrote it; of the published one without a number."""
    version = published(settings, domain) if number is None else _numbered(settings, domain, number)
    write_text(out, version.yaml if version.yaml.endswith("\n") else version.yaml + "\n")


def validate_prior(file: Path) -> None:
    """Says that the file is a prior, then what in it most likely is not meant."""
    prior = parse_prior(_yaml(file), file.name)
    print(f"{file.name}: valid; {len(prior.vocabulary)} entries, {len(prior.rules)} extraction rules")
    for remark in remarks(prior):
        print(f"  warning: {remark}")


def import_prior(settings: Settings, file: Path, reason: str | None = None) -> None:
    """Save the file as the next version of its domain, or as version 1 of a new one. Refused while an app has the storage."""
    from kbapp.review.workbench import Workbench

    yaml = _yaml(file)
    prior = parse_prior(yaml, file.name)
    reason = f"imported from {file.name}" if reason is None else reason
    try:
        workbench = Workbench.open_for_priors(settings)
    except SettingsError as error:
        if error.code != "storage_in_use":
            raise
        raise SettingsError(
            f"the workbench is running on {settings.storage}; save the prior on its Experts page, or stop it and import again",
            code=error.code,
        ) from None
    with workbench:
        if prior.domain in workbench.priors.domains(LOCAL_OWNER):
            newest = workbench.priors.published(LOCAL_OWNER, prior.domain)
            saved = workbench.priors.save(LOCAL_OWNER, prior.domain, yaml, reason, newest.number)
        else:
            saved = workbench.priors.create(LOCAL_OWNER, yaml, reason)
    print(f"{saved.ref} is published; the next extraction uses it")
    for remark in remarks(prior):
        print(f"  warning: {remark}")


def show_difference(settings: Settings, old: str, new: str, as_json: bool) -> None:
    """From one prior to another; each is DOMAIN, DOMAIN@NUMBER or a file."""
    changes = difference(_named(settings, old), _named(settings, new))
    if as_json:
        print(json.dumps({"lines": list(changes.lines), "text": changes.text}, indent=1, ensure_ascii=False))
        return
    for line in changes.lines:
        print(line)
    if not changes.lines:
        print("only comments or layout differ" if changes.text else "no difference")


def print_schema() -> None:
    print(json.dumps(json_schema(), indent=2))


def json_schema() -> dict:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **DomainPrior.model_json_schema()}


# -- which version -----------------------------------------------------------------------------------------------------------------


def published(settings: Settings, domain: str) -> PriorVersion:
    """The version that the next extraction uses: the store's newest one. A shipped domain that the store does not know yet (or where
    there is no store) is taken as shipped, as it will be at the next start of the app."""
    try:
        with _look(settings) as workbench:
            if domain in workbench.priors.domains(LOCAL_OWNER):
                return workbench.priors.published(LOCAL_OWNER, domain)
    except StoreError as error:
        if error.code != "no_database":
            raise
    return _shipped(domain, _domains(settings))


def _numbered(settings: Settings, domain: str, number: int) -> PriorVersion:
    try:
        with _look(settings) as workbench:
            if domain in workbench.priors.domains(LOCAL_OWNER):
                return workbench.priors.version(LOCAL_OWNER, domain, number)
    except StoreError as error:
        if error.code != "no_database":
            raise
    if number == 1:
        return _shipped(domain, _domains(settings))
    raise NotFound(f'the domain "{domain}" has no version {number}')


def _named(settings: Settings, ref: str) -> PriorVersion:
    """ "chest-xray@3", "chest-xray" (the published one), or a file."""
    file = Path(ref)
    if file.suffix in (".yaml", ".yml") or file.is_file():
        yaml = _yaml(file)
        return PriorVersion(parse_prior(yaml, file.name), 0, yaml, file.name)
    domain, at, number = ref.partition("@")
    if at and not number.isdigit():
        raise InputError(f'expected DOMAIN, DOMAIN@NUMBER or a file, got "{ref}"')
    return _numbered(settings, domain, int(number)) if at else published(settings, domain)


def _yaml(file: Path) -> str:
    try:
        return file_bytes(file).decode()
    except UnicodeDecodeError:
        raise PriorError("expected UTF-8 text; save the file as UTF-8", source=file.name) from None


def _shipped(domain: str, known: tuple[str, ...]) -> PriorVersion:
    path = DOMAINS / f"{domain}.yaml"
    if path.parent != DOMAINS or not path.is_file():
        raise NotFound(f'there is no domain "{domain}"; there are: {", ".join(known)}')
    yaml = path.read_text(encoding="utf-8")
    return PriorVersion(parse_prior(yaml, path.name), 1, yaml, "shipped", "shipped with the workbench")


def _domains(settings: Settings) -> tuple[str, ...]:
    shipped = {path.stem for path in DOMAINS.glob("*.yaml")}
    try:
        with _look(settings) as workbench:
            return tuple(sorted(shipped.union(workbench.priors.domains(LOCAL_OWNER))))
    except StoreError as error:
        if error.code != "no_database":
            raise
        return tuple(sorted(shipped))


def _versions(settings: Settings, domain: str) -> list:
    try:
        with _look(settings) as workbench:
            return workbench.priors.versions(LOCAL_OWNER, domain)
    except (StoreError, NotFound) as error:
        if error.code not in ("no_database", NotFound.code):
            raise
        return [_shipped(domain, ())]


def _look(settings: Settings):
    from kbapp.review.workbench import Workbench

    return Workbench.open_for_reading(settings)
