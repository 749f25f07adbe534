"""The base of this service's tables."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from libs.common.db import NAMING, TYPES


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES
