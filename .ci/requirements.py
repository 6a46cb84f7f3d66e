"""Print the requirements of the project and of its extra "models", one shell word each."""

import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
print(
    "\n".join(requirement.replace(" ", "") for requirement in project["dependencies"] + project["optional-dependencies"]["models"])
)
