"""What can be wrong with partners, devices and keys."""

from typing import ClassVar

from libs.common.problems import Problem


class PartnerNotFound(Problem):
    """There is no such partner."""

    status: ClassVar[int] = 404
    fr = "Ce partenaire n'existe pas."


class DeviceNotFound(Problem):
    """There is no such device."""

    status: ClassVar[int] = 404
    fr = "Cet appareil n'existe pas."


class KeyNotFound(Problem):
    """There is no such key."""

    status: ClassVar[int] = 404
    fr = "Cette clé n'existe pas."


class CodeTaken(Problem):
    """Another partner or device has this code: keys sign in with it."""

    status: ClassVar[int] = 409
    fr = "Un autre partenaire ou appareil porte ce code : c'est lui que portent les clés."


class TwoLiveKeys(Problem):
    """There are two live keys already: revoke one before you make another."""

    status: ClassVar[int] = 409
    fr = "Il y a déjà deux clés valides : révoquez-en une avant d'en créer une autre."


class HolderRetired(Problem):
    """It is retired: its keys are no longer accepted, and it gets no new ones."""

    status: ClassVar[int] = 409
    fr = "Il a été retiré : ses clés ne sont plus acceptées, et il n'en reçoit pas de nouvelles."


class UnknownOwner(Problem):
    """The partner that this device would belong to does not exist, or is retired."""

    status: ClassVar[int] = 422
    fr = "Le partenaire auquel cet appareil appartiendrait n'existe pas, ou a été retiré."


class UnknownTouchpoint(Problem):
    """This touchpoint is not in the catalogue, or is retired."""

    status: ClassVar[int] = 422
    fr = "Ce point de contact n'est pas au catalogue, ou n'y est plus."
