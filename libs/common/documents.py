"""Documents that people write in YAML: read, checked, or refused with one line that says where."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from libs.common.settings import stop

D = TypeVar("D", bound=BaseModel)


def read_document(path: Path, model: type[D]) -> D:
    """The document, or the end of the process with one line that names the file, the place and the mistake."""
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as unreadable:
        stop(f"{path} cannot be read: {unreadable.strerror}")
    except UnicodeDecodeError as other:
        stop(f"{path} is not in UTF-8: byte {other.start + 1}")
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        stop(f"{path} is not YAML{f': line {mark.line + 1}' if mark else ''}")
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in error["loc"])
        stop(f"{path} is refused{f' at {place}' if place else ''}: {error['msg'].removeprefix('Value error, ')}")
    except ValueError as impossible:  # a date that the calendar does not have
        stop(f"{path} is refused: {impossible}")
